"""The areas of a city: written in the catalogue, or read from GeoJSON files beside it."""

from collections.abc import Iterator
from typing import Any

from open311.base.text import Text
from open311.catalogue_file.boundary import as_geojson, read_boundary
from open311.catalogue_file.document import Cursor, Document
from open311.catalogue_file.geojson_files import area_problem, read_features
from open311.catalogue_file.schema import is_code
from open311.model.desk.areas import Area, Areas

MOST_AREAS = 2000


def read(document: Document) -> Areas:
    """The areas of a document; what is wrong with them is reported there."""
    by_code: dict[str, Area] = {}
    for place, area in _all(document):
        if area.code in by_code:
            document.report(place.steps, f"the area {area.code!r} is given twice")
        by_code[area.code] = area
    if len(by_code) > MOST_AREAS:
        document.report(("desk", "areas"), f"holds more than {MOST_AREAS} areas")
    return Areas(by_code)


def contents(areas: Areas) -> list[dict[str, Any]]:
    """The areas as a catalogue holds them, wherever they came from."""
    return [
        {"code": area.code, "name": dict(area.name.by_language), "boundary": as_geojson(area.shape)}
        for area in areas.by_code.values()
    ]


def _all(document: Document) -> Iterator[tuple[Cursor, Area]]:
    section = document.root["desk"]["areas"]
    for place in [section] if isinstance(section.value, dict) else section:
        if place["file"].word:
            yield from ((place["file"], area) for area in _of_file(document, place))
        elif place["code"].word and isinstance(place["boundary"].value, dict):
            fault = area_problem(place["boundary"].value)
            if fault:
                document.report(place["boundary"].steps, fault)
            else:
                area = _area(document, place["code"].word, place["name"].value, place["boundary"].value)
                yield place["code"], area


def _of_file(document: Document, place: Cursor) -> Iterator[Area]:
    """One area a feature; `code` and `name` say which of its properties hold them."""
    steps = place["file"].steps
    features = read_features(document, place["file"])
    for number, feature in enumerate(features, 1):
        properties, geometry = Cursor(feature)["properties"], Cursor(feature)["geometry"].value
        code = properties[place["code"].word].value
        # Offices number their districts.
        code = str(code) if isinstance(code, int) and not isinstance(code, bool) else code
        if not isinstance(code, str) or not is_code(code):
            document.report(
                steps, f"feature {number}: its property {place['code'].word!r} is {code!r}, which is no code"
            )
            continue
        fault = area_problem(geometry)
        if fault:
            document.report(steps, f"feature {number}, {code}: {fault}")
            continue
        yield _area(document, code, properties[place["name"].word].word or code, geometry)


def _area(document: Document, code: str, name: Any, geometry: dict[str, Any]) -> Area:
    languages = [language.word for language in document.root["jurisdiction"]["languages"]]
    by_language = name if isinstance(name, dict) else {next(iter(languages), "en"): str(name)}
    ordered = {language: by_language[language] for language in languages if language in by_language}
    return Area(code, Text(ordered), read_boundary(geometry))
