"""Cases by words: in reports of every visibility, and in notes."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, cast, func, literal_column, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import REGCONFIG

from open311.model.casework.desk_search import CaseSearch, Position
from open311.model.service_request import Visibility
from open311.storage.desk.scope import Scope
from open311.storage.tables import case_notes, cases, service_requests

_c, _r, _n = cases.c, service_requests.c, case_notes.c
Condition = ColumnElement[bool]
# In this order, the newest first.
KEYS = ((_r.requested_datetime, -1), (_r.id, -1))


def by_words(
    scope: Scope, search: CaseSearch, conditions: Sequence[Condition], after: Position | None
) -> Select[tuple[int, object, object]]:
    """Cases that hold all the words, in the report or in one note; also the one that has this number.

    Published and other reports have an index each; so have notes.
    """
    # `MÜLL` and `muell` are one word.
    spellings = (search.words, func.public.open311_fold(search.words))
    queries: list[Any] = [
        func.websearch_to_tsquery(cast(f"pg_catalog.{text_search}", REGCONFIG), words)
        for text_search in search.text_searches
        for words in spellings
    ]
    query = reduce(lambda left, right: left.op("||")(right), queries)
    matching = _r.words.op("@@")(query)
    in_notes = select(_n.service_request_id).where(_n.words.op("@@")(query))
    published: Condition = literal_column(f"service_requests.visibility = '{Visibility.PUBLISHED}'")
    others: Condition = literal_column(f"service_requests.visibility <> '{Visibility.PUBLISHED}'")
    ways = [and_(matching, published), and_(matching, others), _r.id.in_(in_notes)]
    digits = search.words.strip().replace(" ", "").removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 15:
        ways.append(_r.id == int(digits))
    heads = []
    for way in ways:
        head = (
            select(_c.service_request_id, _r.requested_datetime.label("key_0"), _r.id.label("key_1"))
            .join(service_requests, _r.id == _c.service_request_id)
            .where(way, _r.jurisdiction_id.in_(scope.jurisdictions), *conditions)
        )
        if search.units:
            head = head.where(_c.unit.in_(search.units))
        if after is not None:
            head = head.where(tuple_(_r.requested_datetime, _r.id) < after.values)
        heads.append(
            head.order_by(_r.requested_datetime.desc(), _r.id.desc()).limit(search.limit + 1).subquery()
        )
    # A case that is found in two ways is one.
    together = union_all(*(select(*head.c) for head in heads)).subquery("together")
    return select(*together.c).distinct().order_by(together.c.key_0.desc(), together.c.key_1.desc())
