"""Consumers of the stream of events: each reads it in commit order and sees each event exactly once.

A reader takes what follows its mark and moves the mark in the transaction that stores what it makes of the events:
whatever dies in between has taken nothing. Writers of events know nothing of readers and never wait for them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    literal_column,
    select,
    text,
    tuple_,
    update,
)

from open311.storage.tables import events, service_requests, stream_readers
from open311.storage.upkeep import identity

_e, _r, _s = events.c, service_requests.c, stream_readers.c
# The oldest running transaction, not the newest event: what runs now will commit after a reader that begins now.
_BEGIN = text("""
    insert into stream_readers (name, source, xid, number, floor)
    select :name, source, pg_snapshot_xmin(pg_current_snapshot())::text::xid8, 0, floor from instance
    on conflict do nothing
""")
# A process that finds the mark locked takes nothing: another one reads under this name, and will have read on by then.
_MARK = text("""
    select reader.xid::text, reader.number, reader.floor, reader.source,
        instance.source as current, instance.floor as past, instance.horizon::text
    from stream_readers as reader, instance where reader.name = :name for update of reader skip locked
""")
_BEHIND = tuple_(_e.xid, _e.id) > tuple_(
    cast(bindparam("xid", type_=Text), _e.xid.type), bindparam("number", type_=BigInteger)
)
_horizon: Any = literal_column("pg_snapshot_xmin(pg_current_snapshot())")


@dataclass(frozen=True, slots=True)
class Line:
    """An event, and the service of its request; None once the request is erased."""

    event_id: int
    jurisdiction_id: str
    service_request_id: int
    kind: str
    datetime: datetime
    public: bool
    service_code: str | None


def begin(conn: Connection, name: str) -> None:
    """Register a reader, unless there is one of this name."""
    conn.execute(_BEGIN, {"name": name})


def forget(conn: Connection, name: str) -> None:
    """Unregister a reader."""
    conn.execute(delete(stream_readers).where(_s.name == name))


def skip(conn: Connection, name: str) -> None:
    """Move the mark of a reader to the end."""
    forget(conn, name)
    begin(conn, name)


def take(conn: Connection, name: str, limit: int, jurisdiction_id: str | None = None) -> list[Line]:
    """The next events, which this reader will not get again once the transaction commits.

    With a jurisdiction, only what its public feed tells. Nothing while another process reads under the same name.
    """
    mark = conn.execute(_MARK, {"name": name}).one_or_none()
    if mark is None or identity.is_restored(conn):
        return []
    if mark.source != mark.current:
        past = _of_the_past(conn, name, mark, limit, jurisdiction_id)
        if past:
            return past
        mark = conn.execute(_MARK, {"name": name}).one()
    # Numbers are given out before they commit. Below the oldest transaction that runs, nothing comes in between now.
    lines = _lines(jurisdiction_id).where(_BEHIND, _e.xid < _horizon, _e.id > mark.floor)
    parameters = {"xid": mark.xid, "number": mark.number}
    rows = conn.execute(lines.order_by(_e.xid, _e.id).limit(limit), parameters).all()
    if rows:
        _mark(conn, name, xid=rows[-1].xid, number=rows[-1].id)
    return [Line(*row[1:]) for row in rows]


def span(
    conn: Connection, jurisdiction_id: str, since: datetime, until: datetime, after: int, limit: int
) -> list[Line]:
    """What the public feed told in a span of time, by the id of the event, behind the event `after`."""
    query = _lines(jurisdiction_id).where(_e.datetime >= since, _e.datetime <= until, _e.id > after)
    query = query.where(_e.xid < _horizon).order_by(_e.id).limit(limit)
    return [Line(*row[1:]) for row in conn.execute(query)]


def _lines(jurisdiction_id: str | None) -> Select[Any]:
    query = select(
        cast(_e.xid, Text),
        _e.id,
        _e.jurisdiction_id,
        _e.service_request_id,
        _e.kind,
        _e.datetime,
        _e.public,
        _r.service_code,
    ).outerjoin(service_requests, _r.id == _e.service_request_id)
    if jurisdiction_id is None:
        return query
    return query.where(_e.jurisdiction_id == jurisdiction_id, literal_column("in_feed"))


def _mark(conn: Connection, name: str, **values: Any) -> None:
    conn.execute(update(stream_readers).where(_s.name == name).values(**values))


def _of_the_past(
    conn: Connection, name: str, mark: Any, limit: int, jurisdiction_id: str | None
) -> list[Line]:
    """What a backup brought along unread. The mark and those events are of one moment, so they fit together."""
    lines = _lines(jurisdiction_id).where(_BEHIND, _e.id <= mark.past)
    parameters = {"xid": mark.xid, "number": mark.number}
    rows = conn.execute(lines.order_by(_e.xid, _e.id).limit(limit), parameters).all()
    if rows:
        _mark(conn, name, xid=rows[-1].xid, number=rows[-1].id)
    else:
        _mark(conn, name, source=mark.current, xid=mark.horizon, number=0, floor=mark.past)
    return [Line(*row[1:]) for row in rows]
