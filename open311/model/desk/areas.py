"""The parts of a city: who works on a report may hang on where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shapely import STRtree, points
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

    # At first use: most processes that read a catalogue never ask where a place lies.
    @cached_property
    def _tree(self) -> STRtree:
        return STRtree([area.shape for area in self.by_code.values()])

    def at(self, place: Location | None) -> tuple[str, ...]:
        """The codes of the areas that a place lies in, edges included, in the order of the catalogue."""
        return self.at_each([place])[0]

    def at_each(self, places: Sequence[Location | None]) -> list[tuple[str, ...]]:
        """The same for many places, in their order, which is a tenth of the work."""
        codes: list[list[int]] = [[] for _ in places]
        inside = [number for number, place in enumerate(places) if place is not None]
        if self.by_code and inside:
            known = [place for place in places if place is not None]
            dots = points([place.long for place in known], [place.lat for place in known])
            for number, area in zip(*self._tree.query(dots, predicate="intersects").tolist(), strict=True):
                codes[inside[number]].append(area)
        names = tuple(self.by_code)
        return [tuple(names[area] for area in sorted(area_codes)) for area_codes in codes]

    def name(self, code: str, language: str) -> str:
        """What an area is called; its code when the catalogue does not know it any more."""
        area = self.by_code.get(code)
        return area.name.in_language(language) if area else code


NO_AREAS = Areas({})
