"""What waits for a decision: reports that nobody has checked, and what came in about others; the oldest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_, union_all

from open311.model.casework.cases import Case, Flag, Stage
from open311.model.casework.desk_search import PAGE_SIZE, Page, Position
from open311.storage.desk.lists.case_rows import CaseRow, row_from, rows_of
from open311.storage.desk.scope import AWAITING, NOT_DONE, Scope
from open311.storage.tables import cases

_c = cases.c
MOST_COUNTED = 999


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of the queue: why it waits (`check`, `declined`, or what is in `Awaits`) and since when."""

    line: CaseRow
    why: tuple[str, ...]
    since: datetime

    @property
    def number(self) -> int:
        return self.line.number


def page(
    conn: Connection,
    scope: Scope,
    now: datetime,
    after: Position | None = None,
    limit: int = PAGE_SIZE,
    *,
    backwards: bool = False,
) -> Page[QueueRow]:
    """One page of what the scope lets see, the last first with `backwards`; one statement."""
    hits = _hits(scope, after, limit + 1, backwards=backwards).limit(limit + 1).subquery("hits")
    order = _order(hits.c.key_0, hits.c.key_1, backwards=backwards)
    listed = conn.execute(rows_of(hits, now).order_by(*order)).all()
    rows = [_row(row) for row in listed[:limit]]
    if len(listed) <= limit:
        return Page(rows)
    last = listed[limit - 1]
    return Page(rows, Position((last.key_0, last.key_1)))


def _row(row: Any) -> QueueRow:
    line = row_from(row)
    reason = Flag.DECLINED.value if Flag.DECLINED in line.case.flags else Stage.CHECK.value
    unchecked = (reason,) if line.case.stage is Stage.CHECK else ()
    return QueueRow(line, (*unchecked, *sorted(line.case.awaits)), row.key_0)


def _order(*keys: ColumnElement[Any], backwards: bool) -> list[ColumnElement[Any]]:
    return [key.desc() if backwards else key.asc() for key in keys]


def _hits(scope: Scope, after: Position | None, most: int, *, backwards: bool) -> Any:
    """Each index is read once for each jurisdiction, since only there it is in order."""
    heads = []
    for owner in scope.jurisdictions or ("",):
        unchecked = (_c.jurisdiction_id == owner, _c.stage == Stage.CHECK, NOT_DONE)
        waiting: tuple[ColumnElement[bool], ...] = (
            _c.jurisdiction_id == owner,
            AWAITING,
            _c.stage != Stage.CHECK,
        )
        for since, conditions in ((_c.received_datetime, unchecked), (_c.touched_datetime, waiting)):
            head: Select[Any] = select(
                _c.service_request_id, since.label("key_0"), _c.service_request_id.label("key_1")
            ).where(*conditions, scope.condition)
            head = scope.join(head)
            if after is not None:
                place = tuple_(since, _c.service_request_id)
                head = head.where(place < after.values if backwards else place > after.values)
            order = _order(since, _c.service_request_id, backwards=backwards)
            heads.append(head.order_by(*order).limit(most).subquery())
    together = union_all(*(select(*head.c) for head in heads)).subquery("together")
    return select(*together.c).order_by(*_order(together.c.key_0, together.c.key_1, backwards=backwards))


def place_of(conn: Connection, scope: Scope, case: Case) -> tuple[int, int]:
    """Which in the queue a case is, and how many wait; counted up to one more than `MOST_COUNTED`, in one statement."""
    waiting = (
        _hits(scope, None, MOST_COUNTED + 1, backwards=False).limit(MOST_COUNTED + 1).subquery("waiting")
    )
    since = case.received_datetime if case.stage is Stage.CHECK else case.touched_datetime
    before = tuple_(waiting.c.key_0, waiting.c.key_1) < (since, case.service_request_id)
    counts = select(func.count().filter(before) + 1, func.count()).select_from(waiting)
    place, total = conn.execute(counts).one()
    return place, total


def following(conn: Connection, scope: Scope, service_request_id: int, now: datetime) -> int | None:
    """The number that comes after one in the queue, whether that still waits or not; the first one behind the last."""
    return _neighbour(conn, scope, service_request_id, now, backwards=False)


def preceding(conn: Connection, scope: Scope, service_request_id: int, now: datetime) -> int | None:
    """The number that comes before one in the queue; the last one before the first."""
    return _neighbour(conn, scope, service_request_id, now, backwards=True)


def _neighbour(
    conn: Connection, scope: Scope, service_request_id: int, now: datetime, *, backwards: bool
) -> int | None:
    received = select(_c.received_datetime).where(_c.service_request_id == service_request_id)
    moment = conn.execute(received).scalar_one_or_none()
    if moment is not None:
        place = Position((moment, service_request_id))
        beyond = page(conn, scope, now, place, 1, backwards=backwards)
        if beyond.rows:
            return beyond.rows[0].number
    # Two, since the first may be the very one that is left now.
    others = page(conn, scope, now, None, 2, backwards=backwards).rows
    return next((row.number for row in others if row.number != service_request_id), None)
