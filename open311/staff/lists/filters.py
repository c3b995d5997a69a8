"""Filters of the list: as words in the address, and as words on the page."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from open311.base.errors import Invalid
from open311.base.i18n import messages
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework import desk_filters
from open311.model.casework.cases import Priority
from open311.model.casework.desk_filters import Asker
from open311.model.casework.desk_search import CaseSearch, Order, Position
from open311.model.catalogue import Catalogue
from open311.model.intake.channels import Channel
from open311.site.words import catalogue_text, words
from open311.staff import actor_names
from open311.staff.blueprint import address, caller, staff


@dataclass(frozen=True, slots=True)
class Filter:
    """What is typed or chosen, by the name it has in the address."""

    values: Mapping[str, str]

    def without(self, name: str, value: str = "") -> dict[str, str]:
        """The filters with one taken off, or one of its values."""
        left = [
            other for other in desk_filters.values_of(name, self.values[name]) if value and other != value
        ]
        return {**self.values, name: ",".join(left)}

    @property
    def names_colleague(self) -> bool:
        return desk_filters.names_colleague(self.values)

    def chosen(self, name: str) -> list[str]:
        """The values of a filter."""
        return desk_filters.values_of(name, self.values.get(name, ""))

    def address(self, **changed: str) -> str:
        """The address of the list with some filters changed."""
        kept = {name: value for name, value in ({**self.values, **changed}).items() if value}
        return f"{address('reports')}?{urlencode(kept)}" if kept else address("reports")

    def nearest_to(self, lat: float, long: float) -> str:
        """The address of the list in the order of distance from a point."""
        return self.address(near=f"{lat:.5f},{long:.5f}", order=Order.DISTANCE.value)

    def on_map(self) -> str:
        return f"{address('case_map')}?{urlencode(self.values)}" if self.values else address("case_map")


def of_request() -> Filter:
    """The filters in the address of this page, or in its form."""
    sent: MultiDict[str, str] = request.values
    several = {name: ",".join(sent.getlist(name)) for name in desk_filters.MANY}
    return Filter(desk_filters.recognised({**sent.to_dict(), **several}))


def search(colleagues: Collection[int] = ()) -> CaseSearch:
    """The search that the filters of this page mean."""
    return desk_filters.search_of(of_request().values, asker(colleagues))


def position(search: CaseSearch, word: str) -> Position | None:
    """Where a page begins; for a word that somebody mangled, or of another order, at the beginning."""
    try:
        return Position.read(word, search.kinds) if word else None
    except Invalid:
        return None


def asker(colleagues: Collection[int] = ()) -> Asker:
    """Who asks, when and where."""
    core = current.core()
    languages = {catalogue.jurisdiction.text_search for catalogue in core.catalogues.in_force}
    return Asker(caller().account.id, core.now(), current.time_zone(), tuple(sorted(languages)), colleagues)


def colleagues() -> dict[int, str]:
    """Whose open cases somebody may ask for, by name: who gives out work sees who has which."""
    core = current.core()
    return core.desk_counts.get(
        ("colleagues", staff()),
        core.database.freshness.desk_stamp,
        core.now(),
        lambda: actor_names.colleagues(Right.ASSIGN_PERSON),
    )


class Chip(NamedTuple):
    """A filter that is set, or one of its values: words, and the filters without it."""

    name: str
    words: str
    left: Mapping[str, str]


def chips(chosen: Filter, catalogues: Sequence[Catalogue], names: Mapping[int, str]) -> list[Chip]:
    """What is chosen, one by one; `names` are those of colleagues."""
    people = {str(account_id): person for account_id, person in names.items()}
    return [
        Chip(
            name,
            (name == "person" and people.get(value)) or _in_words(name, value, catalogues),
            chosen.without(name, value),
        )
        for name in chosen.values
        if name != "columns"
        for value in chosen.chosen(name)
    ]


def in_words(name: str, value: str, catalogues: Sequence[Catalogue]) -> str:
    """The values of a filter as people say them."""
    return ", ".join(_in_words(name, part, catalogues) for part in desk_filters.values_of(name, value))


def _in_words(name: str, value: str, catalogues: Sequence[Catalogue]) -> str:
    key = _key(name, value)
    if key and key in messages(current.language()):
        return words(key)
    name_of = _NAMES.get(name)
    names = (name_of(catalogue, value) for catalogue in catalogues) if name_of else ()
    return next((known for known in names if known != value), value)


def choices(name: str, catalogues: Sequence[Catalogue], chosen: Iterable[str]) -> list[tuple[str, str]]:
    """What a filter of the list offers: values, and what people call them.

    What is chosen is among them even if no catalogue knows it: else the next press would take the filter off.
    """
    values = dict.fromkeys(value for catalogue in catalogues for value in _CHOICES[name](catalogue))
    values |= dict.fromkeys(chosen)
    named = ((value, _in_words(name, value, catalogues)) for value in values)
    return sorted(named, key=lambda choice: choice[1].casefold())


# What the catalogue of a city calls a value; the value itself where it does not know it.
_NAMES: Mapping[str, Callable[[Catalogue, str], str]] = {
    "service": lambda catalogue, code: catalogue.service_name(code, current.language()),
    "status": lambda catalogue, code: (
        catalogue_text(catalogue.statuses[code].label) if code in catalogue.statuses else code
    ),
    "unit": lambda catalogue, code: catalogue.unit_name(code, current.language()),
    "area": lambda catalogue, code: catalogue.desk.areas.name(code, current.language()),
}
_CHOICES: Mapping[str, Callable[[Catalogue], Iterable[str]]] = {
    "unit": lambda catalogue: catalogue.units,
    "area": lambda catalogue: catalogue.desk.areas.by_code,
    "channel": lambda _: Channel,
}


_OF_A_FEW = ("stage", "visibility", "person", "flag", "order", "channel")


def _key(name: str, value: str) -> str:
    """The message for a value that is one of a few."""
    if name == "priority":
        priority = Priority.of_word(value)
        return f"desk.priority.{priority.name.lower()}" if priority is not None else ""
    if name == "columns":
        return f"desk.column.{value}"
    if name in ("overdue", "resumed"):
        return "desk.filter.yes"
    if name == "stage" and value in ("all", "open"):
        return f"desk.view.{value}"
    return f"desk.{name}.{value}" if name in _OF_A_FEW else ""
