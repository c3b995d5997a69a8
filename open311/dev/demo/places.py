"""Where made-up reports lie: round corners of the town that draw them, most of them near its middle."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from open311.model.service_request import Location

CORNERS = 60
TRIES = 1000
# About 200 m, so that the corners show on a map.
AROUND_LAT, AROUND_LONG = 0.0018, 0.0027


@dataclass(frozen=True, slots=True)
class Corner:
    """Somewhere in town; its street, and how many reports it draws beside the others."""

    centre: Location
    street: str
    zipcode: str
    weight: float


class Town:
    """The area of a jurisdiction, to draw places from."""

    def __init__(
        self, boundary: BaseGeometry | None, streets: Sequence[tuple[str, str]], chance: random.Random
    ) -> None:
        self._boundary = boundary or shapely.Point(8.44, 49.48).buffer(0.03)
        shapely.prepare(self._boundary)
        middle = self._boundary.representative_point()
        west, south, east, north = self._boundary.bounds
        self._corners = [
            Corner(
                self._inside(chance, Location(middle.y, middle.x), (north - south) / 5, (east - west) / 5),
                *streets[number % len(streets)],
                weight=1 / (number + 3),
            )
            for number in range(CORNERS)
        ]
        self._weights = [corner.weight for corner in self._corners]

    def somewhere(self, chance: random.Random) -> tuple[Corner, Location]:
        """A place inside the boundary, and the corner it lies at."""
        corner = chance.choices(self._corners, self._weights)[0]
        return corner, self._inside(chance, corner.centre, AROUND_LAT, AROUND_LONG)

    def _inside(self, chance: random.Random, near: Location, wide_lat: float, wide_long: float) -> Location:
        for _ in range(TRIES):
            lat, long = chance.gauss(near.lat, wide_lat), chance.gauss(near.long, wide_long)
            if shapely.contains_xy(self._boundary, long, lat):
                return Location(round(lat, 6), round(long, 6))
        # A boundary of slivers: what lies at the corner lies inside as well.
        return near
