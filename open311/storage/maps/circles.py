"""Circles in SQL: the box around one, which an index knows, and metres from its centre."""

from typing import Any

from sqlalchemy import ColumnElement, func

from open311.model.maps.geography import Circle


def envelope_of(circle: Circle) -> Any:
    """The box around a circle. What is in its corners is too far: the distance has to be asked as well."""
    box = circle.envelope
    return func.ST_MakeEnvelope(box.min_long, box.min_lat, box.max_long, box.max_lat, 4326)


def metres_from(circle: Circle, point: ColumnElement[Any]) -> ColumnElement[float]:
    """How far a point lies from the centre, on a flat earth."""
    # Within some hundred metres nobody sees the difference; the public search, whose circles are wide, measures again.
    per_lat, per_long = circle.metres_per_degree
    north = (func.ST_Y(point) - circle.centre.lat) * per_lat
    east = (func.ST_X(point) - circle.centre.long) * per_long
    return func.sqrt(north * north + east * east)
