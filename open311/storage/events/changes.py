"""The stream of events as a change feed.

Numbers are given to events before they commit, so a reader that remembers the last number it saw would skip what
commits late. Here a reader stops at the oldest transaction that may still write: everything before it has either
committed or never will. Documents are read after the events they belong to, so they are at least as new; whatever is
newer comes up again further on.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, bindparam, cast, literal_column, select, text, tuple_

from open311.base.errors import Invalid, problem
from open311.model.access import visibility
from open311.model.events.changes import Change, ChangesPage, Gone, Part, Position, Source
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest
from open311.storage.requests.rows import COLUMNS, notes_column, request_from
from open311.storage.requests.visible import is_everybodys
from open311.storage.tables import events, service_requests
from open311.storage.tables.history import TIMELINE
from open311.storage.upkeep import identity

_e, _r = events.c, service_requests.c
# A database that was restored elsewhere has a past of its own from then on, and counts its own transactions.
_SOURCE = text(
    f"select (select id from instance)::text || {identity.IDENTITY}, {TIMELINE},"
    " pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text"
)
# Of so many events at most is it looked up whether a cursor of an earlier timeline has seen none that was lost.
_LOOKED_BACK = 100_000
_KEPT = text("""
    select coalesce((
        select (xid, id) >= (cast(:xid as xid8), :number) from (
            select xid, id, timeline from events where id > (select floor from instance)
            order by xid desc, id desc limit :most
        ) as latest
        where timeline <= :timeline order by xid desc, id desc limit 1
    ), false)
""")
_KIND_OF_COPY = "copied"


def source(conn: Connection, jurisdiction_id: str) -> Source:
    """What the cursors of a jurisdiction belong to, and how far its feed can be read now."""
    database, timeline, horizon, newest = conn.execute(_SOURCE).one()
    return Source(database, jurisdiction_id, timeline, int(horizon), int(newest))


def position(conn: Connection, source: Source, cursor: str) -> Position:
    """The position behind a cursor; raises `Invalid` for one that may have seen what a failover or a recovery lost.

    On its own timeline a cursor is good for ever. One of an earlier timeline is as long as an event that is still here
    was written on that timeline at or behind the cursor: then both histories agree up to there.
    """
    position, timeline = Position.read(cursor, source)
    if timeline != source.timeline:
        parameters = {
            "xid": str(position.xid),
            "number": position.number,
            "timeline": timeline,
            "most": _LOOKED_BACK,
        }
        if timeline > source.timeline or not conn.execute(_KEPT, parameters).scalar_one():
            raise Invalid(problem("error.changes.cursor"))
    return position


def read(conn: Connection, jurisdiction_id: str, position: Position, limit: int) -> ChangesPage:
    """What follows a position: the rest of the copy, or the feed."""
    if position.part is Part.COPY:
        return _copy(conn, jurisdiction_id, position, limit)
    return _feed(conn, jurisdiction_id, position, limit)


def _copy(conn: Connection, jurisdiction_id: str, position: Position, limit: int) -> ChangesPage:
    query = select(*COLUMNS, notes_column()).where(
        _r.jurisdiction_id == jurisdiction_id, is_everybodys, _r.id > position.number
    )
    rows = conn.execute(query.order_by(_r.id).limit(limit)).all()
    requests = [request_from(tuple(row)) for row in rows]
    copied = tuple(
        Change(
            kind=_KIND_OF_COPY,
            datetime=request.updated_datetime,
            service_request_id=request.service_request_id,
            request=request,
        )
        for request in requests
    )
    # The copy ends with a cursor into the feed, from where it began: what changed meanwhile comes up there once more.
    if len(requests) < limit:
        return ChangesPage(copied, position.feed, more=True)
    return ChangesPage(copied, Position(Part.COPY, position.xid, requests[-1].service_request_id), more=True)


def _feed(conn: Connection, jurisdiction_id: str, position: Position, limit: int) -> ChangesPage:
    behind = tuple_(cast(bindparam("xid", type_=Text), _e.xid.type), bindparam("number", type_=BigInteger))
    query = (
        select(cast(_e.xid, Text), _e.id, _e.kind, _e.datetime, _e.service_request_id)
        .where(
            _e.jurisdiction_id == jurisdiction_id,
            literal_column("in_feed"),
            tuple_(_e.xid, _e.id) > behind,
            _e.xid < literal_column("pg_snapshot_xmin(pg_current_snapshot())"),
        )
        .order_by(_e.xid, _e.id)
        .limit(limit)
    )
    rows = conn.execute(query, {"xid": str(position.xid), "number": position.number}).all()
    if not rows:
        return ChangesPage((), position, more=False)
    # Read after the events, so that no request is older than the event about it.
    known = _requests(conn, sorted({row[4] for row in rows}))
    changes = tuple(_change(kind, at, number, known.get(number)) for _, _, kind, at, number in rows)
    return ChangesPage(changes, Position(Part.FEED, int(rows[-1][0]), rows[-1][1]), more=len(rows) == limit)


def one(conn: Connection, kind: str, at: datetime, service_request_id: int) -> Change:
    """An entry of the feed by itself, with the request as it is now."""
    return _change(
        kind, at, service_request_id, _requests(conn, [service_request_id]).get(service_request_id)
    )


def _requests(conn: Connection, ids: list[int]) -> dict[int, ServiceRequest]:
    rows = conn.execute(select(*COLUMNS, notes_column()).where(_r.id.in_(ids))).all()
    return {row[0]: request_from(tuple(row)) for row in rows}


def _change(kind: str, at: Any, number: int, request: ServiceRequest | None) -> Change:
    """One entry. What the public may not see now is gone, whatever happened then."""
    reason: Gone | None = None
    if request is None:
        reason = Gone.ERASED
    elif not visibility.is_everybodys(request):
        reason, request = Gone.HIDDEN, None
    elif kind == EventKind.MERGED:
        reason = Gone.MERGED
    return Change(kind=kind, datetime=at, service_request_id=number, reason=reason, request=request)
