"""GeoJSON files beside a catalogue: the parts of a city, and its boundary."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shapely import union_all

from open311.catalogue_file.boundary import as_geojson, boundary_problem, read_boundary
from open311.catalogue_file.document import Cursor, Document, content

MOST_BYTES = 20_000_000


def folder_files(folder: Path) -> Iterator[Path]:
    """The files beside a catalogue that may belong to it; a change of one is a change of the catalogue."""
    yield from sorted(folder.glob("*.geojson"))


def read_features(document: Document, place: Cursor) -> list[Any]:
    """The features of the collection in the file that is named at a place; none where it cannot be read."""
    collection = _read(document, place)
    if collection is None:
        return []
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or not features:
        document.report(place.steps, f"{place.word} is no GeoJSON FeatureCollection with features")
        return []
    return features


def take_boundary(document: Document) -> None:
    """Put the area that a file holds in the place of its name, as if it were written there."""
    place = document.root["boundary"]["file"]
    if not place.word:
        return
    found = _read(document, place)
    if found is None:
        return
    # Beside the outline of a city OpenStreetMap has the point of its name.
    parts = [geometry for geometry in _geometries(found) if _is_area(geometry)]
    fault = next(
        filter(None, map(boundary_problem, parts)), None if parts else "holds no Polygon or MultiPolygon"
    )
    if fault:
        document.report(place.steps, f"{place.word}: {fault}")
        return
    # The districts of a city are its area, too; side by side they would be no valid one.
    area = union_all([read_boundary(part) for part in parts]) if len(parts) > 1 else read_boundary(parts[0])
    document.data["boundary"] = as_geojson(area)


def area_problem(geometry: Any) -> str | None:
    """Why this is not an area on earth; None when it is one."""
    return boundary_problem(geometry) if _is_area(geometry) else "is no Polygon or MultiPolygon"


def _is_area(geometry: Any) -> bool:
    return isinstance(geometry, dict) and geometry.get("type") in ("Polygon", "MultiPolygon")


def _geometries(found: Any) -> Iterator[Any]:
    """What a collection, a feature or a geometry by itself holds."""
    whole = Cursor(found)
    if isinstance(whole["features"].value, list):
        yield from (feature["geometry"].value for feature in whole["features"])
    else:
        yield found if whole["geometry"].value is None else whole["geometry"].value


def _read(document: Document, place: Cursor) -> Any:
    file = document.file.parent / place.word
    try:
        raw = content(file, MOST_BYTES)
        if len(raw) <= MOST_BYTES:
            return json.loads(raw.decode("utf-8-sig"))
        fault = f"{file.name} is larger than {MOST_BYTES} bytes"
    except OSError as reason:
        fault = f"{file.name} beside the catalogue cannot be read: {reason.strerror}"
    except (ValueError, RecursionError):
        fault = f"{file.name} is not JSON in UTF-8"
    document.report(place.steps, fault)
    return None
