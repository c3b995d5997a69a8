"""Reading an extract of OpenStreetMap: `.osm.pbf`, or what else osmium reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium
import shapely
from osmium.filter import KeyFilter
from shapely.geometry import Point, Polygon

from open311.base.errors import Invalid, problem
from open311.basemap.classes import AREA_KEYS, KEYS
from open311.basemap.things import Thing, Unreadable

SUFFIXES = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".opl", ".o5m")
# Of a way that begins so many degrees away nothing reaches into a city; it is left out before it costs anything.
FAR = 0.5
LINE_KEYS = ("highway", "railway", "waterway")


def read(path: Path, near: Polygon | None, scratch: Path) -> Iterator[Thing | Unreadable]:
    """The things of a file; those far from `near` may be missing.

    Where the nodes are is kept in a file in `scratch`, 16 bytes each, so that memory does not grow with the extract.
    """
    # Sorted by id, as extracts are, they are found by halving; memory holds what the system has room for.
    locations = osmium.index.create_map(f"sparse_file_array,{scratch / 'nodes'}")
    source = osmium.FileProcessor(str(path)).with_locations(locations)  # type: ignore[arg-type]
    source = source.with_areas(KeyFilter(*AREA_KEYS)).with_filter(KeyFilter(*KEYS))
    box = near.buffer(FAR).bounds if near else (-180.0, -90.0, 180.0, 90.0)
    try:
        for item in source:
            yield from _things(item, box)
    except (RuntimeError, osmium.InvalidLocationError) as reason:
        # What osmium raises of a file that is cut off or is none.
        raise Invalid(problem("error.map.file", file=path.name, reason=f"{reason}")) from None


def _things(item: Any, box: tuple[float, float, float, float]) -> Iterator[Thing | Unreadable]:
    # osmium makes areas of those that are one, and hands them over as such.
    if item.is_relation():
        return
    try:
        if item.is_node():
            if _near(item.location, box):
                yield Thing(dict(item.tags), Point(item.lon, item.lat), f"node {item.id}")
        elif item.is_way():
            if any(key in item.tags for key in LINE_KEYS) and _near(item.nodes[0].location, box):
                line = shapely.from_wkb(_FACTORY.create_linestring(item))
                yield Thing(dict(item.tags), line, f"way {item.id}")
        elif _near(next(iter(item.outer_rings()))[0].location, box):
            area = shapely.from_wkb(_FACTORY.create_multipolygon(item))
            kind = "way" if item.from_way() else "relation"
            yield Thing(dict(item.tags), area, f"{kind} {item.orig_id()}")
    except (RuntimeError, IndexError, osmium.InvalidLocationError, shapely.GEOSException):
        yield Unreadable(f"{item.type_str()}{item.id}", "error.map.geometry")


_FACTORY = osmium.geom.WKBFactory()


def _near(place: Any, box: tuple[float, float, float, float]) -> bool:
    # At the rim of an extract nodes may be missing.
    return bool(place.valid() and box[0] <= place.lon <= box[2] and box[1] <= place.lat <= box[3])
