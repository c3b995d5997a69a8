"""A search over service requests, its orders and cursors, and the default window of dates."""

import base64
import binascii
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from struct import Struct
from typing import Any, Generic, TypeVar

import orjson

from open311.base.datetimes import END_OF_DAY, local
from open311.base.errors import Invalid, problem
from open311.model.access.visibility import EVERYBODYS
from open311.model.maps.geography import Box, Circle
from open311.model.service_request import Status, Visibility

PAGE_SIZE = 1000
# Counting stops here: a total is for people, and beyond this it would cost more than the page itself.
COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, both ends included; an end that is missing is open."""

    start: datetime | None = None
    end: datetime | None = None


EVER = Span()


@dataclass(frozen=True, slots=True)
class Sort:
    """One of the orders in which requests can be listed; all end in the id and are therefore total."""

    name: str
    reverse: bool = False


NEWEST_FIRST = Sort("requested_datetime", reverse=True)
# For counting alone.
ANY_ORDER = Sort("any", reverse=True)
SORT_NAMES = {
    "requested_datetime": "requested_datetime",
    "created": "requested_datetime",
    "updated_datetime": "updated_datetime",
    "updated": "updated_datetime",
    "status": "status",
    "service_code": "service_code",
    "service_request_id": "service_request_id",
    "request_id": "service_request_id",
    "nid": "service_request_id",
}


# What a place in each order consists of: text, a moment, or an id.
KEYS: dict[str, tuple[type, ...]] = {
    "requested_datetime": (datetime, int),
    "updated_datetime": (datetime, int),
    "service_request_id": (int,),
    "status": (str, datetime, int),
    "service_code": (str, datetime, int),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the sort it belongs to, the last row's place in it, and the total if it was counted."""

    sort: Sort
    keys: tuple[Any, ...]
    total: int | None = None

    def write(self) -> str:
        """An opaque word for a URL."""
        keys = [int(key.timestamp()) if isinstance(key, datetime) else key for key in self.keys]
        values = [self.sort.name, int(self.sort.reverse), self.total, *keys]
        return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")

    @classmethod
    def read(cls, word: str) -> "Cursor":
        """The cursor behind an opaque word; raises `Invalid` for a word we did not write."""
        try:
            # Not signed: a forged cursor only moves the page, and the filters apply all the same.
            raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
            name, reverse, total, *keys = json.loads(raw)
            types = KEYS[name]
            values = tuple(_key(kind, key) for kind, key in zip(types, keys, strict=True))
            counted = None if total is None else _whole(total, COUNT_LIMIT + 1)
        except (ValueError, TypeError, KeyError, OverflowError, binascii.Error, RecursionError):
            raise Invalid(problem("error.cursor")) from None
        return cls(Sort(name, bool(reverse)), values, counted)


def _key(kind: type, value: object) -> Any:
    if kind is str:
        return _short_text(value)
    if kind is datetime:
        # The last second that a datetime can be.
        return datetime.fromtimestamp(_whole(value, 253_402_300_799), UTC)
    return _whole(value, 10**15)


def _whole(value: object, most: int) -> int:
    # `True` is an int as well, and would be row 1.
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise ValueError(value)


def _short_text(value: object) -> str:
    if isinstance(value, str) and len(value) <= 64 and value.isascii() and value.isprintable():
        return value
    raise ValueError(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSearch:
    """A question to the list. With `ids` every other filter is ignored (GeoReport v2, GET service requests).

    `foreign_ids` are ids that requests have elsewhere, for those of `ids` that nothing here has; `reference` is such an
    id, too, for the words, whose stems `text_search` knows. `numbers` are answers that words may mean: the codes of
    public questions, and a number as it may be spelled. `agencies` are codes and free texts in small letters.
    """

    jurisdiction_id: str
    visibilities: tuple[Visibility, ...] = (EVERYBODYS,)
    ids: tuple[int, ...] | None = None
    foreign_ids: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    detailed_statuses: tuple[str, ...] | None = None
    agencies: tuple[str, ...] | None = None
    requested: Span = EVER
    updated: Span = EVER
    box: Box | None = None
    circle: Circle | None = None
    words: tuple[str, ...] = ()
    text_search: str = "simple"
    words_in_service_names: tuple[str, ...] = ()
    reference: str | None = None
    numbers: tuple[tuple[str, str], ...] = ()
    sort: Sort = NEWEST_FIRST
    skip: int = 0
    page_size: int = PAGE_SIZE
    after: Cursor | None = None
    with_notes: bool = False


# The id and the version of a request: enough to know whether what is kept of it is still right.
Hit = tuple[int, int]
HIT = Struct(">qi")


class Hits(Collection[Hit]):
    """Ids and versions in order, as PostgreSQL packs them, so that equal lists are equal bytes."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return len(self.packed) // HIT.size

    def __iter__(self) -> Iterator[Hit]:
        return HIT.iter_unpack(self.packed)

    def __contains__(self, hit: object) -> bool:
        return hit in list(self)

    def first(self, most: int) -> "Hits":
        """Those at the beginning."""
        return Hits(self.packed[: most * HIT.size])


Items = TypeVar("Items", bound=Collection[Any])


@dataclass(frozen=True, slots=True)
class Page(Generic[Items]):
    """One page of an answer, in order: its items, where the next page begins, and the total where it is known.

    A total stops at `COUNT_LIMIT + 1`.
    """

    items: Items
    next: Cursor | None = None
    total: int | None = None


def window(span: Span, now: datetime, max_span_days: int, zone: tzinfo, *, bounded: bool) -> Span:
    """The span of `requested_datetime` that a query means (georeport.md 2.5, rules 1 to 6).

    `bounded` says that something else bounds the answer: paging, or a span of `updated_datetime`. Then missing
    ends stay open and any length is allowed, as with `max_span_days=0`. Whole days are those of `zone`. Raises
    `Invalid`.
    """
    if span.start and span.end and span.start > span.end:
        raise Invalid(problem("error.span.reversed"))
    if bounded or not max_span_days:
        return span
    longest = timedelta(days=max_span_days)
    if span.start and span.end:
        if _length(span.start, span.end, zone) > longest:
            raise Invalid(problem("error.span.too_long", days=max_span_days))
        return span
    if span.start:
        return Span(span.start, min(_later(span.start, longest), max(now, span.start)))
    end = span.end or now
    return Span(_later(end, -longest), end)


def _length(start: datetime, end: datetime, zone: tzinfo) -> timedelta:
    """How long a span is. Whole days are counted by the calendar: in autumn 90 of them last an hour longer."""
    first, last = local(start, zone), local(end, zone)
    if first.time() == time.min and last.time() in (time.min, END_OF_DAY):
        return last.date() - first.date()
    return end - start


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        # The year may be 1 or 9999: whoever asks for that has no bound to be kept.
        return moment + by
    except OverflowError:
        return moment
