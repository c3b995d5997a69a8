"""The case that a page is about: whether somebody may see it, and what they may do with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request

from open311.actions import casework
from open311.base.errors import Conflict, Forbidden, Invalid, NotFound, problem
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Actor, Right, lacking, staff_actor
from open311.model.casework.ownership import Owner, Part, owner_of
from open311.model.catalogue import Catalogue
from open311.model.service_request import Status
from open311.model.staff import rights
from open311.staff import way_back
from open311.staff.blueprint import staff
from open311.staff.forms import posted_photos, posted_revision
from open311.staff.rendering import render
from open311.storage.desk.case import case_page
from open311.storage.desk.case.case_page import WholeCase


@dataclass(frozen=True, slots=True)
class SeenCase:
    """A case with the catalogue of its city, and who looks at it with the rights that are good for this very case."""

    whole: WholeCase
    catalogue: Catalogue
    actor: Actor

    @property
    def number(self) -> int:
        return self.whole.request.service_request_id

    @property
    def owner(self) -> Owner | None:
        """The other system that owns parts of the report, if one does."""
        return owner_of(self.catalogue, self.whole.request.service_code, self.whole.case.flags)

    @property
    def other_present(self) -> str | None:
        """Who else looks at it just now."""
        present = self.whole.present
        is_here = present is not None and present.until > current.core().now()
        return present.actor if present and is_here and present.actor != str(self.actor) else None

    @property
    def may_take_back(self) -> bool:
        """Whether the last act was theirs, and a moment ago."""
        last = self.whole.last_act
        revision = self.whole.case.revision
        return last is not None and last.is_revocable(str(self.actor), revision, current.core().now())

    def may(self, right: Right) -> bool:
        """Whether the right is good for this case; nobody has one to what another system owns."""
        owner = self.owner if right is Right.SET_STATUS else None
        return right in self.actor.rights and not (owner and owner.forbids(Part.STATUS, self.actor))


# What was sent, by form or as JSON, and the revision that it is about.
Act = Callable[[SeenCase, Mapping[str, Any], int | None], object]


def acting(act: Callable[..., object], *fields: str, **optional: str) -> Act:
    """An action of `casework` on the case that is seen, with these fields of what was sent before the actor.

    `optional` names fields for other parameters, which keep their defaults where the fields are empty.
    """

    def do(seen: SeenCase, sent: Mapping[str, Any], revision: int | None) -> object:
        values = [sent.get(name, "") for name in fields]
        more = {parameter: sent[name] for parameter, name in optional.items() if sent.get(name)}
        return act(current.core(), seen.number, *values, seen.actor, **more, expected_revision=revision)

    return do


def add_note(seen: SeenCase, sent: Mapping[str, Any], _: int | None) -> object:
    """A note clashes with nothing that others do, so it is about no revision."""
    about_person = bool(sent.get("about_person"))
    return casework.add_note(
        current.core(),
        seen.number,
        sent.get("text", ""),
        seen.actor,
        about_person=about_person,
        photos=posted_photos(),
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that was not done: what was typed, and why. Without an `act` nothing was tried."""

    act: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    conflict: Conflict | None = None

    @property
    def status(self) -> int:
        return 409 if self.conflict else 400 if self.problems else 200


NOTHING_REFUSED = Refusal()


def attempt(
    seen: SeenCase, act: str, acts: Mapping[str, Act], show: Callable[[SeenCase, Refusal], Response]
) -> Response | None:
    """Do one act with what the form holds; None once it is done, else the page that `show` makes of the refusal."""
    form = request.form
    try:
        if act not in acts:
            raise Invalid(problem("error.path"))
        acts[act](seen, form, posted_revision())
    except Conflict as conflict:
        # The case as others have left it, with what was typed beside it.
        return show(find_case(seen.number), Refusal(act, form, conflict=conflict))
    except Invalid as refused:
        return show(seen, Refusal(act, form, tuple(in_words(fault) for fault in refused.problems)))
    return None


def render_case(template: str, seen: SeenCase, refusal: Refusal, **values: Any) -> Response:
    """A page about one case, at the forms of which stands what was refused."""
    return render(
        template,
        status=refusal.status,
        seen=seen,
        whole=seen.whole,
        report=seen.whole.request,
        case=seen.whole.case,
        catalogue=seen.catalogue,
        form=refusal.form,
        act=refusal.act,
        problems=refusal.problems,
        conflict=refusal.conflict,
        may=seen.may,
        Right=Right,
        way=way_back.of_request(),
        **values,
    )


def require_original(into: int, *, reopen: bool = False) -> None:
    """Raise `Invalid` unless somebody may see the report that another one is joined to, `Forbidden` unless they may
    reopen it where that is wished.
    """
    # The actor of the joined case has the rights that are good for that one; the original may lie in another service,
    # area or unit.
    try:
        original = find_case(into)
    except NotFound as unseen:
        raise Invalid(*unseen.problems) from None
    if reopen and original.whole.request.status == Status.CLOSED and not original.may(Right.SET_STATUS):
        raise Forbidden(lacking(Right.SET_STATUS))


def find_case(number: int) -> SeenCase:
    """The case with this number. What somebody may not see is as if it were not there: raises `NotFound`."""
    core, somebody = current.core(), staff()
    with core.database.read() as conn:
        whole = case_page.find(conn, number)
    # Not `Forbidden`: from numbers that answer differently, anybody could tell which are held.
    unknown = NotFound(problem("error.service_request.unknown", service_request_id=number))
    if whole is None:
        raise unknown
    case, visibility = whole.case, whole.request.visibility
    # Of this case: a role may hold in one unit, one area or one city only, and the actor gets no more than that.
    allowed = {right for right in somebody.rights if rights.may(somebody, right, case, visibility)}
    if Right.SEE_REPORTS not in allowed:
        raise unknown
    if Right.SEE_CALLER in allowed:
        allowed.add(Right.SEE_REPORTER)
    catalogue = core.catalogues.owner(case.jurisdiction_id)
    if Right.SEE_UNIT_ORIGINALS in allowed and case.service_code in catalogue.desk.originals_for_units:
        allowed.add(Right.SEE_ORIGINALS)
    return SeenCase(whole, catalogue, staff_actor(somebody.account_id, allowed, [case.jurisdiction_id]))
