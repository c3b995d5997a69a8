"""Service requests put straight into the database, for tests of reading: any age, any visibility."""

from datetime import datetime, timedelta
from typing import Any

from geoalchemy2.elements import WKTElement
from sqlalchemy import Connection, insert

from open311.model.service_request import Location, Status, Visibility
from open311.storage.tables import service_requests
from tests.serving import START

CITY = "ludwigshafen.de"
TOWN_HALL = Location(lat=49.4811, long=8.4464)


def days_ago(days: float) -> datetime:
    """A moment in whole seconds before the clock of the tests."""
    return START - timedelta(seconds=int(days * 86400))


def store(conn: Connection, **fields: Any) -> int:
    """One published, open request of yesterday at the town hall; each keyword overrides one field."""
    requested = fields.get("requested_datetime", days_ago(1))
    row: dict[str, Any] = {
        "jurisdiction_id": CITY,
        "service_code": "MUELL_WILD",
        "status": Status.OPEN,
        "detailed_status": "IN_BEARBEITUNG",
        "visibility": Visibility.PUBLISHED,
        "requested_datetime": requested,
        "updated_datetime": requested,
        "description": "Alte Matratzen",
        "address": "Ludwigstraße 12, Ludwigshafen am Rhein",
        "location": TOWN_HALL,
    }
    row |= fields
    place: Location | None = row.pop("location")
    point = None if place is None else WKTElement(f"POINT({place.long!r} {place.lat!r})", srid=4326)
    stored = insert(service_requests).values(**row, geom=point).returning(service_requests.c.id)
    return int(conn.execute(stored).scalar_one())


def ids(answer: list[dict[str, Any]]) -> list[int]:
    """The ids of an answer, in its order."""
    return [int(request["service_request_id"]) for request in answer]
