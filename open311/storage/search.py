"""The one search over service requests.

The WHERE is built per request from what was asked, so that the planner sees constants; `tables.py` has an
index for every order and filter. Four things the planner gets wrong by itself are settled here: a circle is an
envelope plus arithmetic, `updated_before` also bounds `requested_datetime`, several words are looked up first,
and a deep page fetches ids before rows.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
)

from open311.model.geography import Circle
from open311.model.search import COUNT_LIMIT, Cursor, Page, RequestSearch, Sort
from open311.storage.rows import COLUMNS, notes_column, request_from, request_with_notes
from open311.storage.tables import service_requests

_r = service_requests.c
# Each sort names the columns of an index; the flag says that the index holds that column descending.
ORDERS: dict[str, tuple[tuple[ColumnElement[Any], bool], ...]] = {
    "requested_datetime": ((_r.requested_datetime, False), (_r.id, False)),
    "updated_datetime": ((_r.updated_datetime, False), (_r.id, False)),
    "service_request_id": ((_r.id, False),),
    "status": ((_r.status, False), (_r.requested_datetime, True), (_r.id, True)),
    "service_code": ((_r.service_code, False), (_r.requested_datetime, True), (_r.id, True)),
}


def search(conn: Connection, asked: RequestSearch) -> Page:
    """One page of requests, in one statement."""
    rows = conn.execute(statement(asked)).all()
    found = [
        request_with_notes(row) if asked.with_notes else request_from(row) for row in rows[: asked.page_size]
    ]
    total = rows[0].total if rows and asked.with_total else (0 if asked.with_total else None)
    return Page(found, more=len(rows) > asked.page_size, total=_total(asked, total, conn, bool(rows)))


def _total(asked: RequestSearch, total: int | None, conn: Connection, any_row: bool) -> int | None:
    """A page past the end has no row to carry the total."""
    if not asked.with_total or any_row or not asked.skip:
        return total
    return int(conn.execute(select(_count(asked))).scalar_one())


def statement(asked: RequestSearch) -> Select[Any]:
    """The SELECT behind `search`; one row more than a page, to know whether another follows."""
    ids = _ids(asked)
    columns: list[Any] = [*COLUMNS]
    if asked.with_total:
        columns.append(_count(asked).label("total"))
    if asked.with_notes:
        columns.append(notes_column())
    order = _order(asked.sort)
    if asked.skip or len(asked.visibilities) > 1:
        page = ids.subquery("page")
        return select(*columns).join(page, page.c.id == _r.id).order_by(*order)
    rows: Select[Any] = ids.with_only_columns(*columns)
    return rows


def _ids(asked: RequestSearch) -> Any:
    """The ids of the page in order. Each visibility has its own partial index, so each gets its own branch."""
    order = _order(asked.sort)
    keys = [column for column, _ in ORDERS[asked.sort.name]]
    most = asked.page_size + 1
    branches = [
        select(_r.id, *keys).where(*conditions(asked, each)).order_by(*order) for each in asked.visibilities
    ]
    if len(branches) == 1:
        return branches[0].limit(most).offset(asked.skip or None)
    both = union_all(*(branch.limit(most + asked.skip) for branch in branches)).subquery("both")
    order = [
        both.c[column.name].desc() if down else both.c[column.name]
        for column, down in _directions(asked.sort)
    ]
    return select(both.c.id).order_by(*order).limit(most).offset(asked.skip or None)


def _directions(sort: Sort) -> list[tuple[ColumnElement[Any], bool]]:
    return [(column, down != sort.reverse) for column, down in ORDERS[sort.name]]


def _order(sort: Sort) -> list[ColumnElement[Any]]:
    return [column.desc() if down else column.asc() for column, down in _directions(sort)]


def _count(asked: RequestSearch) -> Any:
    """How many rows match, counted no further than `COUNT_LIMIT + 1`; a cursor already knows."""
    if asked.after and asked.after.total is not None:
        return literal(asked.after.total)
    parts = [
        select(literal(1)).where(*conditions(asked, each, from_start=True)) for each in asked.visibilities
    ]
    rows = union_all(*parts).limit(COUNT_LIMIT + 1) if len(parts) > 1 else parts[0].limit(COUNT_LIMIT + 1)
    return select(func.count()).select_from(rows.subquery("counted")).scalar_subquery()


def conditions(
    asked: RequestSearch, visibility: str, *, from_start: bool = False
) -> list[ColumnElement[bool]]:
    """What a row must meet; `from_start` leaves the cursor out."""
    # The visibility is written out, so that the planner can match it with the partial indexes.
    visible = _r.visibility == text(f"'{visibility}'")
    where: list[ColumnElement[bool]] = [_r.jurisdiction_id == asked.jurisdiction_id, visible]
    if asked.ids is not None:
        where.append(_r.id.in_(asked.ids))
    else:
        where += _filters(asked) + _times(asked) + _places(asked) + _words(asked, visible)
    if asked.after and not from_start:
        where.append(_behind(asked.after))
    return where


def _filters(asked: RequestSearch) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.service_codes:
        where.append(_r.service_code.in_(asked.service_codes))
    if len(set(asked.statuses)) == 1:
        where.append(_r.status == asked.statuses[0])
    if asked.detailed_statuses is not None:
        where.append(_r.detailed_status.in_(asked.detailed_statuses))
    return where


def _times(asked: RequestSearch) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    for column, span in ((_r.requested_datetime, asked.requested), (_r.updated_datetime, asked.updated)):
        if span.start:
            where.append(column >= span.start)
        if span.end:
            where.append(column <= span.end)
    if asked.updated.end:
        where.append(_r.requested_datetime <= asked.updated.end)
    return where


def _places(asked: RequestSearch) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    for box in (asked.box, asked.circle.envelope if asked.circle else None):
        if box:
            where.append(
                _r.geom.op("&&")(
                    func.ST_MakeEnvelope(box.min_long, box.min_lat, box.max_long, box.max_lat, 4326)
                )
            )
    if asked.circle:
        where.append(_within(asked.circle))
    return where


def _within(circle: Circle) -> ColumnElement[bool]:
    """Inside by arithmetic; only points near the rim pay for the exact distance on the ellipsoid."""
    per_lat, per_long = circle.metres_per_degree
    north = (func.ST_Y(_r.geom) - circle.centre.lat) * per_lat
    east = (func.ST_X(_r.geom) - circle.centre.long) * per_long
    squared = north * north + east * east
    inner, outer = max(0.0, circle.radius - circle.tolerance), circle.radius + circle.tolerance
    centre = func.ST_SetSRID(func.ST_MakePoint(circle.centre.long, circle.centre.lat), 4326)
    exact = func.ST_DistanceSpheroid(_r.geom, centre) <= circle.radius
    return or_(squared <= inner * inner, and_(squared <= outer * outer, exact))


def _words(asked: RequestSearch, visible: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    if not asked.words:
        return []
    terms = " & ".join(f"{word}:*" for word in asked.words)
    german = text("'pg_catalog.german'::regconfig")
    found = _r.words.op("@@")(
        func.to_tsquery(german, terms).op("||")(func.to_tsquery(german, func.open311_fold(terms)))
    )
    if len(asked.words) > 1:
        hits = select(_r.id).where(_r.jurisdiction_id == asked.jurisdiction_id, visible, found)
        found = _r.id.in_(select(hits.cte().prefix_with("MATERIALIZED").c.id))
    also: list[ColumnElement[bool]] = (
        [_r.service_code.in_(asked.words_in_service_names)] if asked.words_in_service_names else []
    )
    if len(asked.words) == 1 and asked.words[0].isdecimal() and len(asked.words[0]) <= 15:
        also.append(_r.id == int(asked.words[0]))
    return [or_(found, *also)]


def _behind(cursor: Cursor) -> ColumnElement[bool]:
    """Rows behind the cursor: equal in the first columns and beyond in the next, for each prefix of the order."""
    values = {
        "status": cursor.status,
        "service_code": cursor.service_code,
        "requested_datetime": cursor.datetime,
        "updated_datetime": cursor.datetime,
        "id": cursor.service_request_id,
    }
    behind: ColumnElement[bool] = ~true()
    for column, down in reversed(_directions(cursor.sort)):
        value = values[column.name]
        beyond = column < value if down else column > value
        # The looser bound is implied, yet it is what lets an index scan start at the right place.
        bound = column <= value if down else column >= value
        behind = and_(bound, or_(beyond, and_(column == value, behind)))
    return behind
