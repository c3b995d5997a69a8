"""Geometries: clipped to the city, projected as tiles are, generalised for each level."""

from collections.abc import Iterator

import numpy
import shapely
from shapely import Polygon
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from open311.basemap.model import LAST_LEVEL, LEVELS, Feature, Layer, level_by_area, tolerance
from open311.model.maps.geography import Circle
from open311.model.service_request import Location

# Of the sphere that web maps project on.
RADIUS = 6_378_137.0
# The projection ends here.
LIMIT = 85.0511
POINTS = frozenset({Layer.PLACES, Layer.POINTS, Layer.NUMBERS})


class Clip:
    """The area that a map is about: the boundary of a city and some metres around; everything where there is none."""

    def __init__(self, boundary: BaseGeometry | None, margin: float) -> None:
        self.boundary = boundary
        self.box: Polygon | None = None
        if boundary is None:
            return
        west, south, east, north = boundary.bounds
        per_lat, per_long = Circle(Location((south + north) / 2, (west + east) / 2), margin).metres_per_degree
        high, wide = margin / per_lat, margin / per_long
        self.box = box(west - wide, south - high, east + wide, north + high)
        # It is asked of every thing of an extract.
        shapely.prepare(self.box)
        shapely.prepare(boundary)

    def around(self, geometry: BaseGeometry) -> BaseGeometry | None:
        """What of a geometry lies within; None if nothing does."""
        if self.box is None or self.box.contains_properly(geometry):
            return geometry
        if not self.box.intersects(geometry):
            return None
        # Of a box it is as right as an intersection, and faster.
        part = shapely.clip_by_rect(geometry, *self.box.bounds)
        return None if part.is_empty else part

    def inside(self, lat: float, long: float) -> bool:
        """Whether a point lies in the city itself."""
        return self.boundary is None or bool(shapely.intersects_xy(self.boundary, long, lat))


def projected(geometry: BaseGeometry) -> BaseGeometry:
    """From degrees to the Mercator projection of web maps."""
    return shapely.transform(geometry, _mercator)


def _mercator(points: "numpy.ndarray") -> "numpy.ndarray":
    radians = numpy.radians(points)
    north = numpy.clip(radians[:, 1], -numpy.radians(LIMIT), numpy.radians(LIMIT))
    return numpy.column_stack(
        (radians[:, 0] * RADIUS, numpy.log(numpy.tan(numpy.pi / 4 + north / 2)) * RADIUS)
    )


def per_level(feature: Feature, clip: Clip) -> Iterator[tuple[int, int, BaseGeometry]]:
    """Level, first zoom, and geometry in the projection of each level that shows a feature; nothing if none does."""
    part = clip.around(feature.geometry)
    if part is None:
        return
    whole = projected(part)
    first = feature.from_level
    if feature.layer in (Layer.GROUND, Layer.BUILDINGS):
        first = max(first, level_by_area(whole.area))
    if feature.layer in POINTS:
        yield from ((level, first, whole) for level in LEVELS if level >= first)
        return
    for level in LEVELS:
        if level < first:
            continue
        shape = whole if level == LAST_LEVEL else whole.simplify(tolerance(level))
        if not shape.is_empty:
            yield level, first, shape
