"""Whether an area lies where its time zone is, or would do so with latitude and longitude exchanged."""

import re
from functools import cache
from importlib import resources
from math import asin, cos, degrees, hypot, radians, sin, sqrt

from shapely.geometry.base import BaseGeometry

Degrees = tuple[float, float]

# In degrees of a great circle: no zone but that of China has a city so far from the one it is named after.
FAR = 15.0
MUCH_NEARER = 4
_PLACE = re.compile(r"([+-]\d{2})(\d{2})(?:\d{2})?([+-]\d{3})(\d{2})(?:\d{2})?")


def is_turned(area: BaseGeometry, time_zone: str) -> bool:
    """Whether an area must be written as [lat, long]; a zone that is no place tells nothing, so no."""
    zone, middle = _places().get(time_zone), area.centroid
    if zone is None or abs(middle.x) > 90:
        return False
    as_written, turned = _apart(zone, (middle.y, middle.x)), _apart(zone, (middle.x, middle.y))
    return as_written > FAR and as_written > MUCH_NEARER * turned


def _apart(one: Degrees, other: Degrees) -> float:
    """The angle between two places."""
    (lat, long), (other_lat, other_long) = one, other
    across = cos(radians(lat)) * cos(radians(other_lat)) * sin(radians(other_long - long) / 2) ** 2
    return degrees(2 * asin(min(1.0, hypot(sin(radians(other_lat - lat) / 2), sqrt(across)))))


@cache
def _places() -> dict[str, Degrees]:
    """Latitude and longitude of the city that a time zone is named after, as the time zone database has them."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: place for row in rows if (place := _place(row[1]))}


def _place(written: str) -> Degrees | None:
    """`+5230+01322` as degrees."""
    found = _PLACE.fullmatch(written)
    if found is None:
        return None
    lat, lat_minutes, long, long_minutes = found.groups()
    return _with(lat, lat_minutes), _with(long, long_minutes)


def _with(whole: str, minutes: str) -> float:
    return float(whole) + float(f"{whole[0]}{minutes}") / 60
