"""The parts of a city: who works on a report may hang on where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shapely import Point, STRtree
from shapely.geometry.base import BaseGeometry

from open311.base.text import Text
from open311.model.service_request import Location


@dataclass(frozen=True, slots=True)
class Area:
    """A district, or any other part of a city; its shape is in WGS84 (long, lat)."""

    code: str
    name: Text
    shape: BaseGeometry


@dataclass(frozen=True)
class Areas:
    """The areas of a catalogue by code. They may overlap, and need not cover the city."""

    by_code: Mapping[str, Area]

    @cached_property
    def _tree(self) -> tuple[STRtree, tuple[str, ...]]:
        return STRtree([area.shape for area in self.by_code.values()]), tuple(self.by_code)

    def at(self, place: Location | None) -> tuple[str, ...]:
        """The codes of the areas that a place lies in, edges included, in the order of the catalogue."""
        if place is None or not self.by_code:
            return ()
        tree, codes = self._tree
        hits = tree.query(Point(place.long, place.lat), predicate="intersects")
        return tuple(codes[index] for index in sorted(hits))

    def name(self, code: str, language: str) -> str:
        """What an area is called; its code when the catalogue does not know it any more."""
        area = self.by_code.get(code)
        return area.name.in_language(language) if area else code


NO_AREAS = Areas({})
