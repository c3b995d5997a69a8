"""Open cases in the order of their distance from a point: looked for in ever wider circles around it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, literal_column, or_

from open311.model.casework.desk_search import CaseSearch, Order, Position
from open311.model.maps.geography import Circle
from open311.model.service_request import Location
from open311.storage.desk.lists.boxes import within
from open311.storage.tables import service_requests

_r = service_requests.c
# To measure how far all of them are takes ten times as long as to find a page of the nearest.
METRES = (500, 3000)
# The conditions of the indexes of places; whatever is open is one of these.
PUBLISHED: ColumnElement[bool] = literal_column(
    "(service_requests.status = 'open' and service_requests.visibility = 'published')"
)
INTERNAL: ColumnElement[bool] = literal_column("service_requests.visibility in ('held', 'withheld')")
Condition = ColumnElement[bool]


def metres_from(point: Location | None) -> ColumnElement[int]:
    """In whole metres, which a position can hold; none for what has no place."""
    lat, long = (point.lat, point.long) if point else (0.0, 0.0)
    centre = func.ST_SetSRID(func.ST_MakePoint(long, lat), 4326)
    return cast(func.round(func.ST_DistanceSphere(_r.geom, centre)), BigInteger)


def circles(
    search: CaseSearch, after: Position | None, *, backwards: bool
) -> Iterator[tuple[Condition, ...]]:
    """Conditions under which a page is looked for one after the other until it is full; the last asks for nothing."""
    if search.order is Order.DISTANCE and search.near and not search.words:
        begun = after.values[0] if after else 0
        if backwards and begun is not None:
            yield _circle(search.near, begun)
            return
        if begun is not None:
            yield from (_circle(search.near, metres) for metres in METRES if metres > begun)
    yield ()


def _circle(point: Location, metres: int) -> tuple[Condition, ...]:
    # A metre more than is wanted: distances are whole ones.
    box = within(Circle(point, metres + 1.0).envelope)
    places: Any = or_(and_(PUBLISHED, box), and_(INTERNAL, box))
    return (places, metres_from(point) <= metres)
