"""What pages tell the map, and what their content policy lets in for it."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from open311.model.catalogue import Catalogue
from tests.basemap.extracts import an_extract
from tests.serving import Api, MakeCore, an_api, first_city

STYLE = "https://tiles.example.org/styles/grey.json?key=a,b;c"


def data(page: str) -> dict[str, str]:
    """The attributes of the map's element."""
    [element] = re.findall(r"<div [^>]*data-code=[^>]*>", page)
    return {name: html.unescape(value) for name, value in re.findall(r'data-([a-z-]+)="([^"]*)"', element)}


def policy(response: Any) -> dict[str, str]:
    """The content policy by directive."""
    parts = response.headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}


def test_nobody_else_is_asked_for_anything(api: Api) -> None:
    page = api.client.get("/")
    assert data(page.text)["below"] == ""
    assert policy(page)["connect-src"] == "'self'"
    assert all(not value.startswith("http") for value in data(page.text).values())


@pytest.mark.parametrize("path", ["/", "/reports/{number}"])
def test_the_one_server_that_the_city_names_is_let_in(make_core: MakeCore, path: str) -> None:
    api = an_api(make_core(OPEN311_MAP_STYLE_URL=STYLE))
    page = api.client.get(path.format(number=api.report()))
    assert data(page.text)["below"] == STYLE
    assert policy(page)["connect-src"] == "'self' https://tiles.example.org"
    assert policy(page)["img-src"] == "'self' data: blob: https://tiles.example.org"
    assert policy(page)["script-src"] == "'self'"


def test_a_page_that_needs_no_map_lets_nobody_in(make_core: MakeCore) -> None:
    api = an_api(make_core(OPEN311_MAP_STYLE_URL=STYLE))
    assert policy(api.client.get("/imprint"))["connect-src"] == "'self'"


def in_its_catalogue(streets: str) -> Catalogue:
    """The first city, with streets named in its catalogue."""
    city = first_city()
    return replace(city, site=replace(city.site, map=streets))


def test_a_server_named_in_the_catalogue_is_let_in_and_the_privacy_notice_says_so(
    make_core: MakeCore,
) -> None:
    api = an_api(make_core(in_its_catalogue(STYLE), OPEN311_MAP_STYLE_URL=""))
    assert data(api.client.get("/").text)["below"] == STYLE
    assert policy(api.client.get("/report"))["connect-src"] == "'self' https://tiles.example.org"
    assert "tiles.example.org" in api.client.get("/privacy").text
    assert "data-pick " in api.client.get("/report").text


def test_one_word_takes_the_server_of_the_catalogue_out(make_core: MakeCore) -> None:
    quiet = an_api(make_core(in_its_catalogue(STYLE), OPEN311_MAP_STYLE_URL="none"))
    assert data(quiet.client.get("/").text)["below"] == ""
    assert policy(quiet.client.get("/report"))["connect-src"] == "'self'"
    notice = quiet.client.get("/privacy", headers={"Accept-Language": "de"}).text
    assert "tiles.example.org" not in notice
    assert "die Karte kommt von uns" in notice


def test_without_streets_the_map_says_so_and_is_no_way_to_tell_a_place(api: Api) -> None:
    page = api.client.get("/", headers={"Accept-Language": "de"}).text
    assert re.search(r"<p [^>]*data-no-streets>[^<]*lassen sich auf dieser Karte nicht zeigen", page)
    assert "data-pick " not in api.client.get("/report").text


def test_the_citys_own_map_goes_before_the_catalogue(make_core: MakeCore, tmp_path: Path) -> None:
    core = make_core(in_its_catalogue(STYLE), OPEN311_MAP_STYLE_URL="")
    api = an_api(core)
    file = an_extract(tmp_path / "town.osm.pbf")
    importing.import_map(core, first_city(), file, ImportOptions(), lambda counts: None)
    told = data(api.client.get("/").text)
    assert told["below"] == ""
    assert re.fullmatch(r"/tiles/ludwigshafen\.de/streets/\d+/\{z\}/\{x\}/\{y\}\.mvt", told["streets"])
    [licence] = json.loads(told["attribution"])
    assert licence == {"words": "© OpenStreetMap", "href": "https://www.openstreetmap.org/copyright"}
    assert "data-pick " in api.client.get("/report").text
    assert policy(api.client.get("/"))["connect-src"] == "'self'"


def test_lamps_alone_are_no_ground_but_stand_on_any(make_core: MakeCore, tmp_path: Path) -> None:
    core = make_core(in_its_catalogue(STYLE), OPEN311_MAP_STYLE_URL="")
    lamp = {
        "type": "Feature",
        "properties": {"ref": "7"},
        "geometry": {"type": "Point", "coordinates": [8.44, 49.48]},
    }
    file = tmp_path / "lamps.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [lamp]}))
    importing.import_map(core, first_city(), file, ImportOptions(subject="street_lamp"), lambda counts: None)
    page = an_api(core).client.get("/report").text
    told = data(page)
    assert told["below"] == STYLE
    assert told["streets"] == ""
    assert json.loads(told["things"])["kinds"] == ["street_lamp"]


def test_a_file_of_tiles_is_served_by_ranges(make_core: MakeCore, tmp_path: Path) -> None:
    file = tmp_path / "city.pmtiles"
    file.write_bytes(bytes(range(256)) * 40)
    api = an_api(make_core(OPEN311_MAP_FILE=str(file)))
    told = data(api.client.get("/").text)
    assert told["file"].startswith("/tiles/ludwigshafen.de/streets.pmtiles?v=")
    for code in ("file-code", "file-looks"):
        assert api.client.get(told[code]).mimetype == "text/javascript"
    with api.client.get(told["file"], headers={"Range": "bytes=100-103"}) as part:
        assert (part.status_code, part.data) == (206, bytes(range(100, 104)))
    assert "immutable" in part.headers["Cache-Control"]
    assert api.client.get(told["file"], headers={"Range": "bytes=99999-"}).status_code == 400


def test_without_a_file_there_is_none(api: Api) -> None:
    assert api.client.get("/tiles/ludwigshafen.de/streets.pmtiles").status_code == 404


def test_all_scripts_of_one_version_stand_in_one_folder(api: Api) -> None:
    [address] = re.findall(r'type="module" src="([^"]+/map\.js)"', api.client.get("/").text)
    for name in ("map.js", "map-view.js", "map-list.js"):
        response = api.client.get(address.replace("map.js", name))
        assert response.status_code == 200
        assert response.mimetype == "text/javascript"
        assert "immutable" in response.headers["Cache-Control"]
    old = api.client.get("/static/modules/0123456789ab/map.js")
    assert "immutable" not in old.headers["Cache-Control"]


def test_every_status_and_service_has_a_look(api: Api) -> None:
    told = data(api.client.get("/").text)
    assert json.loads(told["statuses"])["GELOEST"] == ["#2e7d32", "square"]
    assert json.loads(told["services"])["STRASSENLATERNE"] == "streetlight"
    assert json.loads(told["bounds"]) == [8.311, 49.418, 8.4695, 49.548]


def test_a_card_tells_of_one_public_report(api: Api) -> None:
    number = api.report(description="Drei Matratzen", address_string="Ludwigstraße 12")
    found = api.client.get(f"/reports/cards?service_request_id={number}")
    assert "Ludwigstraße 12" in found.text
    assert "<html" not in found.text
    assert found.headers["X-Robots-Tag"] == "noindex"


def test_all_reports_at_one_spot_have_cards_the_newest_first(api: Api) -> None:
    numbers = [api.report(description=f"Matratze {step}") for step in range(3)]
    held = api.report(service_code="MARKIERUNG")
    query = ",".join((*numbers, held, "0", "999999", "x"))
    cards = re.findall(
        r'data-number="(\d+)"', api.client.get(f"/reports/cards?service_request_id={query}").text
    )
    assert cards == numbers[::-1]


def test_the_cards_of_one_spot_are_no_more_than_a_page(api: Api) -> None:
    number = api.report(description="Matratze")
    query = ",".join(str(1000000 + step) for step in range(20))
    assert "data-number" not in api.client.get(f"/reports/cards?service_request_id={query},{number}").text


def test_the_form_begins_where_a_link_says(api: Api) -> None:
    page = api.client.get("/report?lat=49.4811&long=8.4464").text
    assert 'name="lat" value="49.4811"' in page
    assert "49,48110° Nord" in page
    assert 'name="lat" value=""' in api.client.get("/report?lat=nan&long=8.4464").text


def test_the_list_is_about_a_part_of_the_map(api: Api) -> None:
    here = api.report(description="Hier", lat="49.48", long="8.44")
    there = api.report(description="Dort", lat="49.50", long="8.40")
    page = api.client.get("/", query_string={"bbox": "8.43,49.47,8.45,49.49", "q": "Hier"}).text
    assert f"/reports/{here}" in page
    assert f"/reports/{there}" not in page
    assert 'name="bbox" value="8.43,49.47,8.45,49.49"' in page
    assert 'href="/?q=Hier"' in page


def test_a_part_that_cannot_be_read_is_named(api: Api) -> None:
    assert api.client.get("/", query_string={"bbox": "Rathaus"}).status_code == 400
