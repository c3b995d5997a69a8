"""The tiles of a web map: squares of the Mercator projection, four times as many on each level."""

from dataclasses import dataclass
from datetime import datetime
from math import asinh, atan, degrees, floor, pi, radians, sinh, tan

from open311.model.maps.geography import Box
from open311.model.service_request import Location, Status

# Beyond it a pixel is finer than the position of a telephone.
DEEPEST = 22
# From here on each request is a point; above, requests are counted per cell of a grid.
POINTS_FROM = 16
# Down to here counts come from a table of counts; further down a tile holds few enough requests to count them.
COUNTED_TO = 15
# A tile is divided into 2^6 by 2^6 cells.
CELLS = 6
# Where fewer cells are asked for, those that hold no more than this give their requests as points, and from this level
# on all do.
FEW = 3
ALL_POINTS_FROM = 18
# So much finer than its cells the extent of their requests is told where requests are counted themselves.
FINER = 3
LEVELS = (14, 16, 18)
# How far down each of them serves, but for the last.
SERVES_TO = (10, 13)


# The projection ends near the poles.
FARTHEST_NORTH = 89.9


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile by its level and its place; row 0 is in the north."""

    z: int
    x: int
    y: int

    @classmethod
    def at(cls, lat: float, long: float, z: int) -> "Tile":
        """The tile of a level that holds a place."""
        last = (1 << z) - 1
        north = asinh(tan(radians(max(-FARTHEST_NORTH, min(FARTHEST_NORTH, lat))))) / pi
        x, y = floor((long + 180) / 360 * (last + 1)), floor((1 - north) / 2 * (last + 1))
        return cls(z, max(0, min(last, x)), max(0, min(last, y)))

    @property
    def middle(self) -> Location:
        """The place in the middle of it."""
        size = 1 << self.z
        return Location(_latitude(self.y + 0.5, size), (self.x + 0.5) / size * 360 - 180)

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= DEEPEST and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z

    @property
    def box(self) -> Box:
        size = 1 << self.z
        return Box(
            self.x / size * 360 - 180,
            _latitude(self.y + 1, size),
            (self.x + 1) / size * 360 - 180,
            _latitude(self.y, size),
        )

    @property
    def level(self) -> int:
        """The level of the table of counts that this tile is made of."""
        return LEVELS[sum(self.z > zoom for zoom in SERVES_TO)]

    def grid(self, cells: int = CELLS) -> int:
        """The level whose tiles are the cells of this one, when it has 2^cells of them a side."""
        return min(self.z + cells, self.level) if self.z <= COUNTED_TO else self.z + cells

    def fine(self, cells: int = CELLS) -> int:
        """The level in whose tiles the extent of what a cell holds is told."""
        return self.level if self.z <= COUNTED_TO else self.grid(cells) + FINER


def _latitude(row: float, size: int) -> float:
    return degrees(atan(sinh(pi * (1 - 2 * row / size))))


@dataclass(frozen=True, slots=True, kw_only=True)
class TileSearch:
    """Which requests a tile shows.

    `since` leaves out what was handed in before, `closed_since` what was closed before. With `cells` a tile has
    2^cells of them a side, and those that hold few requests give them as points.
    """

    jurisdiction_id: str
    tile: Tile
    service_codes: tuple[str, ...] = ()
    status: Status | None = None
    since: datetime | None = None
    closed_since: datetime | None = None
    detailed_statuses: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()
    text_search: str = "simple"
    words_in_service_names: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    cells: int | None = None

    @property
    def countable(self) -> bool:
        """Whether the table of counts can answer: it knows no dates and no words."""
        return not (self.since or self.words)
