"""What every reader of a map file gives: things with tags and a geometry in degrees."""

from collections.abc import Mapping
from typing import NamedTuple

from shapely.geometry.base import BaseGeometry


class Thing(NamedTuple):
    """Something on a map; `origin` names it in its file, as `way 4711` or `feature 12`."""

    tags: Mapping[str, str]
    geometry: BaseGeometry
    origin: str


class Unreadable(NamedTuple):
    """Something that is not taken, and why, as a message key; the rest of the file is."""

    origin: str
    reason: str
