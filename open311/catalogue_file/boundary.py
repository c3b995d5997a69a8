"""The boundary of a jurisdiction or of an area, between GeoJSON and geometry."""

import json
from typing import Any

from shapely.errors import GEOSException
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

NESTING = {"Polygon": 2, "MultiPolygon": 3}


def boundary_problem(geojson: dict[str, Any]) -> str | None:
    """Why this is not the boundary of an area on earth; None when it is one."""
    kind = geojson.get("type")
    depth = NESTING.get(kind) if isinstance(kind, str) else None
    if depth is None:
        return None  # The schema says so.
    if not _nested(geojson.get("coordinates"), depth):
        return f"a {geojson['type']} has closed rings of at least four [long, lat] pairs"
    try:
        area = read_boundary(geojson)
    except (ValueError, TypeError, GEOSException) as reason:
        return f"is not a valid area: {reason}"
    west, south, east, north = area.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        return "leaves the earth; longitude comes before latitude, in degrees of WGS 84 (EPSG:4326)"
    return None if area.is_valid else f"is not a valid area: {explain_validity(area)}"


def _nested(value: Any, depth: int) -> bool:
    if not isinstance(value, list):
        return False
    if depth > 1:
        return bool(value) and all(_nested(inner, depth - 1) for inner in value)
    # RFC 7946, 3.1.6. Said before shapely sees it, which takes an open ring and closes it in silence.
    return len(value) >= 4 and value[0] == value[-1] and all(_is_position(position) for position in value)


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (2, 3)
        and all(
            isinstance(coordinate, (int, float)) and not isinstance(coordinate, bool) for coordinate in value
        )
    )


def read_boundary(geojson: dict[str, Any]) -> BaseGeometry:
    return shape(geojson)


def as_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    geojson = mapping(geometry)
    # By way of JSON: shapely gives tuples, which are no equal of the lists in a file.
    return {"type": geojson["type"], "coordinates": json.loads(json.dumps(geojson["coordinates"]))}
