"""Where the endpoints are, how to get a key, and when anything last changed (georeport.md 1)."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.georeport.surface import FORMATS, a_city
from tests.serving import Api, Clock, MakeCore, an_api

BASES = ("/open311", "/open311/v2", "/open311/test", "/open311/test/v2")
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


@pytest.fixture(params=["first city", "small city"])
def api(request: pytest.FixtureRequest, make_core: MakeCore) -> Api:
    return an_api(make_core(*[a_city()] if request.param == "small city" else []))


def at(api: Api, base: str) -> Api:
    return Api(api.client, api.key, base)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("base", BASES)
def test_discovery_is_found_at_both_places_in_both_formats(api: Api, base: str, suffix: str) -> None:
    """R-057, R-058: directly, and the documents are the same to the byte."""
    found = at(api, base).raw(f"/discovery{suffix}")
    assert found.status_code == 200
    assert found.data == api.raw(f"/discovery{suffix}").data


@pytest.mark.parametrize("base", BASES)
def test_the_xml_document_has_all_its_parts(api: Api, base: str) -> None:
    """R-059: and none of them is empty."""
    root = ElementTree.fromstring(at(api, base).raw("/discovery.xml").data)
    assert root.tag == "discovery"
    assert [child.tag for child in root] == ["changeset", "contact", "key_service", "endpoints"]
    assert all((child.text or "").strip() or len(child) for child in root)
    assert {element.tag for element in root.findall("endpoints/*")} == {"endpoint"}


@pytest.mark.parametrize("base", BASES)
def test_the_json_document_is_an_object_with_arrays(api: Api, base: str) -> None:
    """R-060, R-061: every part of every endpoint is there."""
    found = at(api, base).get("/discovery")
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    assert isinstance(found["endpoints"], list)
    for endpoint in found["endpoints"]:
        assert set(endpoint) == {"specification", "url", "changeset", "type", "formats"}
        assert all(isinstance(content_type, str) for content_type in endpoint["formats"])


def test_each_endpoint_says_exactly_what_it_speaks(api: Api) -> None:
    """R-062, R-063, R-064, R-069, R-070: clients compare these words for equality."""
    endpoints = api.get("/discovery")["endpoints"]
    assert [endpoint["type"] for endpoint in endpoints] == ["production", "test"]
    for endpoint in endpoints:
        assert endpoint["specification"] == SPECIFICATION
        assert endpoint["formats"] == ["text/xml", "application/json"]
        assert "v2" in endpoint["url"]
        assert not endpoint["url"].endswith("/")


def test_every_listed_endpoint_answers_in_every_listed_format(api: Api) -> None:
    """R-065: at the address that is listed."""
    for endpoint in api.get("/discovery")["endpoints"]:
        for content_type in endpoint["formats"]:
            suffix = content_type.partition("/")[2]
            parts = urlsplit(f"{endpoint['url']}/services.{suffix}")
            response = api.client.get(parts.path, base_url=f"{parts.scheme}://{parts.netloc}")
            assert response.status_code == 200
            assert response.content_type == f"{content_type}; charset=utf-8"


def test_the_test_endpoint_is_listed_only_where_it_is_served(make_core: MakeCore) -> None:
    """R-065, R-069: whoever switches it off serves one endpoint."""
    api = an_api(make_core(a_city(), OPEN311_TEST_ENDPOINT="off"))
    assert [endpoint["type"] for endpoint in api.get("/discovery")["endpoints"]] == ["production"]
    assert api.client.get("/open311/test/v2/services.json").status_code == 404


def test_the_address_is_the_one_the_operator_names(make_core: MakeCore) -> None:
    """R-065, R-070: behind a proxy the server sees another one."""
    core = make_core(a_city(), OPEN311_BASE_URL="https://maengel.ludwigshafen.example/")
    assert [endpoint["url"] for endpoint in an_api(core).get("/discovery")["endpoints"]] == [
        "https://maengel.ludwigshafen.example/open311/v2",
        "https://maengel.ludwigshafen.example/open311/test/v2",
    ]


def test_a_changeset_is_a_moment_that_has_passed(api: Api, clock: Clock) -> None:
    """R-066: with a zone and whole seconds."""
    found = api.get("/discovery")
    for changeset in (found["changeset"], *(endpoint["changeset"] for endpoint in found["endpoints"])):
        assert changeset == datetime.fromisoformat(changeset).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert datetime.fromisoformat(changeset) <= clock.now


@pytest.mark.parametrize("newest", [0, 1])
def test_the_document_is_as_new_as_its_newest_city(make_core: MakeCore, newest: int) -> None:
    """R-067: of several jurisdictions, whichever changed last."""
    cities = [a_city(), a_city()]
    cities[newest] = replace(cities[newest], changeset=datetime(2026, 3, 2, 8, 20, tzinfo=UTC))
    assert an_api(make_core(*cities)).get("/discovery")["changeset"] == "2026-03-02T08:20:00Z"


def test_discovery_speaks_the_readers_language(api: Api) -> None:
    """R-095, R-059: contact and the way to a key are words for people."""
    assert api.raw("/discovery.json", locale="en").headers["Content-Language"] == "en"
    assert api.raw("/discovery.json").headers["Content-Language"] == "de"


def test_the_test_endpoint_keeps_its_reports_apart(api: Api) -> None:
    """R-065, R-063: what is sent to the one is not seen in the other."""
    trial = at(api, "/open311/test/v2")
    number = trial.report()
    assert [request["service_request_id"] for request in trial.get("/requests")] == [number]
    assert api.get("/requests") == []
    api.get(f"/requests/{number}", 404)
