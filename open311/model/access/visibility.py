"""Who sees how much of a request: one table, which every door asks and from which conditions in SQL are made."""

from enum import IntEnum
from typing import NamedTuple

from open311.model.access.actor import PUBLIC, Actor, Right
from open311.model.fields import Role
from open311.model.jurisdiction import Jurisdiction
from open311.model.service_request import ServiceRequest, Visibility, fields_with


class View(IntEnum):
    """How much of a request a reader sees; more is greater."""

    NONE = 0
    REDACTED = 1
    FULL = 2


class Rule(NamedTuple):
    """What is seen of requests of one visibility: by anybody, and by those who may see what is held."""

    anybody: View
    with_held: View


RULES = {
    Visibility.HELD: Rule(View.REDACTED, View.FULL),
    Visibility.PUBLISHED: Rule(View.FULL, View.FULL),
    Visibility.WITHHELD: Rule(View.REDACTED, View.REDACTED),
    # Also for keys: hidden is what ought not to be read by anybody, such as a name in a text.
    Visibility.HIDDEN: Rule(View.NONE, View.NONE),
}
# What stays of a request that is not shown whole: its kind, where it stands, and since when.
REDACTED_FIELDS = fields_with(Role.REDACTED)
# What everybody reads whole, and what lists, tiles, feeds and exports are made of.
[EVERYBODYS] = [visibility for visibility, rule in RULES.items() if rule.anybody is View.FULL]


def view_of(request: ServiceRequest | None, jurisdiction: Jurisdiction, reader: Actor = PUBLIC) -> View:
    """How much of a request a reader sees who asks for it by its number at this jurisdiction."""
    # Numbers count through all cities: one of another city is as unknown here as one that there is not.
    if request is None or request.jurisdiction_id != jurisdiction.jurisdiction_id:
        return View.NONE
    return _view(request.visibility, jurisdiction, reader)


def _view(visibility: str, jurisdiction: Jurisdiction, reader: Actor) -> View:
    rule = RULES[Visibility(visibility)]
    view = rule.with_held if reader.may(Right.SEE_HELD, jurisdiction.jurisdiction_id) else rule.anybody
    return View.NONE if view is View.REDACTED and not jurisdiction.held_by_id else view


def original_of(request: ServiceRequest, jurisdiction: Jurisdiction) -> int | None:
    """The number of the request that this one repeats, where a stranger gets an answer under it.

    It may have been hidden or erased since the two were merged.
    """
    seen = request.parent_visibility
    return request.parent_id if seen and _view(seen, jurisdiction, PUBLIC) is not View.NONE else None


def listed(jurisdiction_id: str, reader: Actor = PUBLIC) -> tuple[Visibility, ...]:
    """The visibilities of the requests that a reader finds in lists: those that they see whole."""
    with_held = reader.may(Right.SEE_HELD, jurisdiction_id)
    seen = [
        visibility
        for visibility, rule in RULES.items()
        if (rule.with_held if with_held else rule.anybody) is View.FULL
    ]
    return tuple(sorted(seen, key=lambda visibility: visibility is not EVERYBODYS))


def strangers_view(request: ServiceRequest) -> View:
    """How much of a request anybody sees at most."""
    return RULES[Visibility(request.visibility)].anybody


def is_everybodys(request: ServiceRequest | None) -> bool:
    return request is not None and request.visibility == EVERYBODYS


def redacted(request: ServiceRequest) -> ServiceRequest:
    """What is left of a request that is not shown whole: what kind it is and where it stands.

    A list of what stays, so that a field that is added later does not appear by itself.
    """
    return ServiceRequest(**{name: getattr(request, name) for name in REDACTED_FIELDS})
