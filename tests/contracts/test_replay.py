"""What real clients send, byte for byte, to a real server (georeport.md 9, F-1 to F-12)."""

import gzip
import json
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from tests.contracts.conftest import FIRST, FIXTURES, REPORTS, Answer, Served
from tests.formats.spark import parse_xml

BASE = "/open311/v2"
TEST_BASE = "/open311/test/v2"
both_endpoints = pytest.mark.parametrize("base", [BASE, TEST_BASE])


def as_json(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return json.loads(answer.body)


def as_xml(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.body.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return parse_xml(answer.body)


def an_id(receipt: Any) -> str:
    """The id of a receipt, read as clients read it."""
    assert len(receipt) == 1
    number = receipt[0]["service_request_id"]
    assert isinstance(number, str)
    assert number.isdigit()
    return number


def owner(base: str) -> str:
    return "ludwigshafen.de" if base == BASE else "test.ludwigshafen.de"


def ids(requests: Any) -> list[str]:
    return [request["service_request_id"] for request in requests]


@both_endpoints
@pytest.mark.parametrize("path", ["/requests.json", "//requests.json/"])
def test_f1_cutr_java(served: Served, base: str, path: str) -> None:
    """R-141, R-016, R-104: an unquoted boundary, one more line end, the word null; no redirect."""
    number = an_id(as_json(served.replay("F-01-cutr-java.http", **{f"{BASE}/requests.json": base + path})))
    case = served.case(number)
    assert case.request.address == "Bismarckstraße 5, Ludwigshafen"
    assert case.request.service_code == "MUELL_WILD"
    assert case.request.jurisdiction_id == owner(base)
    assert case.reporter == {}


@both_endpoints
def test_f2_georeporter_ios_with_photo(served: Served, base: str) -> None:
    """R-097, R-119, R-190: multipart with a text and a file of the same name."""
    number = an_id(as_json(served.replay("F-02-georeporter-ios.http", **{BASE: base})))
    request = served.case(number).request
    assert request.attributes == {"FARBE": ["blau"], "ZUSTAND": ["reifen", "glas"]}
    assert request.location
    assert (request.location.lat, request.location.long) == (49.4811, 8.4464)
    assert "assets-library" not in repr(request)


@both_endpoints
def test_f3_fixmystreet(served: Served, base: str) -> None:
    """R-098, R-126, R-135: XML, unknown attributes, empty lists."""
    number = an_id(as_xml(served.replay("F-03-fixmystreet-post.http", **{BASE: base})))
    case = served.case(number)
    assert case.request.description.startswith("title: Auto ohne Kennzeichen\n\ndetail: Steht vor")
    assert case.request.attributes == {"FARBE": ["blau"]}
    assert case.reporter["email"] == "kim@example.org"
    assert case.reporter["device_id"] == "abc"


def test_f3_fixmystreet_asks_for_updates(served: Served) -> None:
    """R-195, R-005: updates, or an error that its XML parser can read."""
    answer = served.replay("F-03-fixmystreet-updates.http")
    as_xml(answer, answer.status)
    root = minidom.parseString(answer.body).documentElement
    assert root
    assert (answer.status, root.tagName) in ((200, "service_request_updates"), (404, "errors"))


@both_endpoints
def test_f4_three_without_a_key(served: Served, base: str) -> None:
    """R-049, R-002, R-138: 403 as a JSON array, nothing stored."""
    before = served.count("service_requests")
    [error] = as_json(served.replay("F-04-three.http", **{BASE: base}), 403)
    assert error["code"] == 403
    assert error["description"]
    assert served.count("service_requests") == before


@both_endpoints
def test_f5_open311_python(served: Served, base: str) -> None:
    """R-051, R-046: key and jurisdiction in the query of a POST."""
    number = an_id(as_xml(served.replay("F-05-open311-python.http", **{BASE: base})))
    assert served.case(number).request.jurisdiction_id == owner(base)


@both_endpoints
def test_f6_node_open311(served: Served, base: str) -> None:
    """R-046, R-120, R-121: numbered values, percent-encoded."""
    number = an_id(as_json(served.replay("F-06-node-open311.http", **{BASE: base})))
    assert served.case(number).request.attributes == {"FARBE": ["rot"], "ZUSTAND": ["reifen", "oel"]}


def test_f7_open311_java_reads(served: Served) -> None:
    """R-018, R-023: a raw plus in a date, and a content type without a body."""
    found = as_json(served.replay("F-07-open311-java-get.http"))
    assert len(found) == (REPORTS + 1) // 2
    assert {request["status"] for request in found} == {"open"}
    assert found[-1]["requested_datetime"] == "2026-03-01T00:00:00+01:00"


@both_endpoints
def test_f7_open311_java_writes(served: Served, base: str) -> None:
    """R-029."""
    number = an_id(as_json(served.replay("F-07-open311-java-post.http", **{BASE: base})))
    assert served.case(number).request.description == "Müll"


def test_f8_open311dashboard_pages_to_the_end(served: Served) -> None:
    """R-154, R-155: until the root has no child nodes at all."""
    seen: list[str] = []
    for page in range(1, 10):
        answer = served.replay("F-08-open311dashboard-page.http", **{"page=1": f"page={page}"})
        found = as_xml(answer)
        root = minidom.parseString(answer.body).documentElement
        assert root
        if len(root.childNodes) < 1:
            break
        assert {node.nodeName for node in root.childNodes} == {"request"}
        seen += ids(found)
    else:
        pytest.fail("the pages do not end")
    # One hour of the local day lies before midnight UTC.
    assert len(seen) == len(set(seen)) == REPORTS - 9


def test_f8_open311dashboard_polls_ten_ids(served: Served) -> None:
    """R-159, R-158."""
    found = as_xml(served.replay("F-08-open311dashboard-ids.http"))
    assert sorted(ids(found)) == [str(FIRST + number) for number in range(10)]


def test_f9_open311status_sees_the_newest_again(served: Served) -> None:
    """R-168, R-169, R-038: the bound is inclusive; both ends speak gzip."""
    newest = "2026-03-01T22:48:00Z"
    answer = served.replay("F-09-open311status.http", NEWEST=newest)
    assert answer.status == 200
    compressed = answer.headers.get("content-encoding") == "gzip"
    found = json.loads(gzip.decompress(answer.body) if compressed else answer.body)
    assert ids(found)[-1] == str(FIRST + REPORTS - 1)
    assert found[-1]["requested_datetime"] == "2026-03-01T23:48:00+01:00"


def test_f10_chicagorequests_loops_while_pages_are_full(served: Served) -> None:
    """R-189, R-024."""
    sizes, seen, page = [200], list[str](), 1
    while sizes[-1] == 200:
        answer = served.replay("F-10-chicagorequests.http", **{"page=1&": f"page={page}&"})
        found = json.loads(gzip.decompress(answer.body))
        assert all("extended_attributes" in request for request in found)
        sizes.append(len(found))
        seen += ids(found)
        page += 1
    assert sizes[1:] == [200, REPORTS - 200]
    assert seen == [str(FIRST + number) for number in reversed(range(REPORTS))]


def test_f11_android_lists_services(served: Served) -> None:
    """R-015, R-071."""
    services = as_json(served.replay("F-11-android-services.http"))
    assert {"MUELL_WILD", "FAHRZEUG_ALT"} <= {service["service_code"] for service in services}


def test_f11_android_reads_a_definition(served: Served) -> None:
    """R-015, R-081, R-082."""
    definition = as_json(served.replay("F-11-android-definition.http"))
    assert definition["service_code"] == "FAHRZEUG_ALT"
    assert [attribute["code"] for attribute in definition["attributes"]][:2] == ["HINWEIS", "KENNZEICHEN"]


def test_f11_android_refreshes_a_report(served: Served) -> None:
    """R-040, R-180."""
    [request] = as_json(served.replay("F-11-android-request.http"))
    assert request["service_request_id"] == "26000417"


def test_f11_android_asks_for_a_token(served: Served) -> None:
    """R-040, R-147."""
    [error] = as_json(served.replay("F-11-android-token.http"), 404)
    assert error["code"] == 404


def test_f12_r311(served: Served) -> None:
    """R-057, R-058, R-189: discovery below the base, then pages until two are empty."""
    discovery = as_json(served.replay("F-12-r311-discovery.http"))
    assert discovery["endpoints"][0]["url"].endswith("/open311/v2")
    empty = 0
    for page in range(1, 30):
        answer = served.replay(
            "F-12-r311-page.http", **{"page=1": f"page={page}", "deflate, gzip, br, zstd": "identity"}
        )
        empty = 0 if as_json(answer) else empty + 1
        if empty == 2:
            break
    assert empty == 2


def test_endpoints_keep_their_reports_apart(served: Served) -> None:
    """R-045: what is tried out is in no list of the city, nor the other way round."""
    number = an_id(as_json(served.replay("F-07-open311-java-post.http", **{BASE: TEST_BASE})))
    get = f"GET {{}}/requests/{number}.json HTTP/1.1\r\n\r\n"
    assert served.send(get.format(TEST_BASE).encode()).status == 200
    assert served.send(get.format(BASE).encode()).status == 404
    listed = as_json(
        served.send(f"GET {BASE}/requests.json?service_request_id={number} HTTP/1.1\r\n\r\n".encode())
    )
    assert listed == []


def test_batch_report_is_answered_while_no_worker_runs(served: Served) -> None:
    """R-144, R-100, R-146: what takes long waits for the worker."""
    body = f"api_key={served.key}&service_code=KANAL&lat=49.4811&long=8.4464"
    head = f"POST {BASE}/requests.json HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    [receipt] = as_json(served.send((head + body).encode()))
    assert set(receipt) == {"token"}
    pending = as_json(served.send(f"GET {BASE}/tokens/{receipt['token']}.json HTTP/1.1\r\n\r\n".encode()))
    assert pending == [{"token": receipt["token"]}]


def test_log_of_the_server_names_no_key_and_no_person(served: Served) -> None:
    """R-056, R-135."""
    served.replay("F-05-open311-python.http")
    served.replay("F-03-fixmystreet-post.http")
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    assert f"{BASE}/requests.xml" in [line.get("path") for line in lines]
    # Ids of requests begin with figures by chance, which may be any.
    logged = json.dumps([line | {"request_id": ""} for line in lines], ensure_ascii=False)
    for secret in (served.key, "kim@example.org", "Muster", "4711", "Spielplatz"):
        assert secret not in logged


def test_every_fixture_is_replayed() -> None:
    """The fixtures are bytes: line ends are CRLF, whatever git or an editor thinks."""
    replayed = Path(__file__).read_text(encoding="utf-8")
    for path in FIXTURES.glob("*.http"):
        assert path.name in replayed
        head, _, _ = path.read_bytes().partition(b"\r\n\r\n")
        assert b"\n" not in head.replace(b"\r\n", b"")
