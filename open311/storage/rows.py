"""Rows of `service_requests` as values, the fast way: psycopg's own tuples, in binary."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from open311.errors import Unavailable, problem
from open311.model.service_request import Note, ServiceRequest
from open311.storage.tables import events, service_requests

_r = service_requests.c
# In the order of `ServiceRequest`, so that a row becomes one without a look at names.
COLUMNS = (
    _r.id,
    _r.jurisdiction_id,
    _r.service_code,
    _r.status,
    _r.detailed_status,
    _r.visibility,
    _r.version,
    _r.requested_datetime,
    _r.updated_datetime,
    _r.closed_datetime,
    _r.expected_datetime,
    _r.status_notes,
    _r.description,
    _r.agency_responsible,
    _r.address,
    _r.address_id,
    _r.zipcode,
    func.ST_Y(_r.geom).label("lat"),
    func.ST_X(_r.geom).label("long"),
    _r.photos.concat(_r.media_urls).label("media_urls"),
    _r.title,
    _r.channel,
    _r.service_object_type,
    _r.service_object_id,
    _r.attributes,
    _r.parent_id,
)


def fetch(conn: Connection, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement in psycopg's own spelling, prepared on first use. SQLAlchemy would cost twice as much."""
    driver: Any = conn.connection.driver_connection
    try:
        with driver.cursor(binary=True) as cursor:
            rows: list[tuple[Any, ...]] = cursor.execute(sql, parameters, prepare=True).fetchall()
            return rows
    except (psycopg.OperationalError, psycopg.InterfaceError) as lost:
        conn.invalidate(lost)
        raise Unavailable(problem("error.unavailable")) from lost


def request_from(row: tuple[Any, ...]) -> ServiceRequest:
    """The request that a row of `COLUMNS`, with or without `notes_column`, describes."""
    request = ServiceRequest._make([*row[: len(COLUMNS)], (), None])
    return request._replace(notes=_notes(row[len(COLUMNS)])) if len(row) > len(COLUMNS) else request


def notes_column() -> Any:
    """The public history of a row as JSON, so that a page stays one statement."""
    event = events.c
    seconds = func.extract("epoch", event.datetime).cast(_r.id.type)
    line = func.jsonb_build_array(
        seconds, event.kind, event.data["detailed_status"], event.data["status_notes"]
    )
    lines = select(func.jsonb_agg(aggregate_order_by(line, event.id)))
    return lines.where(event.service_request_id == _r.id, event.public).scalar_subquery().label("notes")


def _notes(lines: Any) -> tuple[Note, ...]:
    return tuple(
        Note(
            datetime=datetime.fromtimestamp(seconds, UTC),
            kind=kind,
            detailed_status=detailed_status,
            description=status_notes or "",
        )
        for seconds, kind, detailed_status, status_notes in lines or ()
    )
