"""The one append-only stream of events."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from open311.model.events import Event
from open311.model.service_request import ServiceRequest
from open311.storage.tables import events


def append(
    conn: Connection,
    service_request_id: int,
    jurisdiction_id: str,
    kind: str,
    *,
    at: datetime,
    actor: str,
    public: bool,
    **data: Any,
) -> None:
    """Write down what happened, in the transaction of the change itself."""
    conn.execute(
        insert(events).values(
            service_request_id=service_request_id,
            jurisdiction_id=jurisdiction_id,
            kind=kind,
            public=public,
            datetime=at,
            actor=actor,
            data=data,
        )
    )


def append_to(
    conn: Connection,
    request: ServiceRequest,
    kind: str,
    *,
    at: datetime,
    actor: str,
    public: bool,
    **data: Any,
) -> None:
    """Write down what happened to a known request."""
    owner = request.jurisdiction_id
    append(conn, request.service_request_id, owner, kind, at=at, actor=actor, public=public, **data)


def of_request(conn: Connection, service_request_id: int) -> list[Event]:
    """The whole history of a request, internal lines too, the oldest first."""
    e = events.c
    wanted = select(e.id, e.service_request_id, e.kind, e.public, e.datetime, e.actor, e.data)
    rows = conn.execute(wanted.where(e.service_request_id == service_request_id).order_by(e.id))
    return [Event(**row._mapping) for row in rows]
