"""Cases by words: in reports of every visibility, and in notes.

The planner cannot tell rare words from common ones, and among ten million reports the wrong plan for either takes
longer than a statement may. So it has no choice: few cases are looked through; of many, published reports are found in
blocks of time, as by the public search, and of the others, which are few, all that match.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    cast,
    func,
    literal,
    literal_column,
    not_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import REGCONFIG

from open311.model.access.visibility import EVERYBODYS
from open311.model.casework.cases import Stage
from open311.model.casework.desk_search import CaseSearch, Position
from open311.model.search import NEWEST_FIRST, Sort
from open311.storage.desk.scope import Scope
from open311.storage.requests.visible import EVERYBODYS_SQL, is_everybodys
from open311.storage.search.blocks import (
    TAGS,
    Branch,
    in_blocks,
    in_order,
    newest_and_oldest,
    tags_of_services,
)
from open311.storage.search.keyset import order_by
from open311.storage.tables import case_notes, cases, service_requests

_c, _r, _n = cases.c, service_requests.c, case_notes.c
Condition = ColumnElement[bool]
# In this order, the newest first.
KEYS = ((_r.requested_datetime, -1), (_r.id, -1))
# So many cases are looked through; where there are more, words are looked up.
FEW_CASES = 5000
# Written out, so that the planner can match it with the partial index.
IS_NOT_EVERYBODYS: Condition = literal_column(EVERYBODYS_SQL.replace("=", "<>"))


def by_words(
    scope: Scope,
    search: CaseSearch,
    conditions: Sequence[Condition],
    beside: Select[tuple[int]],
    after: Position | None,
    *,
    backwards: bool = False,
) -> Select[tuple[int, object, object]]:
    """Cases that hold all the words, in the report or in one note; also the one that has this number.

    `beside` are the ids of all cases that meet the `conditions`, whatever their words.
    """
    branch = partial(_branch, scope, search, conditions, after, backwards)
    query = _query(search)
    words = _r.words.op("@@")(query)
    in_notes = select(_n.service_request_id).where(_n.words.op("@@")(query))
    ways = [in_order(branch(_r.id.in_(in_notes)))]
    digits = search.words.strip().replace(" ", "").removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 15:
        ways.append(in_order(branch(_r.id == int(digits))))
    many: list[Condition] = []
    if _is_narrow(search):
        few = beside.limit(FEW_CASES + 1).cte("few").prefix_with("MATERIALIZED")
        count = select(func.count()).select_from(few).scalar_subquery()
        ways.append(in_order(branch(count <= FEW_CASES, _r.id.in_(select(few.c[0])), words)))
        many = [count > FEW_CASES]
    if set(search.visibilities) != {EVERYBODYS}:
        ways.append(in_order(branch(*many, IS_NOT_EVERYBODYS, words)))
    if not search.visibilities or EVERYBODYS in search.visibilities:
        for owner in scope.jurisdictions:
            published = partial(branch, *many, _r.jurisdiction_id == owner, is_everybodys)
            ways += _among_published(search, published, query, owner, after, backwards=backwards)
    # A case that is found in two ways is one.
    together = union_all(*(select(*way.subquery().c) for way in ways)).subquery("together")
    return select(*together.c).distinct().order_by(*order_by(_sort(backwards), together.c))


def _sort(backwards: bool) -> Sort:
    return replace(NEWEST_FIRST, reverse=not backwards)


def _query(search: CaseSearch) -> Any:
    # `MÜLL` and `muell` are one word.
    spellings = (search.words, func.public.open311_fold(search.words))
    queries: list[Any] = [
        func.websearch_to_tsquery(cast(f"pg_catalog.{text_search}", REGCONFIG), words)
        for text_search in search.text_searches
        for words in spellings
    ]
    return reduce(lambda left, right: left.op("||")(right), queries)


def _is_narrow(search: CaseSearch) -> bool:
    """Whether an index knows these cases without reading the archive."""
    return Stage.DONE not in search.stages or search.assignee is not None or bool(search.flags)


def _branch(
    scope: Scope,
    search: CaseSearch,
    conditions: Sequence[Condition],
    after: Position | None,
    backwards: bool,
    *which: Condition,
) -> Branch:
    """Reports with their cases, each of which is looked up: the planner might read all cases beside."""
    of_report = (
        select(_c.service_request_id)
        .where(_c.service_request_id == _r.id, _c.jurisdiction_id.in_(scope.jurisdictions), *conditions)
        .offset(literal_column("0"))
    )
    if search.units:
        of_report = of_report.where(_c.unit.in_(search.units))
    case = of_report.correlate(service_requests).lateral("of_report")
    keys = [column.label(f"key_{place}") for place, (column, _) in enumerate(KEYS)]
    reports = select(case.c.service_request_id, *keys).select_from(service_requests.join(case, true()))
    if after is not None:
        here = tuple_(_r.requested_datetime, _r.id)
        which = (*which, here > after.values if backwards else here < after.values)
    by_time = partial(order_by, _sort(backwards))
    return Branch(reports.where(*which).where, by_time, search.limit + 1, newest_first=not backwards)


def _among_published(
    search: CaseSearch,
    branch: Callable[..., Branch],
    query: Any,
    jurisdiction_id: str,
    after: Position | None,
    *,
    backwards: bool,
) -> list[Select[Any]]:
    """In blocks; but words of which none must be there cannot be looked up, and nearly every report matches."""
    words, only_without = _r.words.op("@@")(query), func.querytree(query) == "T"
    newest, oldest = newest_and_oldest(jurisdiction_id)
    if after is not None and backwards:
        oldest = func.greatest(oldest, after.values[0])
    elif after is not None:
        newest = func.least(newest, after.values[0])
    start, end = (oldest, newest) if backwards else (newest, oldest)
    services = tags_of_services(search.services)
    beside = [TAGS.overlap(cast(literal(services), ARRAY(Text)))] if services else []
    looked_up = in_blocks(branch(not_(only_without), words), start, end, *beside)
    walked = branch(only_without, words.is_(True))
    return [looked_up, walked.where().order_by(*walked.order_by()).limit(walked.limit)]
