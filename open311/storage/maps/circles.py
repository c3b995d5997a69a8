"""Circles in SQL: what lies in one, and metres from its centre."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func

from open311.model.maps.geography import Circle


def lies_in(circle: Circle, point: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition of lying in a circle."""
    box = circle.envelope
    # An index knows boxes; what is in the corners of this one is too far.
    envelope = func.ST_MakeEnvelope(box.min_long, box.min_lat, box.max_long, box.max_lat, 4326)
    return and_(point.op("&&", is_comparison=True)(envelope), metres_from(circle, point) <= circle.radius)


def metres_from(circle: Circle, point: ColumnElement[Any]) -> ColumnElement[float]:
    """How far a point lies from the centre, on a flat earth."""
    # Within some hundred metres nobody sees the difference; the public search, whose circles are wide, measures again.
    per_lat, per_long = circle.metres_per_degree
    north = (func.ST_Y(point) - circle.centre.lat) * per_lat
    east = (func.ST_X(point) - circle.centre.long) * per_long
    return func.sqrt(north * north + east * east)
