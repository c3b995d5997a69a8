"""Requests that are handed on to other servers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.model.forwards import IN_TROUBLE, UNFINISHED, ForwardedRequest, ForwardState
from open311.model.service_request import Status
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases, forwarded_updates, forwards, service_requests

_f, _r = forwards.c, service_requests.c


def add(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Have requests handed on, each once; one that was withdrawn comes back."""
    if not rows:
        return
    written = insert(forwards).values([{**row, "state": ForwardState.WAITING} for row in rows])
    # One that is under way must not begin again: the other server may have it already.
    again = {"state": ForwardState.WAITING, "due_datetime": written.excluded.due_datetime}
    conn.execute(
        written.on_conflict_do_update(
            index_elements=["service_request_id"], set_=again, where=_f.state == ForwardState.WITHDRAWN
        )
    )


def due(conn: Connection, now: datetime, limit: int) -> list[int]:
    """The requests to attend to now, the longest waiting first."""
    query = select(_f.service_request_id).where(_f.state.in_(UNFINISHED), _f.due_datetime <= now)
    return list(conn.execute(query.order_by(_f.due_datetime).limit(limit)).scalars())


def find(conn: Connection, service_request_id: int, *, lock: bool = False) -> ForwardedRequest | None:
    query = select(forwards).where(_f.service_request_id == service_request_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return _forwarded(row) if row else None


def change(conn: Connection, service_request_id: int, **values: Any) -> None:
    """Write how far a request has come."""
    conn.execute(update(forwards).where(_f.service_request_id == service_request_id).values(**values))


def search(
    conn: Connection, limit: int, state: ForwardState | None = None, foreign_id: str | None = None
) -> list[ForwardedRequest]:
    """Requests that were handed on, the newest first."""
    query = select(forwards).order_by(_f.service_request_id.desc()).limit(limit)
    if state:
        query = query.where(_f.state == state)
    if foreign_id:
        query = query.where(_f.foreign_id == foreign_id)
    return [_forwarded(row) for row in conn.execute(query)]


def in_trouble(conn: Connection, scope: Scope, limit: int) -> list[ForwardedRequest]:
    """Requests that another server has refused, or perhaps not got, within a scope; the oldest first."""
    query = select(forwards).join(cases, cases.c.service_request_id == _f.service_request_id)
    statement = scope.join(query).where(scope.here, _f.state.in_(IN_TROUBLE))
    return [_forwarded(row) for row in conn.execute(statement.order_by(_f.created_datetime).limit(limit))]


def known_ids(conn: Connection, url: str, foreign_ids: Collection[str]) -> set[str]:
    """Those of these ids that requests of ours have there already."""
    query = select(_f.foreign_id).where(_f.url == url, _f.foreign_id.in_(foreign_ids))
    return {str(scalar) for scalar in conn.execute(query).scalars()}


def to_ask(conn: Connection, url: str, closed_after: datetime, limit: int) -> list[ForwardedRequest]:
    """Requests that another server may have news of, those that were not asked for longest first."""
    # One that was closed here may still be opened again, or be answered, there.
    alive = or_(_r.status == Status.OPEN, _r.closed_datetime >= closed_after)
    query = (
        select(forwards)
        .join(service_requests, _r.id == _f.service_request_id)
        .where(_f.url == url, _f.state == ForwardState.SENT, _f.foreign_id.is_not(None), alive)
    )
    rows = conn.execute(query.order_by(_f.asked_datetime.nulls_first()).limit(limit))
    return [_forwarded(row) for row in rows]


def mark_asked(conn: Connection, service_request_ids: Collection[int], at: datetime) -> None:
    """Remember when these were asked for."""
    conn.execute(
        update(forwards).where(_f.service_request_id.in_(service_request_ids)).values(asked_datetime=at)
    )


def first_time(conn: Connection, service_request_id: int, foreign_update_id: str) -> bool:
    """Whether an update of the other server comes for the first time; from now on it does not."""
    row = {"service_request_id": service_request_id, "foreign_update_id": foreign_update_id}
    written = insert(forwarded_updates).values(row).on_conflict_do_nothing()
    return conn.execute(written.returning(forwarded_updates.c.foreign_update_id)).first() is not None


def _forwarded(row: Row[*tuple[Any, ...]]) -> ForwardedRequest:
    values = dict(row._mapping)
    return ForwardedRequest(**{**values, "state": ForwardState(values["state"])})
