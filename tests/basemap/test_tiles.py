"""GET /tiles/{city}/streets: the tiles of the city's own map."""

from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest

from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from open311.core import Core
from tests.basemap.extracts import an_extract
from tests.serving import Api, first_city

CITY = "/tiles/ludwigshafen.de"
DEEP = "14/8576/5593.mvt"


@pytest.fixture
def tilejson(api: Api, core: Core, tmp_path: Path) -> dict[str, Any]:
    """What is told of the map, once there is one."""
    path = an_extract(tmp_path / "town.osm.pbf")
    importing.import_map(core, first_city(), path, ImportOptions(), lambda counts: None)
    told: dict[str, Any] = api.client.get(f"{CITY}/streets.json").get_json()
    return told


def test_its_tiles_may_be_kept_for_ever(api: Api, tilejson: dict[str, Any]) -> None:
    [address] = tilejson["tiles"]
    path = "/tiles/" + address.partition("/tiles/")[2].replace("{z}/{x}/{y}.mvt", DEEP)
    response = api.client.get(path)
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    assert "ground" in mapbox_vector_tile.decode(response.data)
    assert tilejson["attribution"] == "© OpenStreetMap"
    assert {layer["id"] for layer in tilejson["vector_layers"]} >= {"roads", "ground", "places"}


def test_a_tile_with_nothing_in_it_is_empty(api: Api, tilejson: dict[str, Any]) -> None:
    path = "/tiles/" + tilejson["tiles"][0].partition("/tiles/")[2].replace("{z}/{x}/{y}", "14/1/1")
    assert api.client.get(path).status_code == 204


@pytest.mark.parametrize("path", ["14/20000/1.mvt", "17/68610/44745.mvt", "3/4/2.mvt"])
def test_a_tile_that_no_map_has_is_404(api: Api, tilejson: dict[str, Any], path: str) -> None:
    root = "/tiles/" + tilejson["tiles"][0].partition("/tiles/")[2].partition("/{z}")[0]
    assert api.client.get(f"{root}/{path}").status_code == 404


def test_a_version_that_is_gone_or_of_another_city_is_404(api: Api, tilejson: dict[str, Any]) -> None:
    response = api.client.get(f"{CITY}/streets/99999999999/{DEEP}")
    assert response.status_code == 404
    assert "neu" in response.get_json()[0]["description"]
    assert "immutable" not in response.headers["Cache-Control"]
    number = tilejson["tiles"][0].rpartition("/{z}")[0].rpartition("/")[2]
    assert api.client.get(f"/tiles/elsewhere.de/streets/{number}/{DEEP}").status_code == 404
    assert api.client.get(f"{CITY}/streets/{'9' * 30}/{DEEP}").status_code == 404


def test_a_city_without_a_map_says_so(api: Api) -> None:
    assert api.client.get(f"{CITY}/streets.json").status_code == 404
