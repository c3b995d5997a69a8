"""Places that words stand for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class PlaceKind(StrEnum):
    """How exactly an address tells a place."""

    HOUSE = "house"
    STREET = "street"
    PLACE = "place"
    THING = "thing"


@dataclass(frozen=True, slots=True)
class Place:
    """An address, as people write it, and where it is; of a street its middle."""

    address: str
    lat: float
    long: float
    kind: PlaceKind = PlaceKind.HOUSE


def written(street: str, house_number: str = "", zipcode: str = "", town: str = "") -> str:
    first, second = f"{street} {house_number}".strip(), f"{zipcode} {town}".strip()
    return ", ".join(filter(None, (first, second)))


def without_town(address: str, town_names: Iterable[str]) -> str:
    """An address as people of the town say it: `Ludwigstraße 12` in `Ludwigshafen am Rhein`; a zip code stays."""
    street, comma, rest = address.rpartition(", ")
    zipcode, _, town = rest.partition(" ") if rest[:1].isdigit() else ("", "", rest)
    # A long name is often cut where it becomes a river.
    if not comma or not any(f"{name} ".casefold().startswith(f"{town} ".casefold()) for name in town_names):
        return address
    return f"{street}, {zipcode}" if zipcode else street


@dataclass(slots=True)
class Streets:
    """The streets behind the houses of a list: each once, in the middle of its houses."""

    _sums: dict[str, tuple[float, float, int]] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _roads: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def add_house(self, street: str, zipcode: str, town: str, lat: float, long: float) -> None:
        label = written(street, "", zipcode, town)
        lats, longs, count = self._sums.get(label, (0.0, 0.0, 0))
        self._sums[label] = lats + lat, longs + long, count + 1
        self._names.add(street)

    def add_road(self, name: str, lat: float, long: float, length: float) -> None:
        """A piece of a road, for streets without houses: their longest piece tells where they are."""
        if length > self._roads.get(name, (0.0, 0.0, -1.0))[2]:
            self._roads[name] = lat, long, length

    def __len__(self) -> int:
        return len(self._sums) + sum(name not in self._names for name in self._roads)

    def places(self) -> Iterator[Place]:
        for label, (lats, longs, count) in self._sums.items():
            yield Place(label, lats / count, longs / count, PlaceKind.STREET)
        for name, (lat, long, _) in self._roads.items():
            if name not in self._names:
                yield Place(name, lat, long, PlaceKind.STREET)
