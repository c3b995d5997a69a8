"""The reports of a tile that no table counts: those with certain words, those of a span of time.

All of them are not read, or one look at the map could take the database as long as a statement may. Where they are too
many, some days stand for the others, at first every sixteenth, and what is made of them is marked as an estimate.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from open311.model.maps.tiles import TileSearch
from open311.model.search import RequestSearch, Span
from open311.model.service_request import Status
from open311.storage.maps.embedded import embedded
from open311.storage.requests.visible import EVERYBODYS_SQL
from open311.storage.search.statements import MOST_STATEMENTS, Shape, columns_of_a_page, question_of
from open311.storage.search.words import with_words
from open311.storage.tables import service_requests

_r = service_requests.c
# What points are made of, and what numbers are.
OF_POINTS = (
    _r.id,
    _r.service_code,
    _r.status,
    _r.detailed_status,
    _r.requested_datetime,
    _r.closed_datetime,
    _r.geom,
)
OF_NUMBERS = "status, geom"
MINE = f"jurisdiction_id = :jurisdiction_id and {EVERYBODYS_SQL}"
FILTERS = {
    "service_code": " and service_code = :service_code",
    "service_codes": " and service_code = any(:service_codes)",
    "status": " and status = :status",
    "since": " and requested_datetime >= :since",
    "detailed_status": " and detailed_status = :detailed_status",
    "detailed_statuses": " and detailed_status = any(:detailed_statuses)",
    "closed_since": " and (status = 'open' or closed_datetime >= :closed_since)",
}
# So many are looked at in the table, and in an index that has all that is needed.
MOST_FETCHED, MOST_INDEXED = 5000, 60_000
# One day of so many is read; none is a multiple of a week. With the last one all of such days are.
STRIDES = (1, 16, 128, 1024)
# From here on words are looked up together with their places; to look up those of a wider tile takes longer.
PLACED_FROM = 14
# In degrees: less than a micrometre, and more than sums of floats are out by.
A_TRIFLE = 1e-11
# Stands in a search for the ends of a day, which are columns.
A_DAY = Span(datetime.min, datetime.max)
END_OF_DAY = {"requested_from": "days.since", "requested_to": "days.until"}

# Whole days, as the index of words has them too, as far as there are reports.
_DAYS = f"""
    select timestamptz 'epoch' + day * interval '1 day' as since,
           timestamptz 'epoch' + (day + 1) * interval '1 day' - interval '1 microsecond' as until,
           (last - first + 1)::double precision / count(*) over () as weight
    from (
        select public.open311_day(greatest({{first}},
            (select requested_datetime from service_requests where {MINE} order by requested_datetime, id limit 1)
        )) as first, public.open311_day(greatest(
            (select requested_datetime from service_requests where {MINE}
             order by requested_datetime desc, id desc limit 1),
            (select closed_datetime from service_requests where {MINE} and status = 'closed'
             and closed_datetime is not null order by closed_datetime desc limit 1)
        )) as last
    ) as span
    cross join generate_series(first, last) as day
    where (last - day) % {{stride}} = least({{stride}}, last - first + 1) / 2"""
_DATED = f"""
    select {{columns}} from service_requests
    where {MINE} and {{moment}} >= {{first}}{{within}}{{filters}}"""
_WITHIN = " and {moment} between days.since and days.until"


@dataclass(frozen=True)
class Part:
    """A way to some of the reports: SQL for those of a day, or for all, how many are looked at, which of them count."""

    name: str
    sql: str
    most: int
    condition: str = ""
    # What an index tells is read twice sooner than put aside.
    is_read_twice: bool = False


@dataclass(frozen=True)
class Attempt:
    """What is read for the numbers of a tile: some parts, and of each one day of `stride`."""

    parts: tuple[Part, ...]
    stride: int
    first: str
    columns: str

    @property
    def tables(self) -> str:
        """Common tables, of which `hits` has the columns and a weight: for how many reports one stands."""
        days, within, weight = "", "", "1 as weight"
        if self.stride > 1:
            days = _DAYS.replace("{first}", self.first).replace("{stride}", f"{self.stride}")
            days = f"days as materialized ({days}),\n"
            within, weight = "days cross join lateral ", "days.weight"
        parts = "".join(
            self._table(part, f"select matches.*, {weight} from {within}({part.sql}) as matches")
            for part in self.parts
        )
        hits = " union all ".join(
            f"select {self.columns}, weight from {part.name} where true{part.condition}"
            for part in self.parts
        )
        return f"{days}{parts}too_many as materialized (select {self._is_too_many} as is_so),\nhits as ({hits}),\n"

    def _table(self, part: Part, rows: str) -> str:
        if part.is_read_twice:
            return f"{part.name} as not materialized (\n    {rows}),\n"
        limit = "" if self.is_last else f" limit {part.most + 1}"
        return f"{part.name} as materialized (\n    {rows}{limit}),\n"

    @property
    def is_last(self) -> bool:
        """Whether nothing is tried after this."""
        return self.stride == STRIDES[-1]

    @property
    def _is_too_many(self) -> str:
        """Whether a part holds more than are looked at, and another attempt is to be made."""
        if self.is_last:
            return "false"
        return " or ".join(
            f"(select count(*) from (select 1 from {part.name} limit {part.most + 1}) as first) > {part.most}"
            for part in self.parts
        )


HAS_TOO_MANY = "(select is_so from too_many)"


def attempts(search: TileSearch, filled: dict[str, Any]) -> Iterator[Attempt]:
    """What to try, one after the other, until no part has too many. `filled` are the parameters, and gets more."""
    first = ":since" if search.since else "null"
    if search.words:
        columns = ", ".join(column.name for column in OF_POINTS)
        for parts, stride in _by_words(search, filled):
            yield Attempt(parts, stride, first, columns)
        return
    moment, first = ("requested_datetime", first) if search.since else ("closed_datetime", ":closed_since")
    columns = OF_NUMBERS if search.since else f"'closed' as {OF_NUMBERS}"
    for stride in STRIDES:
        sql = _dated(moment, columns, stride, filled)
        part = Part("dated", sql, MOST_INDEXED, is_read_twice=True)
        yield Attempt((part,), stride, first, OF_NUMBERS)


def filters_of(filled: Iterable[str], names: Iterable[str]) -> str:
    """The conditions for those of `names` that have a parameter."""
    return "".join(FILTERS[name] for name in names if name in filled)


def request_search(search: TileSearch) -> RequestSearch:
    """The search of lists for what a tile shows, but for its dates and its place."""
    return RequestSearch(
        jurisdiction_id=search.jurisdiction_id,
        service_codes=search.service_codes,
        statuses=(search.status,) if search.status else (),
        detailed_statuses=search.detailed_statuses,
        words=search.words,
        text_search=search.text_search,
        words_in_service_names=search.words_in_service_names,
        numbers=search.numbers,
    )


def words_condition(filled: dict[str, Any]) -> str:
    """That a report holds the words, as text; its own constants are added to `filled`."""
    sql, own = embedded(with_words(filled))
    filled |= own
    return f"({sql})"


def _by_words(search: TileSearch, filled: dict[str, Any]) -> Iterator[tuple[tuple[Part, ...], int]]:
    """What was closed lately is looked through if it is little; else rare words are found among all reports."""
    request_query = replace(request_search(search), detailed_statuses=None, page_size=MOST_FETCHED)
    if search.tile.z >= PLACED_FROM:
        box = search.tile.box
        # Its eastern and its southern edge belong to the next tiles, which would be looked up, too.
        box = replace(box, max_long=box.max_long - A_TRIFLE, min_lat=box.min_lat + A_TRIFLE)
        request_query = replace(request_query, box=box)
    everything = _found("found", request_query, search, 1, filled)
    if not search.closed_since or search.status is Status.OPEN:
        yield (everything,), 1
        for stride in STRIDES[1:]:
            yield (_found("found", request_query, search, stride, filled),), stride
        return
    columns = ", ".join(column.name for column in OF_POINTS) + f", {words_condition(filled)} as holds_words"
    for stride in STRIDES:
        closed = _dated("closed_datetime", columns, stride, filled)
        parts = [Part("closed_lately", closed, MOST_FETCHED, " and holds_words")]
        if search.status is None:
            opened = replace(request_query, statuses=(Status.OPEN,))
            parts.append(_found("opened", opened, search, stride, filled))
        yield tuple(parts), stride
        if stride == 1:
            yield (everything,), 1


def _found(name: str, asked: RequestSearch, search: TileSearch, stride: int, filled: dict[str, Any]) -> Part:
    """What the search of lists finds; its parameters bear the name of the part."""
    asked = replace(asked, requested=Span(search.since) if stride == 1 else A_DAY)
    question = question_of(asked)
    sql, own = _page(question.shape, name, by_days=stride > 1)
    filled |= own | {f"{name}_{parameter}": value for parameter, value in question.filled.items()}
    names = ("since", "detailed_status", "detailed_statuses", "closed_since")
    return Part(name, sql, MOST_FETCHED, filters_of(filled, names))


@lru_cache(MOST_STATEMENTS)
def _page(shape: Shape, name: str, *, by_days: bool) -> tuple[str, dict[str, Any]]:
    return embedded(columns_of_a_page(shape, OF_POINTS), f"{name}_", END_OF_DAY if by_days else None)


def _dated(moment: str, columns: str, stride: int, filled: dict[str, Any]) -> str:
    within = "" if stride == 1 else _WITHIN
    if moment == "requested_datetime":
        first, filters = ":since", filters_of(filled, FILTERS)
    else:
        # Written out for the partial index, which then has all that is asked for; it does not hold the status.
        first, others = ":closed_since", [name for name in FILTERS if name not in ("status", "closed_since")]
        filters = " and status = 'closed'" + filters_of(filled, others)
    sql = _DATED.replace("{within}", within).replace("{filters}", filters)
    return sql.replace("{columns}", columns).replace("{moment}", moment).replace("{first}", first)
