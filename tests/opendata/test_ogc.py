"""OGC API Features, Part 1: as the standard has it, and as OWSLib and GDAL read it."""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from owslib.ogcapi.features import Features
from werkzeug.test import TestResponse

from open311.actions import casework
from open311.core import Core
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.serving import Api, Clock, MakeCore, an_api, first_city

ITEMS = "/ogc/collections/ludwigshafen.de/items"
PAGES = (
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/ludwigshafen.de",
    "/ogc/collections/ludwigshafen.de/queryables",
    ITEMS,
)
VOID = {"meta", "link", "br", "img", "input", "hr"}


def get(api: Api, path: str, **query: Any) -> Any:
    """The JSON at an address."""
    response = api.client.get(path, query_string=query or None)
    assert response.status_code == 200, response.text
    return json.loads(response.data)


def ids(collection: dict[str, Any]) -> list[str]:
    """The ids of the features."""
    assert collection["numberReturned"] == len(collection["features"])
    return [feature["id"] for feature in collection["features"]]


def links(document: dict[str, Any]) -> dict[str, str]:
    """Addresses by relation; `items` and `self` are those of JSON."""
    return {link["rel"]: link["href"] for link in document["links"] if link["type"] != "text/html"}


class Page(HTMLParser):
    """A page as a screen reader meets it: its headings, links and language; tags must nest."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(response.data.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each such element."""
        return [attributes for name, attributes in self.seen if name == tag]


class TestCore:
    """Requirements class Core and GeoJSON."""

    def test_the_landing_page_leads_to_everything(self, api: Api) -> None:
        found = links(get(api, "/ogc"))
        assert {"self", "service-desc", "conformance", "data"} <= set(found)
        for address in found.values():
            assert api.client.get(address).status_code == 200

    def test_conformance_names_what_is_met(self, api: Api) -> None:
        classes = get(api, "/ogc/conformance")["conformsTo"]
        for part in ("core", "geojson", "html", "oas30"):
            assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" in classes

    def test_the_one_reference_system_may_be_named(self, api: Api) -> None:
        """Part 2, as GDAL does from 3.9 on; each answer says which one it has."""
        classes = get(api, "/ogc/conformance")["conformsTo"]
        assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in classes
        number = api.report()
        described = get(api, "/ogc/collections/ludwigshafen.de")
        [system] = described["crs"]
        assert described["storageCrs"] == system
        asked = {"crs": system, "bbox-crs": system, "bbox": "8.3,49.4,8.5,49.6"}
        for path, query in ((ITEMS, asked), (f"{ITEMS}/{number}", {"crs": system}), (ITEMS, {})):
            answer = api.client.get(path, query_string=query)
            assert (answer.status_code, answer.headers.get("Content-Crs")) == (200, f"<{system}>")

    def test_each_jurisdiction_is_a_collection(self, make_core: MakeCore) -> None:
        other = a_catalogue(
            a_service(), jurisdiction=a_jurisdiction(jurisdiction_id="mannheim.de", aliases=())
        )
        api = an_api(make_core(a_catalogue(), other))
        described = get(api, "/ogc/collections")["collections"]
        assert [collection["id"] for collection in described] == ["ludwigshafen.de", "mannheim.de"]
        for collection in described:
            one = get(api, f"/ogc/collections/{collection['id']}")
            assert one["extent"] == collection["extent"]
            assert {"items", "self"} <= set(links(one))
            assert get(api, links(one)["items"])["type"] == "FeatureCollection"

    def test_the_extent_is_that_of_the_boundary(self, api: Api) -> None:
        extent = get(api, "/ogc/collections/ludwigshafen.de")["extent"]["spatial"]
        assert extent["crs"] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        assert extent["bbox"] == [list(first_city().jurisdiction.boundary.bounds)]

    def test_a_feature_is_the_same_alone_and_in_the_list(self, api: Api) -> None:
        number = api.report(description="Öl")
        listed = get(api, ITEMS)["features"][0]
        alone = get(api, f"{ITEMS}/{number}")
        assert {name: alone[name] for name in listed} == listed
        assert {"self", "collection"} <= set(links(alone))
        assert listed["properties"] == api.get(f"/requests/{number}")[0]

    def test_the_type_is_geojson(self, api: Api) -> None:
        number = api.report()
        assert api.client.get(ITEMS).content_type == "application/geo+json"
        assert api.client.get(f"{ITEMS}/{number}").content_type == "application/geo+json"

    def test_following_next_meets_each_feature_once(self, api: Api) -> None:
        made = [api.report() for _ in range(7)]
        seen, address = [], f"{ITEMS}?limit=3"
        while address:
            page = get(api, address)
            seen += ids(page)
            address = links(page).get("next", "")
        assert seen == made[::-1]

    def test_the_number_matched_counts_all_pages(self, api: Api) -> None:
        for _ in range(3):
            api.report()
        first = get(api, ITEMS, limit=2)
        assert first["numberMatched"] == 3
        assert get(api, links(first)["next"])["numberMatched"] == 3

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, 3),
            ({"bbox": "8.405,49.47,8.415,49.49"}, 1),
            ({"bbox": "8.405,49.47,0,8.415,49.49,100"}, 1),
            ({"bbox": "0,0,1,1"}, 0),
            ({"bbox": "177,-60,-177,60"}, 0),
            ({"bbox": "8.405,49.4,-170,49.6"}, 3),
            ({"bbox": "170,49.4,8.415,49.6"}, 1),
            ({"bbox": "170,49.4,0,8.415,49.6,100"}, 1),
            ({"datetime": "2026-03-02T08:30:00Z"}, 2),
            ({"datetime": "2026-03-02t08:30:00z/.."}, 3),
            ({"datetime": "2026-03-02T09:00:00Z/.."}, 1),
            ({"datetime": "2026-03-02T09:00:00Z/"}, 1),
            ({"datetime": "../2026-03-02T09:00:00Z"}, 2),
            ({"datetime": "2026-03-02T08:30:00Z/2026-03-12T08:30:00Z"}, 3),
            ({"datetime": "2026-03-12"}, 1),
            ({"status": "closed"}, 1),
            ({"status": "open"}, 2),
            ({"service_code": "MUELL_WILD"}, 3),
            ({"service_code": "AMPEL,BAUM"}, 0),
            ({"limit": "2"}, 2),
            ({"limit": "9999"}, 3),
        ],
        ids=str,
    )
    def test_filters(self, api: Api, core: Core, clock: Clock, query: dict[str, str], expected: int) -> None:
        api.report(lat="49.48", long="8.41")
        closed = api.report()
        casework.set_status(core, int(closed), first_city().default_status("closed").code, CLARA)
        clock.forward(days=10)
        api.report()
        assert len(ids(get(api, ITEMS, **query))) == expected

    def test_what_is_not_public_is_missing(self, api: Api, core: Core) -> None:
        """R-174"""
        held = api.report(service_code="MARKIERUNG")
        hidden = api.report()
        casework.hide(core, int(hidden), CLARA)
        assert ids(get(api, ITEMS)) == []
        for number in (held, hidden):
            assert api.client.get(f"{ITEMS}/{number}").status_code == 404

    def test_the_api_document_names_each_resource_and_parameter(self, api: Api) -> None:
        response = api.client.get("/ogc/api")
        assert response.content_type == "application/vnd.oai.openapi+json;version=3.0"
        document = response.json
        assert document["openapi"].startswith("3.0")
        paths = document["paths"]
        names = {
            parameter["$ref"].rpartition("/")[2]
            for parameter in paths["/collections/{collectionId}/items"]["get"]["parameters"]
        }
        assert {"bbox", "datetime", "limit", "service_code", "status"} <= names
        assert names <= set(document["components"]["parameters"])
        assert {"/", "/conformance", "/collections", "/collections/{collectionId}/items/{featureId}"} <= set(
            paths
        )

    def test_the_page_of_the_api_says_what_each_resource_and_parameter_is(self, api: Api) -> None:
        document = get(api, "/ogc/api")
        page = html.unescape(api.client.get("/ogc/api?f=html").text)
        for path, methods in document["paths"].items():
            assert f"<h2><code>GET {path}</code></h2>\n    <p>{methods['get']['summary']}.</p>" in page
        for parameter in document["components"]["parameters"].values():
            assert f"<code>{parameter['name']}</code>: {parameter['description']}" in page

    def test_queryables_are_the_filters(self, api: Api) -> None:
        response = api.client.get("/ogc/collections/ludwigshafen.de/queryables")
        assert response.content_type == "application/schema+json"
        described = response.json["properties"]
        assert {"service_code", "status", "geometry"} <= set(described)
        names = [name for name, schema in described.items() if "type" in schema]
        for name in names:
            assert api.client.get(ITEMS, query_string={name: "open"}).status_code == 200


class TestMistakes:
    """Bad input: 400 with code and description; what is not there: 404."""

    @pytest.mark.parametrize(
        "query",
        [
            {"bbox": "1,2,3"},
            {"bbox": "1,2,3,4,5"},
            {"bbox": "a,b,c,d"},
            {"bbox": "8,49,9,99"},
            {"bbox": ",".join(["8.4,49.4"] * 10_000)},
            {"datetime": "yesterday"},
            {"datetime": ".."},
            {"datetime": "../.."},
            {"datetime": "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"},
            {"datetime": "2026-01-01/2026-01-02/2026-01-03"},
            {"limit": "0"},
            {"limit": "-1"},
            {"limit": "many"},
            {"status": "foo"},
            {"cursor": "Zm9yZWlnbg"},
            {"cursor": "x" * 5000},
            {"f": "pdf"},
            {"crs": "http://www.opengis.net/def/crs/EPSG/0/25832"},
            {"bbox": "8,49,9,50", "bbox-crs": "x" * 5000},
            {"unknown": "1"},
            {"page": "2"},
        ],
        ids=lambda query: str(query)[:40],
    )
    def test_a_bad_parameter_is_400(self, api: Api, query: dict[str, str]) -> None:
        response = api.client.get(ITEMS, query_string=query)
        assert response.status_code == 400
        assert response.content_type.startswith("application/json")
        assert set(response.json) == {"code", "description"}
        assert all(isinstance(value, str) for value in response.json.values())

    @pytest.mark.parametrize(
        "path",
        ["/ogc/x", "/ogc/collections/nowhere", "/ogc/collections/nowhere/items", f"{ITEMS}/1", f"{ITEMS}/x"],
    )
    def test_what_is_not_there_is_404(self, api: Api, path: str) -> None:
        response = api.client.get(path)
        assert response.status_code == 404
        assert response.json["code"] == "NotFound"

    def test_what_cannot_be_done_here_is_405(self, api: Api) -> None:
        response = api.client.post(ITEMS)
        assert (response.status_code, response.json["code"]) == (405, "MethodNotAllowed")
        assert "GET" in response.headers["Allow"]

    def test_a_browser_is_told_on_a_page(self, api: Api) -> None:
        response = api.client.get(f"{ITEMS}?limit=0", headers={"Accept": "text/html"})
        assert response.status_code == 400
        assert "limit" in response.text
        Page(response)
        described = get(api, "/ogc/api")["components"]["responses"]["Error"]["content"]
        assert set(described) == {"application/json", response.mimetype}


class TestPages:
    """Requirements class HTML: the same for people."""

    @pytest.mark.parametrize("language", ["de", "en"])
    @pytest.mark.parametrize("path", PAGES)
    def test_each_resource_is_a_page_that_can_be_heard(self, api: Api, path: str, language: str) -> None:
        api.report(description="<script>alert(1)</script>", address_string="Weg <b>&")
        response = api.client.get(path, query_string={"f": "html", "locale": language})
        assert response.content_type == "text/html; charset=utf-8"
        page = Page(response)
        assert page.all("html") == [{"lang": language}]
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
        assert page.all("a")[0] == {"class": "skip", "href": "#content"}
        assert not page.all("script")
        assert not re.search(r"opendata\.ogc\.", response.text)
        assert "<b>" not in response.text
        assert all(element.get("scope") for element in page.all("th"))

    @pytest.mark.parametrize("path", PAGES)
    def test_every_link_of_a_page_leads_somewhere(self, api: Api, path: str) -> None:
        api.report()
        for link in Page(api.client.get(path, query_string={"f": "html"})).all("a"):
            address = urlsplit(str(link["href"]))
            if address.scheme:
                assert api.client.get(f"{address.path}?{address.query}").status_code == 200

    def test_a_browser_gets_pages_and_a_program_json(self, api: Api) -> None:
        accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        assert api.client.get("/ogc", headers={"Accept": accept}).mimetype == "text/html"
        for other in ("*/*", "application/json", "application/geo+json, application/json"):
            assert api.client.get("/ogc", headers={"Accept": other}).mimetype == "application/json"
        assert api.client.get("/ogc?f=json", headers={"Accept": accept}).mimetype == "application/json"

    def test_one_report_is_a_page(self, api: Api) -> None:
        number = api.report(description="Öl <b>")
        response = api.client.get(f"{ITEMS}/{number}?f=html")
        assert "Öl &lt;b&gt;" in response.text
        Page(response)

    def test_nothing_from_elsewhere_is_loaded_or_run(self, api: Api) -> None:
        response = api.client.get("/ogc?f=html")
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        style = Page(response).all("link")[0]["href"]
        assert api.client.get(str(style)).mimetype == "text/css"


def test_unchanged_is_304(api: Api) -> None:
    """R-199"""
    api.report()
    mark = {"If-None-Match": api.client.get(ITEMS).headers["ETag"]}
    assert api.client.get(ITEMS, headers=mark).status_code == 304
    api.report()
    assert api.client.get(ITEMS, headers=mark).status_code == 200


def test_any_page_may_read_it(api: Api) -> None:
    """R-198"""
    assert api.client.get(ITEMS).headers["Access-Control-Allow-Origin"] == "*"


def test_reports_of_the_test_endpoint_are_a_collection_that_is_not_listed(api: Api) -> None:
    api.base = "/open311/test/v2"
    number = api.report()
    assert ids(get(api, ITEMS)) == []
    assert ids(get(api, "/ogc/collections/test.ludwigshafen.de/items")) == [number]


def test_owslib_reads_it(api: Api, served: str) -> None:
    numbers = [api.report(description=f"Nummer {number}") for number in range(3)]
    server = Features(f"{served}/ogc")
    assert server.feature_collections() == ["ludwigshafen.de"]
    assert server.conformance()["conformsTo"]
    assert server.api()["openapi"].startswith("3.0")
    assert server.collection_queryables("ludwigshafen.de")["properties"]["status"]
    found = server.collection_items(
        "ludwigshafen.de", limit=2, bbox=[8, 49, 9, 50], datetime_="2026-01-01T00:00:00Z/.."
    )
    assert ids(found) == numbers[:0:-1]
    assert server.collection_item("ludwigshafen.de", numbers[0])["id"] == numbers[0]


def ogrinfo(*arguments: str) -> str:
    """What GDAL says."""
    if shutil.which("ogrinfo") is None:
        pytest.fail("ogrinfo is missing; install it with: apt-get install gdal-bin", pytrace=False)
    done = subprocess.run(["ogrinfo", "-ro", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def test_gdal_reads_it_page_by_page(api: Api, served: str) -> None:
    for number in range(5):
        api.report(description=f"Nummer {number}", lat="49.48", long="8.44")
    source = f"OAPIF:{served}/ogc"
    told = ogrinfo("-al", "-oo", "PAGE_SIZE=2", source)
    assert "Layer name: ludwigshafen.de" in told
    assert "Feature Count: 5" in told
    assert told.count("POINT (8.44 49.48)") == 5
    assert told.count("service_code (String) = MUELL_WILD") == 5
    assert "WGS 84" in told


def test_gdal_filters_by_place_and_attribute(api: Api, core: Core, served: str) -> None:
    api.report(lat="49.48", long="8.41")
    closed = api.report(lat="49.48", long="8.44")
    casework.set_status(core, int(closed), first_city().default_status("closed").code, CLARA)
    source = f"OAPIF:{served}/ogc/collections/ludwigshafen.de"
    near = ogrinfo("-al", "-spat", "8.40", "49.47", "8.42", "49.49", source)
    assert near.count("OGRFeature") == 1
    done = ogrinfo("-al", "-where", "status = 'closed'", source)
    assert done.count("OGRFeature") == 1
    assert f"service_request_id (String) = {closed}" in done


def test_gdal_reads_the_other_forms(api: Api, served: str) -> None:
    """GeoJSON and CSV by their addresses, as in docs/opendata.md."""
    api.report(lat="49.48", long="8.44")
    assert "Feature Count: 1" in ogrinfo("-al", "-so", f"{served}/open311/v2/requests.geojson")
    assert "Feature Count: 1" in ogrinfo("-al", "-so", f"CSV:/vsicurl/{served}/open311/v2/requests.csv")
    assert "Layer name: clusters" in ogrinfo("-al", "-so", f"MVT:{served}/tiles/0/0/0.mvt")
