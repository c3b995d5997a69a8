"""Rows of `service_requests` as values, straight from psycopg's binary tuples."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from open311.model.fields import Role
from open311.model.service_request import ROLES, Note, ServiceRequest
from open311.storage.tables import events, foreign_references, service_requests

_r, _parent = service_requests.c, service_requests.alias("parent")
# What is read for a field that is no column of the same name.
_READ_AS = {
    "service_request_id": _r.id,
    "lat": func.ST_Y(_r.geom).label("lat"),
    "long": func.ST_X(_r.geom).label("long"),
    "media_urls": _r.photos.concat(_r.media_urls).label("media_urls"),
    "parent_visibility": select(_parent.c.visibility)
    .where(_parent.c.id == _r.parent_id)
    .scalar_subquery()
    .label("parent_visibility"),
    "reference": select(func.min(foreign_references.c.foreign_id))
    .where(foreign_references.c.service_request_id == _r.id)
    .scalar_subquery()
    .label("reference"),
}
_READ = tuple(name for name, roles in ROLES.items() if name in _READ_AS or Role.COLUMN in roles)
# Found by name and in the order of `ServiceRequest`, so that a row becomes one without a look at names.
COLUMNS = tuple(_READ_AS[name] if name in _READ_AS else _r[name] for name in _READ)
# What v2 shows.
PLAIN_COLUMNS = COLUMNS[: _READ.index("media_urls") + 1]
assert ServiceRequest._fields[: len(_READ)] == _READ, "fields that are not read stand last in ServiceRequest"


def column_of(field: str) -> Any:
    """What is read for a field of `ServiceRequest`, without a name of its own."""
    column = _READ_AS.get(field, _r.get(field))
    return getattr(column, "element", column)


def request_from(row: Sequence[Any]) -> ServiceRequest:
    """The request that a row of `PLAIN_COLUMNS`, of `COLUMNS`, or of these and `notes_column` describes."""
    if len(row) <= len(COLUMNS):
        return ServiceRequest(*row)
    return ServiceRequest(*row[:-1])._replace(notes=_notes(row[-1]))


def notes_column() -> Any:
    """The public history of a row as JSON, so that a page stays one statement."""
    event = events.c
    seconds = func.extract("epoch", event.datetime).cast(_r.id.type)
    line = func.jsonb_build_array(
        event.id,
        seconds,
        event.kind,
        event.data["detailed_status"],
        event.data["status_notes"],
        event.data["photos"],
        event.data["media_urls"],
    )
    lines = select(func.jsonb_agg(aggregate_order_by(line, event.id)))
    return lines.where(event.service_request_id == _r.id, event.public).scalar_subquery().label("notes")


def _notes(lines: Any) -> tuple[Note, ...]:
    return tuple(
        Note(
            number=number,
            datetime=datetime.fromtimestamp(seconds, UTC),
            kind=kind,
            detailed_status=detailed_status,
            description=status_notes or "",
            media_urls=(*(photos or ()), *(media_urls or ())),
        )
        for number, seconds, kind, detailed_status, status_notes, photos, media_urls in lines or ()
    )
