"""What a map is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, log2

from shapely.geometry.base import BaseGeometry

# A tile of an uneven level is drawn from the geometry of the next even one, generalised for that.
LEVELS = (10, 12, 14, 16)
FIRST_LEVEL = 8
LAST_LEVEL = LEVELS[-1]
LONGEST_NAME = 200
# The subjects that have them.
STREETS = frozenset({"extract", "roads"})
LICENCE_OF_EXTRACTS = "© OpenStreetMap"
# The circumference of the earth in the Mercator projection, in metres.
AROUND = 40_075_016.685_578_488
# What readers of vector tiles expect (MVT 2.1 leaves it open).
EXTENT = 4096
# What MapLibre makes of a tile, and how many of those pixels an area needs to be worth its bytes.
PIXELS = 512
WORTH_PIXELS = 40


class Layer(StrEnum):
    """The layers of a tile, as a style names them."""

    GROUND = "ground"
    LINES = "lines"
    BUILDINGS = "buildings"
    ROADS = "roads"
    PLACES = "places"
    POINTS = "points"
    NUMBERS = "numbers"
    # With a number on them, such as lamps.
    THINGS = "things"


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing to draw, its geometry in degrees. From level `from_level` on it is in the tiles."""

    layer: Layer
    kind: str
    geometry: BaseGeometry
    name: str = ""
    from_level: int = FIRST_LEVEL


@dataclass(frozen=True, slots=True)
class Source:
    """The file that something came from, and what its licence wants to be said."""

    file: str
    attribution: str


@dataclass(frozen=True, slots=True)
class MapVersion:
    """A map that is served, and the file of each of its subjects (`classes.SUBJECTS`, or an extract of everything)."""

    version_id: int
    sources: Mapping[str, Source]

    @property
    def has_streets(self) -> bool:
        """Whether a place can be found on it; a list of lamps alone is no ground."""
        return not STREETS.isdisjoint(self.sources)

    @property
    def attributions(self) -> list[str]:
        """What the licences want to be said, each once."""
        return list(dict.fromkeys(filter(None, (source.attribution for source in self.sources.values()))))


def level_for(zoom: int) -> int:
    """The level whose geometry a tile of this zoom is drawn from."""
    return next((level for level in LEVELS if zoom <= level), LAST_LEVEL)


def tolerance(level: int) -> float:
    """How far a line may be off, in metres of the projection: half a pixel of a screen."""
    return AROUND / (1 << level) / PIXELS / 2


def level_by_area(square_metres: float) -> int:
    """From which level on an area, in square metres of the projection, is large enough to be seen."""
    if square_metres <= 0:
        return LAST_LEVEL + 1
    return max(FIRST_LEVEL, ceil(log2(AROUND / PIXELS * (WORTH_PIXELS / square_metres) ** 0.5)))
