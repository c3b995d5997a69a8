"""Reading the stream of events to its end, in commit order, so that each reader sees each event once.

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
    func,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from open311.storage.changes import source
from open311.storage.tables import events, service_requests, stream_readers

_e, _r, _s = events.c, service_requests.c, stream_readers.c
# How many events back a reader looks again when it wakes up in another database.
SLACK = 10_000
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
    """Have a reader from now on, unless there is one."""
    now = source(conn, "")
    row = {"name": name, "source": now.tag.hex(), "xid": str(now.horizon), "number": 0}
    conn.execute(insert(stream_readers).values(row).on_conflict_do_nothing())


def forget(conn: Connection, name: str) -> None:
    """Have no such reader any more."""
    conn.execute(delete(stream_readers).where(_s.name == name))


def skip(conn: Connection, name: str) -> None:
    """Move the mark of a reader to the end."""
    forget(conn, name)
    begin(conn, name)


def take(conn: Connection, name: str, limit: int, jurisdiction_id: str | None = None) -> list[Line]:
    """The next events, which this reader will not get again once the transaction commits.

    With a jurisdiction, only what its public feed tells. Nothing while another process reads under the same name.
    """
    wanted = select(cast(_s.xid, Text), _s.number, _s.floor, _s.source).where(_s.name == name)
    mark = conn.execute(wanted.with_for_update(skip_locked=True)).one_or_none()
    if mark is None:
        return []
    if mark.source != source(conn, "").tag.hex():
        return _move_house(conn, name, mark.number, jurisdiction_id)
    behind = tuple_(cast(bindparam("xid", type_=Text), _e.xid.type), bindparam("number", type_=BigInteger))
    lines = _lines(jurisdiction_id).where(
        tuple_(_e.xid, _e.id) > behind, _e.xid < _horizon, _e.id > mark.floor
    )
    given = {"xid": mark.xid, "number": mark.number}
    rows = conn.execute(lines.order_by(_e.xid, _e.id).limit(limit), given).all()
    if rows:
        _mark(conn, name, xid=rows[-1].xid, number=rows[-1].id)
    return [Line(*row[1:]) for row in rows]


def span(
    conn: Connection, jurisdiction_id: str, since: datetime, until: datetime, after: int, limit: int
) -> list[Line]:
    """What the public feed told in a span of time, by the id of the event, behind the event `after`."""
    wanted = _lines(jurisdiction_id).where(_e.datetime >= since, _e.datetime <= until, _e.id > after)
    wanted = wanted.where(_e.xid < _horizon).order_by(_e.id).limit(limit)
    return [Line(*row[1:]) for row in conn.execute(wanted)]


def _lines(jurisdiction_id: str | None) -> Select[Any]:
    wanted = select(
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
        return wanted
    return wanted.where(_e.jurisdiction_id == jurisdiction_id, literal_column("in_feed"))


def _mark(conn: Connection, name: str, **values: Any) -> None:
    conn.execute(update(stream_readers).where(_s.name == name).values(**values))


def _move_house(conn: Connection, name: str, number: int, jurisdiction_id: str | None) -> list[Line]:
    """The database was restored elsewhere, and counts transactions anew: what is there is taken by its id.

    Some of it again; whoever stores what a reader makes of events knows those by their ids.
    """
    now = source(conn, "")
    foreign = select(func.coalesce(func.max(_e.id), 0)).where(
        _e.xid >= text("pg_snapshot_xmax(pg_current_snapshot())")
    )
    floor = conn.execute(foreign).scalar_one()
    rows = conn.execute(_lines(jurisdiction_id).where(_e.id > number - SLACK).order_by(_e.id)).all()
    _mark(conn, name, source=now.tag.hex(), xid=str(now.horizon), number=0, floor=floor)
    return [Line(*row[1:]) for row in rows]
