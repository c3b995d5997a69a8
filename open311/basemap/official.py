"""Reading official data: GeoJSON, a feature a line or a collection, and zipped shape files, in any reference system."""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import ijson
import numpy
import orjson
import shapefile
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from open311.actions.addresses.address_list import COLUMNS
from open311.base.errors import Invalid, problem
from open311.basemap.things import Thing, Unreadable

GEOJSON = (".geojson", ".json", ".geojsonl", ".ndjson", ".geojsons")
SHAPES = (".zip", ".shp")
# What offices call the columns of their files, and what tag that is.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "bezeichnung", "bez", "titel", "title", "strassenname", "straßenname", "stadtteil"),
    "ref": ("ref", "number", "nummer", "nr", "leuchtennummer", "lampennummer", "mastnummer", "objektnummer"),
    "addr:street": COLUMNS["street"],
    "addr:housenumber": COLUMNS["number"],
    "addr:suffix": COLUMNS["suffix"],
    "addr:postcode": COLUMNS["zipcode"],
    "addr:city": COLUMNS["town"],
}
HEAD = 64 * 1024
# What shapely raises for what is no geometry, down to lists within a thousand lists.
NO_GEOMETRY = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RecursionError,
    shapely.GEOSException,
)
_RECORD_SEPARATOR = b"\x1e"

Move = Callable[[BaseGeometry], BaseGeometry]
Read = tuple[str, Mapping[str, Any], Any]


def read(
    path: Path, *, crs: str | None, encoding: str | None, fields: Mapping[str, str]
) -> Iterator[Thing | Unreadable]:
    """The features of a file. `fields` tells the columns of the file by the tags that they hold. Raises `Invalid`."""
    if path.suffix.lower() in GEOJSON:
        move, features = _to_degrees(crs, None), _geojson(path)
    else:
        move, features = _to_degrees(crs, _projection(path)), _shapes(path, encoding)
    for origin, properties, raw_geometry in features:
        yield _thing(origin, _tags(properties, fields), raw_geometry, move)


def _thing(origin: str, tags: Mapping[str, str], raw_geometry: Any, move: Move) -> Thing | Unreadable:
    try:
        geometry = move(shape(raw_geometry))
    except NO_GEOMETRY:
        return Unreadable(origin, "error.map.geometry")
    if geometry.is_empty:
        return Unreadable(origin, "error.map.geometry")
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        # Metres of some projection: the whole file is meant otherwise, so nothing of it is taken.
        raise Invalid(problem("error.map.degrees", origin=origin))
    return Thing(tags, geometry, origin)


def _tags(properties: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, str]:
    """The properties as tags: as they are called, as offices call them, and as the operator says, the last wins."""
    own = {name: _text(value) for name, value in properties.items() if value is not None}
    by_name = {name.casefold(): value for name, value in own.items()}
    known = {
        tag: next((by_name[name] for name in names if by_name.get(name)), "") for tag, names in FIELDS.items()
    }
    columns = {tag: own.get(column, "") for tag, column in fields.items()}
    tags = {tag: value for tag, value in (known | own | columns).items() if value}
    if suffix := tags.pop("addr:suffix", ""):
        tags["addr:housenumber"] = f"{tags.get('addr:housenumber', '')}{suffix}"
    return tags


def _text(value: Any) -> str:
    # Columns of numbers say 4711.0.
    return f"{int(value)}" if isinstance(value, float) and value.is_integer() else f"{value}".strip()


def _geojson(path: Path) -> Iterator[Read]:
    with path.open("rb") as file:
        # A collection may be one line, as long as the file.
        head = file.read(HEAD)
        file.seek(0)
        is_collection = b'"FeatureCollection"' in head or b'"features"' in head
        yield from (_collection if is_collection else _lines)(file)


def _lines(file: Any) -> Iterator[Read]:
    for number, line in enumerate(file, 1):
        text = line.strip(_RECORD_SEPARATOR + b" \r\n")
        if not text:
            continue
        try:
            feature = orjson.loads(text)
            yield f"line {number}", feature.get("properties") or {}, feature["geometry"]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Invalid(problem("error.map.line", line=number)) from None


def _collection(file: Any) -> Iterator[Read]:
    number = 0
    try:
        for number, feature in enumerate(ijson.items(file, "features.item", use_float=True), 1):
            yield f"feature {number}", feature.get("properties") or {}, feature.get("geometry")
    except (ijson.JSONError, AttributeError, ValueError) as reason:
        raise Invalid(problem("error.map.json", number=number + 1, reason=f"{reason}"[:200])) from None


def _shapes(path: Path, encoding: str | None) -> Iterator[Read]:
    number = 0
    try:
        with shapefile.Reader(str(path), **({"encoding": encoding} if encoding else {})) as reader:
            for number, item in enumerate(reader.iterShapeRecords(), 1):
                yield f"feature {number}", item.record.as_dict(), item.shape.__geo_interface__
    except (UnicodeDecodeError, shapefile.dbfFileException):
        raise Invalid(problem("error.map.encoding", number=number + 1)) from None
    except (shapefile.ShapefileException, OSError, ValueError, zipfile.BadZipFile) as reason:
        raise Invalid(problem("error.map.file", file=path.name, reason=f"{reason}"[:200])) from None


def _projection(path: Path) -> str | None:
    """The text of the reference system that lies beside the shapes."""
    if path.suffix.lower() == ".shp":
        beside = path.with_suffix(".prj")
        return beside.read_text(errors="replace") if beside.is_file() else None
    try:
        with zipfile.ZipFile(path) as packed:
            name = next((name for name in packed.namelist() if name.lower().endswith(".prj")), None)
            return packed.read(name).decode(errors="replace") if name else None
    except (OSError, zipfile.BadZipFile) as reason:
        raise Invalid(problem("error.map.file", file=path.name, reason=f"{reason}")) from None


def _to_degrees(named: str | None, beside: str | None) -> Move:
    if named is None and beside is None:
        return lambda geometry: geometry
    try:
        system = CRS.from_user_input(named or beside)
        change = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except CRSError:
        raise Invalid(problem("error.map.crs", crs=(named or beside or "")[:100])) from None

    def moved(points: Any) -> Any:
        return numpy.column_stack(change.transform(points[:, 0], points[:, 1]))

    return lambda geometry: shapely.transform(geometry, moved)
