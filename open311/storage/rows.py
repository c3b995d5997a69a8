"""A row of `service_requests` as a value: the columns in one order, and the way back."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from open311.model.service_request import Location, Note, ServiceRequest, Status, Visibility
from open311.storage.tables import events, service_requests

_r = service_requests.c
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
    _r.media_urls,
    _r.title,
    _r.channel,
    _r.service_object_type,
    _r.service_object_id,
    _r.attributes,
)


def request_from(row: Row[*tuple[Any, ...]], notes: tuple[Note, ...] = ()) -> ServiceRequest:
    """The request a row of `COLUMNS` describes."""
    return ServiceRequest(
        service_request_id=row.id,
        jurisdiction_id=row.jurisdiction_id,
        service_code=row.service_code,
        status=Status(row.status),
        detailed_status=row.detailed_status,
        visibility=Visibility(row.visibility),
        version=row.version,
        requested_datetime=row.requested_datetime,
        updated_datetime=row.updated_datetime,
        closed_datetime=row.closed_datetime,
        expected_datetime=row.expected_datetime,
        status_notes=row.status_notes,
        description=row.description,
        agency_responsible=row.agency_responsible,
        address=row.address,
        address_id=row.address_id,
        zipcode=row.zipcode,
        location=None if row.lat is None else Location(row.lat, row.long),
        media_urls=tuple(row.media_urls),
        title=row.title,
        channel=row.channel,
        service_object_type=row.service_object_type,
        service_object_id=row.service_object_id,
        attributes=row.attributes,
        notes=notes,
    )


def notes_column() -> Any:
    """The public history of a row as JSON, so that a page stays one statement."""
    event = events.c
    seconds = func.extract("epoch", event.datetime).cast(_r.id.type)
    line = func.jsonb_build_array(
        seconds, event.kind, event.data["detailed_status"], event.data["status_notes"]
    )
    lines = select(func.jsonb_agg(aggregate_order_by(line, event.id)))
    return lines.where(event.service_request_id == _r.id, event.public).scalar_subquery().label("notes")


def request_with_notes(row: Row[*tuple[Any, ...]]) -> ServiceRequest:
    """The request a row of `COLUMNS` and `notes_column` describes."""
    notes = tuple(
        Note(
            datetime=datetime.fromtimestamp(seconds, UTC),
            kind=kind,
            detailed_status=detailed_status,
            description=status_notes or "",
        )
        for seconds, kind, detailed_status, status_notes in row.notes or ()
    )
    return request_from(row, notes)
