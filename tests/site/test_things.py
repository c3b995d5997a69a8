"""Things with a number on them, such as lamps, are found by it: in the list, in the API, by the address bar."""

from pathlib import Path

import pytest

from open311.actions import casework
from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from open311.core import Core
from tests.actors import CLARA
from tests.basemap.extracts import an_extract
from tests.serving import Api, first_city
from tests.site.test_list import listed
from tests.site.visitor import Visitor


@pytest.fixture
def lamp(api: Api, core: Core, tmp_path: Path) -> str:
    """The report of a lamp that the map knows, beside others."""
    path = an_extract(tmp_path / "town.osm.pbf", lamp="L-4711")
    importing.import_map(core, first_city(), path, ImportOptions(), lambda counts: None)
    numbers = [about(api, core, number) for number in ("L-4711", "L-4712")]
    api.report(description="Neben der Laterne liegt Müll")
    return numbers[0]


def about(api: Api, core: Core, number: str) -> str:
    """A public report of the lamp with this number."""
    answers = {"attribute[DEFEKT]": "aus", "attribute[LATERNE_NR]": number}
    made = api.report(service_code="STRASSENLATERNE", **answers)
    casework.publish(core, int(made), CLARA)
    return made


@pytest.mark.parametrize("words", ["L-4711", "l-4711", "Laterne L-4711", "lamp no. l-4711"])
def test_the_list_has_the_reports_of_a_lamp(api: Api, lamp: str, words: str) -> None:
    assert listed(api, f"/?q={words}") == [lamp]
    [found] = api.get("/requests", q=words)
    assert str(found["service_request_id"]) == lamp
    assert "1 Meldung<" in api.client.get(f"/?q={words}").text
    assert api.client.get(f"/tiles/ludwigshafen.de/14/8576/5593.mvt?q={words}").status_code == 200
    assert api.client.get(f"/tiles/ludwigshafen.de/14/8576/5593.mvt?q={words}0").status_code == 204


def test_a_lamp_that_works_can_be_reported_from_the_search(api: Api, lamp: str) -> None:
    visitor = Visitor(api.client).open("/?q=Laterne+L-4711")
    assert "Laterne L-4711, Ludwigstraße 12" in visitor.text
    visitor.follow("Hier etwas melden")
    assert visitor.page.xpath("string(//input[@name='lat']/@value)") == "49.4812"


@pytest.mark.parametrize("words", ["L-47", "Bank L-4711", "4711 L-4711 Sofa"])
def test_other_words_do_not_mean_it(api: Api, lamp: str, words: str) -> None:
    assert listed(api, f"/?q={words}") == []


def test_the_address_bar_leads_from_a_number_to_the_lamp(api: Api, core: Core, tmp_path: Path) -> None:
    path = an_extract(tmp_path / "town.osm.pbf", lamp="0815")
    importing.import_map(core, first_city(), path, ImportOptions(), lambda counts: None)
    assert api.client.get("/0815").headers["Location"] == "/?q=0815"
    number = api.report()
    assert api.client.get(f"/{number}").headers["Location"] == f"/reports/{number}"
