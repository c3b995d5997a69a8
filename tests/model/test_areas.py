"""Areas come from the catalogue or from GeoJSON files beside it, and say where a report lies."""

import json
from pathlib import Path
from typing import Any

import pytest

from open311 import catalogue_file
from open311.catalogue_file import CatalogueError, CatalogueWatch, load
from open311.model.catalogue import Catalogue
from open311.model.service_request import Location
from open311.settings import shipped
from tests.model.test_catalogue_file import MINIMAL

BOTH = """
desk:
  areas: {file: stadtteile.geojson, code: KUERZEL, name: NAME}
"""


def square(west: float, code: Any = "NORD", **properties: Any) -> dict[str, Any]:
    """A feature one degree wide, on the 49th parallel."""
    ring = [[west, 49], [west + 1, 49], [west + 1, 50], [west, 50], [west, 49]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"KUERZEL": code, **properties}, "geometry": geometry}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "categories.yaml"
    path.write_text(MINIMAL + BOTH, encoding="utf-8")
    return path


def with_areas(file: Path, *features: Any) -> Path:
    collection = {"type": "FeatureCollection", "features": features}
    (file.parent / "stadtteile.geojson").write_text(json.dumps(collection), encoding="utf-8")
    return file


def messages(file: Path) -> list[str]:
    with pytest.raises(CatalogueError) as refused:
        load(file)
    return [str(problem) for problem in refused.value.problems]


def test_a_file_gives_each_feature_as_an_area(file: Path) -> None:
    areas = load(with_areas(file, square(8, NAME="Nord"), square(9, 12))).desk.areas
    assert {code: area.name.in_language("de") for code, area in areas.by_code.items()} == {
        "NORD": "Nord",
        "12": "12",
    }
    assert areas.at(Location(49.5, 8.5)) == ("NORD",)
    assert areas.at(Location(49.5, 9)) == ("NORD", "12")
    assert areas.at(Location(51, 8.5)) == areas.at(None) == ()


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("{", "is not JSON"),
        ("[]", "no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "no GeoJSON FeatureCollection"),
        ('{"features": [17]}', "feature 1: its property 'KUERZEL' is None"),
        ('{"features": [{"properties": {"KUERZEL": "A B"}}]}', "'A B', which is no code"),
        ('{"features": [{"properties": {"KUERZEL": "A"}}]}', "feature 1, A: is no Polygon"),
        (
            '{"features": [{"properties": {"KUERZEL": "A"}, "geometry": {"type": "Point"}}]}',
            "feature 1, A: is no Polygon",
        ),
    ],
)
def test_a_file_that_holds_no_areas_is_refused_with_its_line(file: Path, written: str, part: str) -> None:
    (file.parent / "stadtteile.geojson").write_text(written, encoding="utf-8")
    [told] = messages(file)
    assert part in told
    assert told.startswith(f"{file}:11: desk.areas.file: ")


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    [told] = messages(file)
    assert "stadtteile.geojson beside the catalogue cannot be read" in told


def test_a_code_stands_for_one_area(file: Path) -> None:
    [told] = messages(with_areas(file, square(8), square(9)))
    assert "the area 'NORD' is given twice" in told


def test_a_change_of_the_areas_is_a_change_of_the_catalogue(file: Path) -> None:
    before = load(with_areas(file, square(8)))
    watch = CatalogueWatch(file)
    assert not watch.changed()
    after = load(with_areas(file, square(9)))
    assert watch.changed()
    assert after.digest == before.digest
    assert after.desk_digest != before.desk_digest
    assert catalogue_file.differences(before, after)[0].startswith("~ desk.areas.NORD.boundary")


@pytest.mark.parametrize(
    "written",
    [
        square(8)["geometry"],
        square(8),
        {"features": [square(8), {"type": "Feature", "geometry": {"type": "Point", "coordinates": [8, 49]}}]},
        {"features": [square(8), square(9)]},
    ],
    ids=["geometry", "feature", "with a point", "districts side by side"],
)
def test_the_boundary_may_be_a_file(file: Path, written: dict[str, Any]) -> None:
    file.write_text(MINIMAL + "boundary: {file: city.geojson}\n", encoding="utf-8")
    (file.parent / "city.geojson").write_text(f"\ufeff{json.dumps(written)}", encoding="utf-8")
    jurisdiction = load(file).jurisdiction
    assert jurisdiction.boundary is not None
    assert jurisdiction.boundary.is_valid
    assert jurisdiction.contains(49.5, 9)
    assert not jurisdiction.contains(49.5, 10.1)


@pytest.mark.parametrize(
    ("written", "part"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "holds no Polygon"),
        ('{"type": "Point", "coordinates": [8, 49]}', "holds no Polygon"),
        (json.dumps(square(458000)), "degrees of WGS 84 (EPSG:4326)"),
        (json.dumps({"features": [square(8), square(458000)]}), "degrees of WGS 84 (EPSG:4326)"),
    ],
)
def test_a_file_without_a_boundary_is_refused_with_its_line(
    file: Path, written: str | None, part: str
) -> None:
    file.write_text(MINIMAL + "boundary: {file: city.geojson}\n", encoding="utf-8")
    if written is not None:
        (file.parent / "city.geojson").write_text(written, encoding="utf-8")
    [told] = messages(file)
    assert part in told
    assert told.startswith(f"{file}:9: boundary.file: city.geojson")


def test_a_boundary_lies_beside_its_catalogue(file: Path) -> None:
    file.write_text(MINIMAL + "boundary: {file: ../city.geojson}\n", encoding="utf-8")
    assert any("a GeoJSON file beside the catalogue" in told for told in messages(file))


@pytest.mark.parametrize("written", [square(8), {"type": "FeatureCollection", "features": [square(8)]}])
def test_a_collection_in_the_catalogue_is_told_where_it_may_be(file: Path, written: dict[str, Any]) -> None:
    file.write_text(MINIMAL + f"boundary: {json.dumps(written)}\n", encoding="utf-8")
    assert any("write boundary: {file: boundary.geojson}" in told for told in messages(file))


@pytest.mark.parametrize(
    ("time_zone", "west", "south", "is_told"),
    [
        ("Europe/Berlin", 49, 8, True),
        ("Europe/Berlin", 8, 49, False),
        ("America/New_York", 40, -75, True),
        ("America/New_York", -75, 40, False),
        ("Asia/Shanghai", 76, 39, False),
        ("UTC", 49, 8, False),
    ],
)
def test_a_boundary_with_latitude_first_is_told(
    file: Path, time_zone: str, west: float, south: float, is_told: bool
) -> None:
    corners = [[west, south], [west + 1, south], [west, south + 1], [west, south]]
    boundary = json.dumps({"type": "Polygon", "coordinates": [corners]})
    text = MINIMAL.replace("time_zone: UTC", f"time_zone: {time_zone}, boundary_is_sketch: true")
    file.write_text(f"{text}boundary: {boundary}\n", encoding="utf-8")
    told = [str(warning) for warning in catalogue_file.warnings(load(file))]
    assert any("write [long, lat]" in words for words in told) is is_told


def test_the_city_that_the_documents_begin_with_is_right(tmp_path: Path) -> None:
    text = (shipped("docs") / "catalogue.md").read_text(encoding="utf-8")
    file = tmp_path / "categories.yaml"
    file.write_text(text.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    (tmp_path / "lyon.geojson").write_text(json.dumps(square(4)), encoding="utf-8")
    assert list(catalogue_file.warnings(load(file))) == []


@pytest.fixture(scope="module")
def city() -> Catalogue:
    return load(shipped("categories.yaml"))


@pytest.mark.parametrize(
    ("lat", "long", "area"), [(49.4811, 8.4464, "MITTE"), (49.53, 8.40, "OPPAU"), (49.472, 8.334, "RUCHHEIM")]
)
def test_each_place_in_the_first_city_lies_in_a_district(
    city: Catalogue, lat: float, long: float, area: str
) -> None:
    assert city.desk.areas.at(Location(lat, long)) == (area,)
