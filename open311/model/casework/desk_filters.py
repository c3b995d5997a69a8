"""Filters of the list of cases as words: in the address of a page, in a saved view, in a job of the worker."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from open311.model.casework.cases import Flag, Priority, Stage
from open311.model.casework.desk_search import OPEN_STAGES, USUAL_COLUMNS, CaseSearch, Column, Order
from open311.model.service_request import Location

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
    "near",
    "order",
    "columns",
)
# Of these several values may be chosen; they are in one word with commas, which no code has.
MANY = frozenset(
    {"stage", "service", "status", "unit", "visibility", "priority", "flag", "channel", "area", "columns"}
)
LONGEST_VALUE = 200
# Of one filter: the list reads its index once for each unit.
MOST_VALUES = 30
# How the page of the list looks, and not what is in it.
PAGE_ONLY = ("columns",)
DEGREES = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,7})?),(-?[0-9]{1,3}(?:\.[0-9]{1,7})?)")
NOBODY = "nobody"
MINE = "me"
ALL = "all"
# Whoever names one of these looks for something that may be closed.
_WIDE = ("q", "status", "visibility")
_YEARS = range(1970, 3000)
_OF_WORK = (Order.DUE, Order.PRIORITY, Order.DORMANT, Order.DISTANCE)


class Asker(NamedTuple):
    """Who asks, when and where: `me`, `overdue`, days and the stems of words depend on it.

    `colleagues` are those whose open cases they may ask for; nobody's where it could be counted or taken along.
    """

    account_id: int
    now: datetime
    time_zone: tzinfo
    text_searches: tuple[str, ...]
    colleagues: Collection[int] = ()


def recognised(values: Mapping[str, str]) -> dict[str, str]:
    """The filters among some words, in their order, without those that are empty."""
    trimmed = {name: ",".join(values_of(name, str(values.get(name, "")))) for name in NAMES}
    if columns_of(trimmed) == USUAL_COLUMNS:
        del trimmed["columns"]
    return {name: value for name, value in trimmed.items() if value}


def values_of(name: str, value: str) -> list[str]:
    """What is chosen of a filter, one by one."""
    values = value.split(",", MOST_VALUES)[:MOST_VALUES] if name in MANY else [value]
    return [*dict.fromkeys(trimmed for value in values if (trimmed := value.strip()[:LONGEST_VALUE]))]


def names_colleague(values: Mapping[str, str]) -> bool:
    """Whether filters name somebody: such a list is for work at hand, neither counted nor kept nor taken along."""
    return values.get("person", NOBODY) not in (NOBODY, MINE)


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
    if names_colleague(values) and "assignee" in filters:
        # Who finished what is nobody's business.
        open_ones = [stage for stage in filters.get("stages", OPEN_STAGES) if stage in OPEN_STAGES]
        filters["stages"] = tuple(open_ones) or OPEN_STAGES
    search = CaseSearch(**filters)
    return search if search.order in orders_of(search) else replace(search, order=Order.NEWEST)


def columns_of(values: Mapping[str, str]) -> tuple[Column, ...]:
    """What the list tells of each case beside its number, in the order of the table."""
    chosen = values_of("columns", values.get("columns", ""))
    return tuple(column for column in Column if column in chosen) or USUAL_COLUMNS


def orders_of(search: CaseSearch) -> list[Order]:
    """The orders that its stages have.

    What is done has no deadline any more, is not urgent and waits for nobody; to sort a whole archive takes seconds.
    """
    orders = [order for order in Order if order not in _OF_WORK or Stage.DONE not in search.stages]
    return [order for order in orders if order is not Order.DISTANCE or (search.near and not search.words)]


def _stages(value: str, _: Asker) -> dict[str, Any]:
    chosen = values_of("stage", value)
    if ALL in chosen:
        return {"stages": tuple(Stage)}
    wanted = {*chosen, *(OPEN_STAGES if "open" in chosen else ())}
    stages = tuple(stage for stage in Stage if stage in wanted)
    return {"stages": stages} if stages else {}


def _person(value: str, asker: Asker) -> dict[str, Any]:
    if value == NOBODY:
        return {"nobody": True}
    if value == MINE:
        return {"assignee": asker.account_id}
    chosen = [account_id for account_id in asker.colleagues if str(account_id) == value]
    return {"assignee": chosen[0]} if chosen else {}


def _priorities(value: str, _: Asker) -> dict[str, Any]:
    read = (Priority.of_word(word) for word in values_of("priority", value))
    priorities = tuple(priority for priority in read if priority is not None)
    return {"priorities": priorities} if priorities else {}


def _flags(value: str, _: Asker) -> dict[str, Any]:
    chosen = values_of("flag", value)
    flags = tuple(flag for flag in Flag if flag in chosen)
    return {"flags": flags} if flags else {}


def _codes(name: str, field: str) -> Callable[[str, Asker], dict[str, Any]]:
    return lambda value, _: {field: tuple(values_of(name, value))}


def _untouched(value: str, asker: Asker) -> dict[str, Any]:
    days = int(value) if value.isascii() and value.isdecimal() and len(value) < 5 else 0
    return {"untouched_since": (asker.now - timedelta(days=days)).astimezone(UTC)} if days else {}


def _near(value: str, _: Asker) -> dict[str, Any]:
    place = place_of(value)
    return {"near": place} if place else {}


def place_of(value: str) -> Location | None:
    """The point that a filter names by latitude and longitude, with a comma between."""
    parts = DEGREES.fullmatch(value)
    lat, long = (float(parts[1]), float(parts[2])) if parts else (91.0, 181.0)
    return Location(lat, long) if abs(lat) <= 90 and abs(long) <= 180 else None


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
    "service": _codes("service", "services"),
    "status": _codes("status", "detailed_statuses"),
    "unit": _codes("unit", "units"),
    "person": _person,
    "visibility": _codes("visibility", "visibilities"),
    "priority": _priorities,
    "flag": _flags,
    "channel": _codes("channel", "channels"),
    "area": _codes("area", "areas"),
    "overdue": lambda value, _: {"overdue": bool(value)},
    "resumed": lambda value, asker: {
        "resumed_by": asker.now.astimezone(asker.time_zone).date() if value else None
    },
    "since": _day("received_from", 0),
    # The day itself is meant as well, so it ends with the next one.
    "until": _day("received_to", 1),
    "untouched": _untouched,
    "near": _near,
    "order": lambda value, _: {"order": Order(value)} if value in set(Order) else {},
}
