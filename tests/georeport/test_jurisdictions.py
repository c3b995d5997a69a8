"""Which city a request is about (georeport.md 3.7)."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from open311.model.catalogue import Catalogue
from tests.builders import a_catalogue, a_jurisdiction, a_service, words
from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, MakeCore, an_api

NAMES = (
    "ludwigshafen.de",
    "LUDWIGSHAFEN.DE",
    "www.ludwigshafen.de",
    "Www.Ludwigshafen.De",
    "ludwigshafen.de  ",
)
METHODS = ("/services", "/services/MUELL_WILD", "/requests", "/requests/1", "/tokens/x")


def a_neighbour() -> Catalogue:
    """Mannheim: a city across the river with a service of the same code and one of its own."""
    jurisdiction = a_jurisdiction(
        jurisdiction_id="mannheim.de", aliases=(), languages=("en",), time_zone=ZoneInfo("UTC")
    )
    rubbish = a_service(moderated=False, service_name=words("Müll am Ring", "Rubbish"))
    tram = a_service(service_code="BAHN", moderated=False, service_name=words("Bahn", "Tram"))
    return replace(a_catalogue(rubbish, tram), jurisdiction=jurisdiction)


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    """One city."""
    return an_api(make_core(a_city()))


@pytest.fixture
def region(make_core: MakeCore) -> Api:
    """Two cities."""
    return an_api(make_core(a_city(), a_neighbour()))


def stored(conn: Connection) -> int:
    """How many requests there are, of whatever city."""
    found: int = conn.exec_driver_sql("select count(*) from service_requests").scalar_one()
    return found


def test_one_city_needs_no_name(api: Api) -> None:
    """R-039, R-040: absent or empty, on every GET and on a POST."""
    for path in reads(api):
        assert api.get(path) == api.get(path, jurisdiction_id="") == api.get(path, jurisdiction_id=" ")
    assert api.report(jurisdiction_id="")


@pytest.mark.parametrize("name", NAMES)
def test_a_city_answers_to_all_of_its_names(api: Api, name: str) -> None:
    """R-041, R-042: its own id, an alias, and either in another letter case."""
    for path in reads(api):
        assert api.get(path, jurisdiction_id=name) == api.get(path)
    assert api.report(jurisdiction_id=name)


@pytest.mark.parametrize(
    "name", ["nowhere.example", "ludwigshafen", "test.ludwigshafen.de", "x" * 200, "%", "0"]
)
def test_an_unknown_city_is_404(api: Api, conn: Connection, name: str) -> None:
    """R-043: of each of the six methods; nothing is stored."""
    for path in METHODS:
        [error] = api.get(path, 404, jurisdiction_id=name)
        assert "jurisdiction_id" in error["description"]
    for suffix in FORMATS:
        [error] = api.post({"jurisdiction_id": name}, 404, suffix)
        assert "jurisdiction_id" in error["description"]
    assert stored(conn) == 0


@pytest.mark.parametrize("base", ["/open311", "/open311/v2"])
def test_discovery_takes_any_name_and_needs_none(make_core: MakeCore, base: str) -> None:
    """R-043, R-044, R-057: georeport.md 4.2 has no error of discovery for a city."""
    api = an_api(make_core(a_city(), a_neighbour()))
    api.base = base
    assert api.get("/discovery") == api.get("/discovery", jurisdiction_id="nowhere.example")


def test_with_several_cities_the_name_is_needed(region: Api, conn: Connection) -> None:
    """R-044: absent or empty is 400, of each of the six methods."""
    for path in METHODS:
        for query in ({}, {"jurisdiction_id": ""}):
            [error] = region.get(path, 400, **query)
            assert "jurisdiction_id" in error["description"]
            assert "ludwigshafen.de" in error["description"]
    for suffix in FORMATS:
        [error] = region.post({}, 400, suffix)
        assert "jurisdiction_id" in error["description"]
    assert stored(conn) == 0


def test_with_several_cities_an_unknown_one_is_404(region: Api) -> None:
    """R-043."""
    for path in METHODS:
        [error] = region.get(path, 404, jurisdiction_id="nowhere.example")
        assert "jurisdiction_id" in error["description"]


def test_each_city_shows_its_own_services_only(region: Api) -> None:
    """R-045: definitions too, though one code is in both lists."""
    for name, codes in (
        ("ludwigshafen.de", {"MUELL_WILD", "FAHRZEUG_ALT", "KANAL"}),
        ("mannheim.de", {"MUELL_WILD", "BAHN"}),
    ):
        assert {service["service_code"] for service in region.get("/services", jurisdiction_id=name)} == codes
    region.get("/services/BAHN", 404, jurisdiction_id="ludwigshafen.de")
    region.get("/services/BAHN", jurisdiction_id="mannheim.de")


def test_each_city_shows_its_own_requests_and_tokens_only(region: Api) -> None:
    """R-045: in lists, by id, by a list of ids, and by token."""
    here: dict[str, Any] = {"jurisdiction_id": "ludwigshafen.de"}
    there: dict[str, Any] = {"jurisdiction_id": "mannheim.de"}
    ours, theirs = region.report(**here), region.report(**there)
    [receipt] = region.post(here, service_code="KANAL")
    for where, own, foreign in ((here, ours, theirs), (there, theirs, ours)):
        assert [request["service_request_id"] for request in region.get("/requests", **where)] == [own]
        both = region.get("/requests", service_request_id=f"{ours},{theirs}", **where)
        assert [request["service_request_id"] for request in both] == [own]
        region.get(f"/requests/{own}", **where)
        region.get(f"/requests/{foreign}", 404, **where)
    region.get(f"/tokens/{receipt['token']}", **here)
    region.get(f"/tokens/{receipt['token']}", 404, **there)


def test_each_city_uses_its_own_names_and_time(region: Api) -> None:
    """R-045, R-021: the service of the same code has another name there, and clocks differ."""
    there: dict[str, Any] = {"jurisdiction_id": "mannheim.de"}
    [found] = region.get(f"/requests/{region.report(**there)}", **there)
    assert found["service_name"] == "Rubbish"
    assert found["requested_datetime"] == "2026-03-02T08:30:00+00:00"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_post_may_name_the_city_in_the_query_alone(region: Api, suffix: str) -> None:
    """R-046: node-open311 does."""
    sent = {"api_key": region.key, "service_code": "BAHN", "lat": "49.48", "long": "8.46"}
    address = f"{region.base}/requests{suffix}?jurisdiction_id=mannheim.de"
    assert region.client.post(address, data=sent).status_code == 200
    assert len(region.get("/requests", jurisdiction_id="mannheim.de")) == 1


def test_on_a_post_the_body_wins(region: Api) -> None:
    """R-047: two names, of which the one in the query is even unknown."""
    for query in ("ludwigshafen.de", "nowhere.example"):
        sent = {"api_key": region.key, "service_code": "BAHN", "lat": "49.48", "long": "8.46"}
        address = f"{region.base}/requests.json?jurisdiction_id={query}"
        assert region.client.post(address, data=sent | {"jurisdiction_id": "mannheim.de"}).status_code == 200
    assert len(region.get("/requests", jurisdiction_id="mannheim.de")) == 2
    assert region.get("/requests", jurisdiction_id="ludwigshafen.de") == []


def test_an_empty_name_in_the_body_leaves_the_one_in_the_query(region: Api) -> None:
    """R-047, R-040: empty is absent."""
    sent = {
        "api_key": region.key,
        "service_code": "BAHN",
        "lat": "49.48",
        "long": "8.46",
        "jurisdiction_id": "",
    }
    response = region.client.post(f"{region.base}/requests.json?jurisdiction_id=mannheim.de", data=sent)
    assert response.status_code == 200
