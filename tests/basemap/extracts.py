"""A small town in Ludwigshafen, made up, as an extract of OpenStreetMap."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way
from sqlalchemy import text

from open311.core import Core
from open311.storage.database.freshness import announce
from open311.storage.maps import addresses
from tests.serving import first_city

Point = tuple[float, float]
# Ludwigstraße from west to east, long and lat; a square park south of it; the river in the east, beyond the clip.
STREET = ((8.440, 49.480), (8.445, 49.480), (8.450, 49.480))
PARK = ((8.440, 49.470), (8.450, 49.470), (8.450, 49.476), (8.440, 49.476))
POND = ((8.443, 49.472), (8.446, 49.472), (8.446, 49.474), (8.443, 49.474))
HALL = ((8.4441, 49.4803), (8.4445, 49.4803), (8.4445, 49.4806), (8.4441, 49.4806))
HERE: Mapping[str, Point] = {"12": (8.4464, 49.4811), "14": (8.4468, 49.4811)}


class Extract:
    """A file that grows: nodes get ids as they come."""

    def __init__(self, path: Path) -> None:
        self._writer = osmium.SimpleWriter(str(path), overwrite=True)
        self._id = 0
        self._later: list[Way | Relation] = []

    def node(self, place: Point, /, **tags: str) -> int:
        """A point."""
        self._id += 1
        self._writer.add_node(Node(id=self._id, location=place, tags=_named(tags), version=1))
        return self._id

    def way(self, places: Sequence[Point], /, *, closed: bool = False, **tags: str) -> int:
        """A line, or the rim of an area."""
        nodes = [self.node(place) for place in places]
        self._id += 1
        self._later.append(Way(id=self._id, nodes=nodes + nodes[:1] * closed, tags=_named(tags), version=1))
        return self._id

    def area(self, outer: int, inner: int, **tags: str) -> None:
        """An area with a hole."""
        self._id += 1
        members = [("w", outer, "outer"), ("w", inner, "inner")]
        tagged = _named(tags) | {"type": "multipolygon"}
        self._later.append(Relation(id=self._id, members=members, tags=tagged, version=1))

    def close(self) -> None:
        """The file is whole: nodes, ways, relations, as the format demands."""
        for item in sorted(self._later, key=lambda item: isinstance(item, Relation)):
            (self._writer.add_relation if isinstance(item, Relation) else self._writer.add_way)(item)
        self._writer.close()


def _named(tags: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("__", ":"): value for name, value in tags.items()}


def an_extract(path: Path, *, street: str = "Ludwigstraße", lamp: str = "4711") -> Path:
    """The town."""
    extract = Extract(path)
    extract.way(STREET, highway="residential", name=street)
    # Far away, and in Mannheim: neither is the city's.
    extract.way([(2.29, 48.85), (2.30, 48.85)], highway="motorway", name="Avenue")
    extract.node((8.4660, 49.4875), addr__street="Paradeplatz", addr__housenumber="1", addr__city="Mannheim")
    pond = extract.way(POND, closed=True)
    extract.area(extract.way(PARK, closed=True), pond, leisure="park", name="Ebertpark")
    extract.way(POND, closed=True, natural="water")
    extract.way(HALL, closed=True, building="yes", amenity="townhall", name="Rathaus")
    for number, place in HERE.items():
        extract.node(
            place,
            addr__street=street,
            addr__housenumber=number,
            addr__postcode="67059",
            addr__city="Ludwigshafen",
        )
    extract.node((8.4464, 49.4812), highway="street_lamp", ref=lamp)
    extract.node((8.4470, 49.4802), highway="bus_stop", name="Berliner Platz")
    extract.node((8.4455, 49.4790), place="suburb", name="Süd")
    extract.close()
    return path


def forget_addresses(core: Core) -> None:
    """Leave the server without addresses of its own."""
    with core.database.begin() as conn:
        announce(conn)
        addresses.forget_own_list(conn, first_city().jurisdiction.jurisdiction_id)


def forget_maps(core: Core) -> None:
    """Leave the server without a map, as others expect it."""
    with core.database.begin() as conn:
        announce(conn)
        conn.execute(text("update map_versions set in_force = false"))
