"""The one append-only stream of events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    exists,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from open311.model.access.actor import Actor
from open311.model.events import Event, event_kinds
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest
from open311.storage.database.freshness import announce, announce_internal
from open311.storage.tables import events

_e = events.c
_columns = (
    _e.id,
    _e.service_request_id,
    _e.kind,
    _e.public,
    _e.datetime,
    _e.actor,
    _e.data,
    _e.in_feed,
    _e.is_update,
    _e.claim_id,
)

# What decides on a status. Publication does not: it moves a report on only because somebody has looked at it.
MOVES = (EventKind.STATUS_CHANGED, EventKind.MERGED, EventKind.WITHHELD)


def append(
    conn: Connection,
    service_request_id: int,
    jurisdiction_id: str,
    kind: EventKind,
    *,
    at: datetime,
    actor: Actor,
    public: bool,
    in_feed: bool | None = None,
    is_update: bool = False,
    claim_id: int | None = None,
    **data: Any,
) -> int:
    """Record what happened, in the transaction of the change itself; returns the id of the event.

    Replicas are told of what is `public`; `in_feed` says otherwise where something public disappears. What is neither
    makes no public answer stale.
    """
    in_feed = public if in_feed is None else in_feed
    # A kind that no feed may tell of must not be told of by a slip in one of the many places that write events.
    event_kind = event_kinds.check(kind, public=public, in_feed=in_feed, is_update=is_update)
    (announce if public or in_feed else announce_internal)(conn)
    written = insert(events).values(
        service_request_id=service_request_id,
        jurisdiction_id=jurisdiction_id,
        kind=event_kind,
        public=public,
        datetime=at,
        actor=str(actor),
        data=data,
        in_feed=in_feed,
        is_update=is_update,
        claim_id=claim_id,
    )
    return int(conn.execute(written.returning(_e.id)).scalar_one())


def append_to(
    conn: Connection,
    request: ServiceRequest,
    kind: EventKind,
    *,
    at: datetime,
    actor: Actor,
    public: bool,
    **more: Any,
) -> int:
    """Record what happened to a request at hand."""
    owner = request.jurisdiction_id
    return append(conn, request.service_request_id, owner, kind, at=at, actor=actor, public=public, **more)


def of_request(conn: Connection, service_request_id: int) -> list[Event]:
    """The whole history of a request, internal lines too, the oldest first."""
    query = select(*_columns).where(_e.service_request_id == service_request_id)
    return [_event(row) for row in conn.execute(query.order_by(_e.id))]


def find(conn: Connection, event_id: int) -> Event | None:
    row = conn.execute(select(*_columns).where(_e.id == event_id)).one_or_none()
    return _event(row) if row else None


def status_told_at(conn: Connection, service_request_id: int) -> datetime | None:
    """When the status that a request has was set, by the clock of the server that set it; None when it never moved."""
    # What another system did it may tell late, and then its own clock counts, but never one that runs ahead of ours.
    own_time = func.least(_e.data["sent_datetime"].astext.cast(TIMESTAMP(timezone=True)), _e.datetime)
    query = select(own_time).where(_e.service_request_id == service_request_id, _e.kind.in_(MOVES))
    return conn.execute(query.order_by(_e.id.desc()).limit(1)).scalar_one_or_none()


def _decided() -> ColumnElement[bool]:
    """The condition that a later event of the same request is the decision about this one."""
    later = events.alias("later").c
    return exists().where(later.service_request_id == _e.service_request_id, later.claim_id == _e.id)


def undecided_claims(conn: Connection, jurisdiction_id: str, limit: int) -> list[Event]:
    """Updates from outside that staff have neither published nor hidden, the oldest first."""
    query = select(*_columns).where(
        _e.jurisdiction_id == jurisdiction_id, _e.kind == EventKind.CLAIMED, ~_decided()
    )
    return [_event(row) for row in conn.execute(query.order_by(_e.id).limit(limit))]


def waiting_claims(conn: Connection, service_request_id: int) -> int:
    """How many updates from outside about a request staff have not decided about."""
    mine = (
        _e.service_request_id == service_request_id,
        _e.kind.in_((EventKind.CLAIMED, EventKind.OBJECTED)),
        ~_decided(),
    )
    return int(conn.execute(select(func.count()).where(*mine)).scalar_one())


def was_public(conn: Connection, service_request_id: int) -> bool:
    """Whether replicas have ever been told of a request."""
    was_told = select(_e.id).where(_e.service_request_id == service_request_id, _e.in_feed)
    return conn.execute(was_told.limit(1)).first() is not None


def withdraw(conn: Connection, event_id: int, *, line_too: bool) -> None:
    """Take the text and the pictures out of an event; with `line_too` the public no longer sees that it happened."""
    # The move that it tells of holds, so its status stays in the line.
    bare: Any = literal_column("data - array['status_notes', 'media_urls', 'photos']")
    values: dict[str, Any] = {"data": bare} | ({"public": False} if line_too else {})
    announce(conn)
    conn.execute(update(events).where(_e.id == event_id).values(**values))


def take_back(conn: Connection, ids: Sequence[int]) -> None:
    """Suppress notifications of events that were not sent yet; the events themselves stay."""
    announce(conn)
    marked: Any = _e.data.concat(type_coerce({"taken_back": True}, _e.data.type))
    gone = update(events).where(_e.id.in_(ids)).values(public=False, is_update=False, data=marked)
    conn.execute(gone)


def show_photos(conn: Connection, event_id: int, paths: list[str]) -> None:
    """Give an update exactly these photos."""
    announce(conn)
    photos: Any = _e.data.concat(type_coerce({"photos": paths}, _e.data.type))
    conn.execute(update(events).where(_e.id == event_id).values(data=photos))


def redact(conn: Connection, service_request_id: int) -> None:
    """Strip the events of a request down to the fact that they happened."""
    announce(conn)
    # The rows stay, stripped: readers of the stream rely on those they have seen still being there.
    conn.execute(update(events).where(_e.service_request_id == service_request_id).values(data={}))


def _event(row: Row[*tuple[Any, ...]]) -> Event:
    return Event(**{**row._mapping, "kind": EventKind(row.kind)})
