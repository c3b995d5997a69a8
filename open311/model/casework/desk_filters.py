"""Filters of the list of cases as words: in the address of a page, in a saved view, in a job of the worker."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from open311.model.casework.cases import Flag, Priority, Stage
from open311.model.casework.desk_search import OPEN_STAGES, CaseSearch, Order

NAMES = (
    "q",
    "stage",
    "service",
    "status",
    "unit",
    "person",
    "visibility",
    "priority",
    "flag",
    "channel",
    "area",
    "overdue",
    "resumed",
    "since",
    "until",
    "untouched",
    "order",
)
LONGEST_VALUE = 200
NOBODY = "nobody"
MINE = "me"
ALL = "all"
# Whoever names one of these looks for something that may be closed.
_WIDE = ("q", "status", "visibility")
_YEARS = range(1970, 3000)
_OF_WORK = (Order.DUE, Order.PRIORITY)


class Asker(NamedTuple):
    """Who asks, when and where: `me`, `overdue`, days and the stems of words depend on it."""

    account_id: int
    now: datetime
    time_zone: tzinfo
    text_searches: tuple[str, ...]


def known(values: Mapping[str, str]) -> dict[str, str]:
    """The filters among some words, in their order, without those that are empty."""
    trimmed = {name: str(values.get(name, "")).strip()[:LONGEST_VALUE] for name in NAMES}
    return {name: value for name, value in trimmed.items() if value}


def search_of(values: Mapping[str, str], asker: Asker) -> CaseSearch:
    """The question that filters mean; what cannot be read restricts nothing.

    Without a stage it is about open cases, unless words, a status or a visibility are asked for: those of all stages.
    The order is one that these stages have.
    """
    wide = any(name in values for name in _WIDE)
    filters: dict[str, Any] = {"stages": tuple(Stage)} if wide else {}
    for name, value in values.items():
        if name in READERS:
            filters |= READERS[name](value, asker)
    search = CaseSearch(**filters)
    return search if search.order in orders_of(search) else replace(search, order=Order.NEWEST)


def orders_of(search: CaseSearch) -> list[Order]:
    """The orders that its stages have.

    What is done has no deadline any more and is not urgent; to put a whole archive in such an order takes seconds.
    """
    return [order for order in Order if order not in _OF_WORK or Stage.DONE not in search.stages]


def _stages(value: str, _: Asker) -> dict[str, Any]:
    if value == ALL:
        return {"stages": tuple(Stage)}
    if value == "open":
        return {"stages": OPEN_STAGES}
    return {"stages": (Stage(value),)} if value in set(Stage) else {}


def _person(value: str, asker: Asker) -> dict[str, Any]:
    if value == NOBODY:
        return {"nobody": True}
    return {"assignee": asker.account_id} if value == MINE else {}


def _priority(value: str, _: Asker) -> dict[str, Any]:
    priority = Priority.of_word(value)
    return {} if priority is None else {"priorities": (priority,)}


def _untouched(value: str, asker: Asker) -> dict[str, Any]:
    days = int(value) if value.isascii() and value.isdecimal() and len(value) < 5 else 0
    return {"untouched_since": (asker.now - timedelta(days=days)).astimezone(UTC)} if days else {}


def _day(field: str, days: int) -> Callable[[str, Asker], dict[str, Any]]:
    def read(value: str, asker: Asker) -> dict[str, Any]:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return {}
        # Near the year 1 or 9999 a time zone carries a moment out of what there is.
        if day.year not in _YEARS:
            return {}
        return {field: datetime.combine(day + timedelta(days=days), time(), asker.time_zone)}

    return read


READERS: Mapping[str, Callable[[str, Asker], dict[str, Any]]] = {
    "q": lambda value, asker: {"words": value, "text_searches": asker.text_searches},
    "stage": _stages,
    "service": lambda value, _: {"services": (value,)},
    "status": lambda value, _: {"detailed_statuses": (value,)},
    "unit": lambda value, _: {"units": (value,)},
    "person": _person,
    "visibility": lambda value, _: {"visibilities": (value,)},
    "priority": _priority,
    "flag": lambda value, _: {"flags": (value,)} if value in set(Flag) else {},
    "channel": lambda value, _: {"channels": (value,)},
    "area": lambda value, _: {"areas": (value,)},
    "overdue": lambda value, _: {"overdue": bool(value)},
    "resumed": lambda value, asker: {
        "resumed_by": asker.now.astimezone(asker.time_zone).date() if value else None
    },
    "since": _day("received_from", 0),
    # The day itself is meant as well, so it ends with the next one.
    "until": _day("received_to", 1),
    "untouched": _untouched,
    "order": lambda value, _: {"order": Order(value)} if value in set(Order) else {},
}
