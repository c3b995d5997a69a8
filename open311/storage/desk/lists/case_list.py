"""The list of cases, one statement a page. Each unit is read from its index: to sort all takes 20 times as long."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from open311.model.casework.cases import Stage
from open311.model.casework.desk_search import OPEN_STAGES, CaseSearch, Order, Page, Position
from open311.model.service_request import Visibility
from open311.storage.desk.lists.boxes import within
from open311.storage.desk.lists.case_rows import CaseRow, row_from, rows_of
from open311.storage.desk.lists.distance import circles, metres_from
from open311.storage.desk.lists.words import KEYS, by_words
from open311.storage.desk.scope import NOT_DONE, Scope
from open311.storage.tables import cases, media, service_requests

_c, _r, _m = cases.c, service_requests.c, media.c
Condition = ColumnElement[bool]
MOST_COUNTED = 999


def page(
    conn: Connection,
    scope: Scope,
    search: CaseSearch,
    now: datetime,
    after: Position | None = None,
    *,
    backwards: bool = False,
    whole: bool = False,
) -> Page[CaseRow]:
    """One page of cases that the scope lets see, in the order that was asked for.

    With `backwards` those before a position, the nearest first; with `whole` their descriptions are not cut.
    """
    for circle in circles(search, after, backwards=backwards):
        # One more than is shown tells whether a page follows.
        found = hits(scope, search, now, after, backwards=backwards, more=circle).limit(search.limit + 1)
        keys = found.subquery("hits")
        order = [column for column in keys.c if column.name.startswith("key_")]
        directions = _directions(_keys(search, backwards=backwards), order)
        listed = conn.execute(rows_of(keys, now, whole=whole).order_by(*directions)).all()
        if len(listed) > search.limit:
            break
    shown = listed[: search.limit]
    positions = [Position(tuple(getattr(row, column.name) for column in order)) for row in shown]
    following = positions[-1] if len(listed) > search.limit else None
    return Page([row_from(row) for row in shown], following, positions)


def counted(
    conn: Connection,
    scope: Scope,
    searches: Sequence[CaseSearch],
    now: datetime,
    *,
    most: int = MOST_COUNTED,
) -> list[int]:
    """How many cases each search finds, up to one more than `most`; one statement for all of them.

    Words are left out: what they match in cannot be counted up to a limit.
    """
    columns = [
        select(func.count())
        .select_from(_matching(scope, search, now).limit(most + 1).subquery())
        .scalar_subquery()
        .label(f"count_{place}")
        for place, search in enumerate(searches)
    ]
    return list(conn.execute(select(*columns)).one()) if columns else []


def _matching(scope: Scope, search: CaseSearch, now: datetime) -> Select[Any]:
    query = select(_c.service_request_id).where(*_conditions(search, now), scope.here)
    if search.units:
        query = query.where(_c.unit.in_(search.units))
    return scope.join(query, always=_needs_request(search))


def hits(
    scope: Scope,
    search: CaseSearch,
    now: datetime,
    after: Position | None,
    *,
    backwards: bool = False,
    more: Sequence[Condition] = (),
) -> Select[Any]:
    """The ids of the matching cases, with the keys of the order."""
    conditions = [*_conditions(search, now), scope.condition, *more]
    if search.words:
        beside = _matching(scope, search, now)
        return by_words(scope, search, conditions, beside, after, backwards=backwards)
    branches = _branches(scope, search)
    keys = _keys(search, backwards=backwards)
    # Each branch might fill the page by itself, so each is read as far, and no further.
    heads = [
        _head(scope, branch, keys, conditions, search, after).limit(search.limit + 1).subquery()
        for branch in branches
    ]
    together = union_all(*(select(*head.c) for head in heads)).subquery("together")
    named = [column for column in together.c if column.name.startswith("key_")]
    return select(*together.c).order_by(*_directions(keys, named))


def _branches(scope: Scope, search: CaseSearch) -> list[list[Condition]]:
    """One set of conditions for each part of an index that is in order by itself."""
    parts: list[list[Condition]] = [[_c.unit == unit] for unit in search.units]
    if not parts and search.order in (Order.NEWEST, Order.OLDEST) and Stage.DONE not in search.stages:
        # Otherwise open ones among the old are looked for in the whole archive. That they are not done is in the
        # conditions: said twice, the planner takes them for so few that it reads them all.
        parts = [[_c.stage == stage.value] for stage in search.stages]
    return [
        [_c.jurisdiction_id == owner, *part]
        # Who may see no city finds nothing: no city has an empty id.
        for owner in scope.jurisdictions or ("",)
        for part in parts or [[]]
    ]


# By what each order sorts; the sign says which way.
Keys = Sequence[tuple[Any, int]]
ORDERS: dict[Order, Keys] = {
    Order.DUE: ((_c.due_datetime, 1), (_c.service_request_id, 1)),
    Order.NEWEST: ((_c.received_datetime, -1), (_c.service_request_id, -1)),
    Order.OLDEST: ((_c.received_datetime, 1), (_c.service_request_id, 1)),
    Order.PRIORITY: ((_c.priority, -1), (_c.due_datetime, 1), (_c.service_request_id, 1)),
    Order.TOUCHED: ((_c.touched_datetime, -1), (_c.service_request_id, -1)),
    Order.DORMANT: ((_c.touched_datetime, 1), (_c.service_request_id, 1)),
}


def _keys(search: CaseSearch, *, backwards: bool) -> Keys:
    by_distance: Keys = ((metres_from(search.near), 1), (_c.service_request_id, 1))
    keys = KEYS if search.words else ORDERS.get(search.order, by_distance)
    return tuple((column, -sign if backwards else sign) for column, sign in keys)


def _directions(keys: Keys, columns: Sequence[Any]) -> list[Any]:
    return [column if sign > 0 else column.desc() for column, (_, sign) in zip(columns, keys, strict=True)]


def _head(
    scope: Scope,
    branch: Sequence[Condition],
    keys: Keys,
    conditions: Sequence[Condition],
    search: CaseSearch,
    after: Position | None,
) -> Select[Any]:
    named = [column.label(f"key_{place}") for place, (column, _) in enumerate(keys)]
    query = select(_c.service_request_id, *named).where(*branch, *conditions)
    query = scope.join(query, always=_needs_request(search))
    if after is not None:
        query = query.where(_behind(keys, after))
    return query.order_by(*(column if sign > 0 else column.desc() for column, sign in keys))


def _behind(keys: Keys, after: Position) -> Condition:
    """What comes after a position: a larger key, or an equal one and what comes after in the rest.

    None is last, and first on the way backwards.
    """
    # Not as one row comparison: the keys go in different directions, and SQL has no order for NULL in one.
    (column, sign), *rest = keys
    value, *values = after.values
    equal = column.is_(None) if value is None else column == value
    equal_and_behind = and_(equal, _behind(rest, Position(tuple(values)))) if rest else literal(False)
    if value is None:
        return equal_and_behind if sign > 0 else or_(column.is_not(None), equal_and_behind)
    # `NULLS LAST` going up, which is PostgreSQL's own: what has no deadline comes behind all that have one.
    larger = or_(column > value, column.is_(None)) if sign > 0 else column < value
    return or_(larger, equal_and_behind)


def _needs_request(search: CaseSearch) -> bool:
    by_request = search.detailed_statuses or search.visibilities or search.channels
    return bool(by_request or search.has_place or search.box or search.order is Order.DISTANCE)


def _conditions(search: CaseSearch, now: datetime) -> list[Condition]:
    filters: list[Condition | None] = [
        _stages(search.stages),
        _one_of(_c.service_code, search.services),
        _one_of(_r.detailed_status, search.detailed_statuses),
        _visibilities(search.visibilities),
        _one_of(_r.channel, search.channels),
        _one_of(_c.priority, [int(priority) for priority in search.priorities]),
        _c.assignee_id == search.assignee if search.assignee is not None else None,
        _c.assignee_id.is_(None) if search.nobody else None,
        _any_of(_c.areas, search.areas),
        _flags(search.flags),
        _c.resume_date <= search.resumed_by if search.resumed_by else None,
        _c.received_datetime >= search.received_from if search.received_from else None,
        _c.received_datetime < search.received_to if search.received_to else None,
        _c.touched_datetime < search.untouched_since if search.untouched_since else None,
        overdue(now) if search.overdue else None,
        _r.geom.is_not(None) if search.has_place else None,
        within(search.box) if search.box else None,
    ]
    return [condition for condition in filters if condition is not None]


def overdue(now: datetime) -> Condition:
    """The deadline of its stage has passed; none runs while the reporter is asked something."""
    return and_(
        NOT_DONE,
        _c.paused_since.is_(None),
        or_(
            and_(_c.stage == Stage.CHECK, _c.check_by < now),
            and_(_c.stage == Stage.ACCEPT, func.coalesce(_c.accept_by, _c.due_datetime) < now),
            and_(_c.stage.not_in((Stage.CHECK, Stage.ACCEPT)), _c.due_datetime < now),
        ),
    )


def _stages(stages: Sequence[Stage]) -> Condition | None:
    """Written so that the planner can match it with the partial indexes."""
    if set(stages) == set(Stage) or not stages:
        return None
    if set(stages) == set(OPEN_STAGES):
        return NOT_DONE
    one_of = _c.stage.in_([stage.value for stage in stages])
    return one_of if Stage.DONE in stages else and_(NOT_DONE, one_of)


def _visibilities(wanted: Sequence[str]) -> Condition | None:
    """Written out, so that the planner can match them with the partial indexes of what is not public."""
    if not wanted:
        return None
    known = [visibility for visibility in Visibility if visibility in wanted]
    return or_(
        false(), *(literal_column(f"service_requests.visibility = '{visibility}'") for visibility in known)
    )


def _one_of(column: Any, values: Sequence[Any]) -> Condition | None:
    if not values:
        return None
    return column == values[0] if len(values) == 1 else column.in_(values)  # type: ignore[no-any-return]


def _any_of(column: Any, values: Sequence[str]) -> Condition | None:
    return column.overlap(cast(literal(list(values)), ARRAY(Text))) if values else None


def _flags(values: Sequence[str]) -> Condition | None:
    """Few cases have one: with what their index says of itself, the planner knows that it holds them all."""
    flagged = _any_of(_c.flags, values)
    return None if flagged is None else and_(literal_column("cases.flags <> '{}'"), flagged)
