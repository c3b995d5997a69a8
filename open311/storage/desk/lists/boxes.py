"""Reports that lie in a part of the map."""

from sqlalchemy import ColumnElement, func, or_

from open311.model.maps.geography import Box
from open311.storage.tables import service_requests

_r = service_requests.c


def within(box: Box) -> ColumnElement[bool]:
    """A box across the 180th meridian has two sides."""
    sides = [(box.min_long, 180.0), (-180.0, box.max_long)] if box.crosses else [(box.min_long, box.max_long)]
    envelopes = (func.ST_MakeEnvelope(west, box.min_lat, east, box.max_lat, 4326) for west, east in sides)
    return or_(*(_r.geom.op("&&", is_comparison=True)(envelope) for envelope in envelopes))
