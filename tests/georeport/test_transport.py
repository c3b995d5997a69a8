"""Addresses, HTTP methods, https, compression and headers, the same for every resource (georeport.md 3.3, 3.9)."""

import gzip
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.client import client_of
from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, MakeCore, an_api

PATHS = ("/discovery", "/services", "/services/FAHRZEUG_ALT", "/requests", "/requests/1", "/tokens/x")
VALID = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    return an_api(make_core(a_city()))


@pytest.mark.parametrize(
    "spelling", ["/{base}//{path}", "/open311//v2//{path}/", "/{base}///{path}/", "/{base}/{path}/"]
)
def test_slashes_too_many_change_nothing(api: Api, spelling: str) -> None:
    """R-015, R-017: answered at once, since old clients do not follow a 308."""
    for path in reads(api):
        for suffix in FORMATS:
            plain = api.raw(path + suffix)
            odd = api.client.get(spelling.format(base="open311/v2", path=path[1:] + suffix))
            assert (odd.status_code, odd.content_type, odd.data) == (200, plain.content_type, plain.data)


@pytest.mark.parametrize(
    "address", ["/open311/v2//requests{}", "/open311/v2/requests{}/", "/open311//v2//requests{}//"]
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_post_with_slashes_too_many_is_taken_at_once(api: Api, address: str, suffix: str) -> None:
    """R-016."""
    response = api.client.post(address.format(suffix), data=VALID | {"api_key": api.key})
    assert response.status_code == 200
    assert b"service_request_id" in response.data or suffix == ".json"
    assert len(api.get("/requests")) == 1


def test_a_get_may_name_a_content_type_it_does_not_have(api: Api) -> None:
    """R-018."""
    for path in reads(api):
        for suffix in FORMATS:
            response = api.client.get(f"{api.base}{path}{suffix}", content_type="application/json")
            assert response.status_code == 200


def test_unknown_parameters_are_ignored(api: Api) -> None:
    """R-019: in a query and in a form; JSONP is one of them."""
    unknown: dict[str, Any] = {
        "callback": "alert",
        "legacy": "false",
        "ä[]": "1",
        "attribute": "x",
        "fields": "status",
    }
    for path in reads(api):
        assert api.get(path, **unknown) == api.get(path)
    assert api.report(**unknown)


def test_head_is_get_without_a_body(api: Api) -> None:
    """R-030: the same status and headers, Content-Length included, for what is there and for what is not."""
    for path in [*reads(api), "/services/NICHTS", "/requests/1", "/nothing"]:
        for suffix in ("", *FORMATS):
            got, head = api.raw(path + suffix), api.raw(path + suffix, method="HEAD")
            assert (head.status_code, head.data) == (got.status_code, b"")
            for response in (got, head):
                response.headers.remove("X-Request-Id")
            assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_another_method_is_405_and_told_which_there_are(
    api: Api, method: str, path: str, suffix: str
) -> None:
    """R-031."""
    response = api.raw(path + suffix, method=method)
    assert response.status_code == 405
    allowed = set(response.headers["Allow"].split(", "))
    assert allowed == {"GET", "HEAD", "OPTIONS"} | ({"POST"} if path == "/requests" else set())
    in_json = suffix == ".json"
    code = (
        response.get_json()[0]["code"]
        if in_json
        else ElementTree.fromstring(response.data).findtext("*/code")
    )
    assert int(code or 0) == 405


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/requests"])
def test_a_post_where_there_is_none_is_405(api: Api, path: str) -> None:
    """R-031: with a body and a key as if it were a report."""
    for suffix in FORMATS:
        response = api.client.post(f"{api.base}{path}{suffix}", data=VALID | {"api_key": api.key})
        assert response.status_code == 405
        assert response.headers["Allow"]


def test_plain_http_reads_are_sent_to_https_and_writes_refused(make_core: MakeCore) -> None:
    """R-032."""
    api = an_api(make_core(a_city(), OPEN311_REQUIRE_HTTPS="on"))
    for path in PATHS:
        response = api.client.get(f"{api.base}{path}.json?a=%FC&b=1+2")
        assert response.status_code in (301, 308)
        assert response.location == f"https://localhost{api.base}{path}.json?a=%FC&b=1+2"
    for suffix in FORMATS:
        refused = api.client.post(f"{api.base}/requests{suffix}", data=VALID | {"api_key": api.key})
        assert refused.status_code == 403
    secure = api.client.post(
        f"{api.base}/requests.json", data=VALID | {"api_key": api.key}, base_url="https://localhost"
    )
    assert secure.status_code == 200
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=")
    [stored] = api.client.get(f"{api.base}/requests.json", base_url="https://localhost").get_json()
    assert stored["service_request_id"] == secure.get_json()[0]["service_request_id"]


def test_the_way_to_https_does_not_leave_the_test_endpoint(make_core: MakeCore) -> None:
    """R-032: the address is the one that was asked for, not the one it is served under."""
    api = an_api(make_core(a_city(), OPEN311_REQUIRE_HTTPS="on"))
    response = api.client.get("/open311/test/v2/services.json?locale=en")
    assert response.location == "https://localhost/open311/test/v2/services.json?locale=en"


def test_a_proxy_that_is_trusted_may_say_that_it_was_https(make_core: MakeCore) -> None:
    """R-032: and one that is not trusted may not."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5"}
    demanding = {"OPEN311_REQUIRE_HTTPS": "on"}
    trusting = client_of(make_core(a_city(), OPEN311_TRUSTED_PROXIES="1", **demanding))
    assert trusting.get("/open311/v2/services.json", headers=headers).status_code == 200
    doubting = client_of(make_core(a_city(), **demanding))
    assert doubting.get("/open311/v2/services.json", headers=headers).status_code == 301


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        pytest.param("gzip", "gzip", id="R-038 gzip"),
        pytest.param("gzip, deflate, br", "gzip", id="R-038 browser"),
        pytest.param("identity", None, id="R-038 identity"),
        pytest.param("deflate", None, id="R-038 deflate"),
        pytest.param("br, zstd", None, id="R-038 others"),
        pytest.param("gzip;q=0, deflate", None, id="R-038 gzip refused"),
        pytest.param("", None, id="R-038 empty"),
        pytest.param(None, None, id="R-038 absent"),
        pytest.param(";;q=,gzip;q=zz", None, id="R-038 rubbish"),
    ],
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_compression_is_gzip_or_nothing(
    make_core: MakeCore, accepted: str | None, encoding: str | None, suffix: str
) -> None:
    """R-038: of an answer that is large enough to gain by it."""
    api = an_api(make_core())
    plain = api.raw(f"/services{suffix}").data
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    response = api.client.get(f"{api.base}/services{suffix}", headers=headers)
    assert response.headers.get("Content-Encoding") == encoding
    assert (gzip.decompress(response.data) if encoding else response.data) == plain
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert "Accept-Encoding" in response.vary


def test_any_web_page_may_read_every_answer(api: Api) -> None:
    """R-198: good answers, mistakes and unknown addresses alike; browsers hide an error otherwise."""
    for path in [*reads(api), "/services/NICHTS", "/nothing"]:
        for suffix in FORMATS:
            response = api.client.get(f"{api.base}{path}{suffix}", headers={"Origin": "https://a.example"})
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
    refused = api.client.post(f"{api.base}/requests.json", headers={"Origin": "https://a.example"})
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    exposed = refused.headers["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("Link", "X-Result-Count", "Retry-After", "ETag"))


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_is_204(api: Api, path: str) -> None:
    """R-198."""
    asking = {
        "Origin": "https://a.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    for suffix in ("", *FORMATS):
        response = api.client.options(f"{api.base}{path}{suffix}", headers=asking)
        assert (response.status_code, response.data) == (204, b"")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
        named = response.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"Authorization", "Content-Type", "X-Requested-With"} <= set(named)
        allowed = set(response.headers["Allow"].split(", "))
        assert allowed - {"POST"} == {"GET", "HEAD", "OPTIONS"}
        assert ("POST" in allowed) is (path == "/requests")


def test_a_preflight_of_nothing_is_404(api: Api) -> None:
    """R-198, R-186."""
    assert api.raw("/nothing.json", method="OPTIONS").get_json()[0]["code"] == 404
