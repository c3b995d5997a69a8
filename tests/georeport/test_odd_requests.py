"""Whatever is sent, the answer is no fault of the server, and it has the right shape."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.georeport.surface import FORMATS, a_city
from tests.serving import Api, MakeCore, an_api

FORM = "application/x-www-form-urlencoded"
VALID = b"service_code=MUELL_WILD&lat=49.48&long=8.44"
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATHS = ("/services", "/services/FAHRZEUG_ALT", "/requests", "/requests/1", "/tokens/x", "/discovery")


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    return an_api(make_core(a_city()))


def holds(response: TestResponse) -> int:
    """The status of an answer that is well-formed, of its type, and no fault of the server."""
    assert response.status_code < 500, response.text
    assert response.status_code != 401
    if response.content_type == "application/json; charset=utf-8":
        found = json.loads(response.data)
        assert response.status_code < 400 or all(error["code"] == response.status_code for error in found)
    else:
        assert response.content_type == "text/xml; charset=utf-8"
        root = ElementTree.fromstring(response.data)
        assert (root.tag == "errors") is (response.status_code >= 400)
    return response.status_code


def post(api: Api, body: bytes, content_type: str = FORM, suffix: str = ".json") -> TestResponse:
    """A body as it is, with the key in the header."""
    return api.client.post(
        f"{api.base}/requests{suffix}",
        data=body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {api.key}"},
    )


def stored(api: Api, body: bytes, content_type: str = FORM) -> dict[str, Any]:
    """The request that a body made."""
    response = post(api, body, content_type)
    assert holds(response) == 200
    [found] = api.get(f"/requests/{response.get_json()[0]['service_request_id']}")
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"M%FCll", "Müll", id="R-029 Latin-1, escaped"),
        pytest.param(b"M\xfcll", "Müll", id="R-029 Latin-1, raw"),
        pytest.param(b"5+%80", "5 €", id="R-029 Windows-1252"),
        pytest.param(b"M%C3%BCll", "Müll", id="R-004 UTF-8, escaped"),
        pytest.param("Müll".encode(), "Müll", id="R-004 UTF-8, raw"),
        pytest.param(b"a%81b", "a\ufffdb", id="R-029 a byte without a meaning"),
        pytest.param(b"100%25+%zz+%", "100% %zz %", id="R-004 percent signs"),
        pytest.param(b"a%00b%0Bc", "abc", id="R-008"),
        pytest.param(b"%ED%A0%80x", "\xed\xa0€x", id="R-029 half a pair"),
    ],
)
def test_a_form_is_read_in_the_encoding_it_came_in(api: Api, raw: bytes, text: str) -> None:
    """R-029, R-004: UTF-8, or else what old Java clients send."""
    assert stored(api, VALID + b"&description=" + raw)["description"] == text


@pytest.mark.parametrize("raw", [b"M\xfcll", b"M\xc3\xbcll", b"M\\u00fcll"])
def test_json_is_read_in_the_encoding_it_came_in(api: Api, raw: bytes) -> None:
    """R-029, R-142: a mark at its beginning does not matter."""
    body = b'{"service_code": "MUELL_WILD", "lat": 49.48, "long": 8.44, "description": "%s"}' % raw
    assert stored(api, body, "application/json")["description"] == "Müll"
    assert stored(api, b"\xef\xbb\xbf" + body, "application/json")["service_code"] == "MUELL_WILD"


def test_multipart_is_read_in_the_encoding_it_came_in(api: Api) -> None:
    """R-029: each part for itself."""
    parts = {b"service_code": b"MUELL_WILD", b"lat": b"49.48", b"long": b"8.44", b"description": b"M\xfcll"}
    parts[b"address_string"] = "Ludwigstraße".encode()
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % part for part in parts.items()
    )
    found = stored(api, body + b"--x--\r\n", "multipart/form-data; boundary=x")
    assert (found["description"], found["address"]) == ("Müll", "Ludwigstraße")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "query",
    [
        "%FC=%FC",
        "\xfc=\xfc&status=\xfc",
        "a=1&" * 2500,
        "q=" + "x" * 100_000,
        "q=%00&status=%00&service_code=%00&service_request_id=%00&bbox=%00",
        "&&&===;;;&=&a",
        "start_date=%FF&end_date=%00",
        "service_code=" + "," * 50_000,
        "service_request_id=" + "9" * 5000,
        "service_request_id=" + ",".join("123456789" for _ in range(5000)),
        "page=99999999999999999999&page_size=-1",
        "page=1e9&page_size=%D9%A3",
        "lat=nan&long=inf&radius=1e308",
        "bbox=nan,nan,nan,nan",
        "bbox=1,2,3,4,5",
        "cursor=%00&cursor=AAAA",
        "cursor=" + "A" * 10_000,
        "sort=%00&sort=-",
        "locale=%00%FF",
        "jurisdiction_id[]=a&jurisdiction_id[]=b",
        "attribute[a]=b&attribute[]=&attribute[[]]=x",
    ],
)
def test_an_odd_query_is_answered(api: Api, query: str, suffix: str) -> None:
    """R-027, R-186, R-188: 200 or 400 or 404, at every address."""
    for path in PATHS:
        response = api.client.get(f"{api.base}{path}{suffix}", query_string=query)
        assert holds(response) in (200, 400, 404)


@pytest.mark.parametrize("suffix", ["", *FORMATS])
@pytest.mark.parametrize(
    "part",
    [
        "%FC",
        "%00",
        "a%00b",
        "%0d%0aX: y",
        "%ED%A0%80",
        "9" * 5000,
        "x" * 20_000,
        "%2e%2e%2f",
        "-1",
        "1.0",
        "1e3",
        "0",
        "%F0%9F%98%80",
        "'; drop table keys --",
        "\u0661\u0662\u0663",
        "{}",
        "%",
        "a%2fb",
        "100000000000000000000",
    ],
)
def test_an_odd_path_is_404(api: Api, part: str, suffix: str) -> None:
    """R-092, R-182, R-186: an id, a code or a token that cannot be is one that is not there."""
    for path in ("/services/", "/requests/", "/tokens/", "/"):
        assert holds(api.client.get(f"{api.base}{path}{part}{suffix}")) == 404


@pytest.mark.parametrize(
    "path",
    [
        "/open311",
        "/open311/v2",
        "/open311/v2/",
        "/open311/v2/.json",
        "/open311/v3/services.json",
        "/open311/%FC",
        "/open311/test/v2/nothing.json",
        "/.json",
        "/open311/..//../etc/passwd",
        "/..//../etc/passwd.xml",
    ],
)
def test_an_unknown_address_is_404(api: Api, path: str) -> None:
    """R-013, R-186: never an HTML page, as far as programs ask."""
    assert holds(api.client.get(path)) == 404
    assert holds(api.client.post(path)) == 404


@pytest.mark.parametrize(
    "accept",
    [
        "",
        ",",
        "application/json;q=-1",
        "a/b," * 5000,
        "*/*;q=nan",
        "\xff\xfe",
        "application/json\x0b",
        "text/*, application/*;q=2",
    ],
)
def test_an_absurd_accept_header_gets_one_of_two_formats(api: Api, accept: str) -> None:
    """R-012: never 406."""
    for path, status in (("/services", 200), ("/services/NICHTS", 404)):
        assert holds(api.client.get(f"{api.base}{path}", headers={"Accept": accept})) == status


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/xml",
        "image/png",
        ";;;",
        "",
        "multipart/mixed; boundary=a",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\xfc",
        "application/json; charset=utf-32",
        "application/json-seq",
        "\xff",
    ],
)
def test_a_wrong_content_type_is_400(api: Api, content_type: str, suffix: str) -> None:
    """R-188: not 415."""
    assert holds(post(api, VALID, content_type, suffix)) == 400


def test_a_part_with_an_endless_head_is_400(api: Api) -> None:
    """R-188."""
    head = b"Content-Disposition: form-data" + b'; a="b"' * 10_000
    body = b"--x\r\n" + head + b"\r\n\r\nText\r\n--x--\r\n"
    assert holds(post(api, body, "multipart/form-data; boundary=x")) == 400
    assert "nicht lesbar" in post(api, body, "multipart/form-data; boundary=x").text


def test_a_charset_is_not_believed_but_tried(api: Api) -> None:
    """R-029: what a header says about a form is often wrong."""
    for charset in ("ISO-8859-1", "UTF-8", "nonsense", "utf-16"):
        found = stored(api, VALID + "&description=Müll".encode(), f"{FORM}; charset={charset}")
        assert found["description"] == "Müll"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b'{"a":}',
        b"\xff\xfe{}",
        b'{"description": "M\xfcll"}',
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"lat":' + b"9" * 10_000 + b"}",
    ],
)
def test_json_that_is_no_object_is_400(api: Api, body: bytes, suffix: str) -> None:
    """R-188, R-186."""
    assert holds(post(api, body, "application/json", suffix)) == 400


@pytest.mark.parametrize(
    "sent",
    [{f"n{number}": "1" for number in range(2001)}, {"a": ["1"] * 2001}, {"attribute": {"A": ["1"] * 2001}}],
    ids=["names", "a list", "an answer"],
)
def test_json_has_no_more_values_than_a_form(api: Api, sent: dict[str, Any]) -> None:
    """R-188."""
    response = post(api, json.dumps(sent).encode(), "application/json")
    assert holds(response) == 400
    assert "2000" in response.get_json()[0]["description"]


@pytest.mark.parametrize("depth", [1, 50, 200, 400, 600, 800, 950])
@pytest.mark.parametrize(
    "name", ["description", "api_key", "attribute", "jurisdiction_id", "locale", "other"]
)
def test_nesting_where_a_text_belongs_is_no_fault(api: Api, name: str, depth: int) -> None:
    """R-186, R-188: arrays and objects, with a key and without."""
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        nested = opening * depth + "1" + closing * depth
        body = f'{{"service_code":"MUELL_WILD","lat":49.48,"long":8.44,"{name}":{nested}}}'.encode()
        assert holds(post(api, body, "application/json")) in (200, 400, 404)
        keyless = api.client.post(f"{api.base}/requests.xml", data=body, content_type="application/json")
        assert holds(keyless) in (400, 403, 404)


@pytest.mark.parametrize(
    "name",
    [
        "description",
        "api_key",
        "service_code",
        "jurisdiction_id",
        "email",
        "client_request_id",
        "device_id",
        "media_url",
        "address_id",
        "title",
    ],
)
def test_half_a_surrogate_pair_is_no_fault(api: Api, name: str) -> None:
    """R-008, R-188: JSON can say what UTF-8 cannot."""
    for text in ("\\ud800", "\\udfff\\ud800", "a\\u0000b"):
        sent = {"service_code": "MUELL_WILD", "lat": 49.48, "long": 8.44, name: "TEXT"}
        body = json.dumps(sent).replace("TEXT", text).encode()
        for suffix in FORMATS:
            assert holds(post(api, body, "application/json", suffix)) in (200, 400, 403, 404)
            anonymous = api.client.post(
                f"{api.base}/requests{suffix}", data=body, content_type="application/json"
            )
            assert holds(anonymous) in (400, 403, 404)


@FEW
@given(
    path=st.binary(max_size=40), query=st.binary(max_size=80), method=st.sampled_from(["GET", "POST", "PUT"])
)
def test_no_bytes_in_an_address_are_a_fault(api: Api, path: bytes, query: bytes, method: str) -> None:
    """R-186, R-187: below every address, as WSGI hands them on."""
    for start in (
        "/open311/v2/",
        "/open311/v2/services/",
        "/open311/v2/requests/",
        "/open311/v2/tokens/",
        "/",
    ):
        for end in ("", ".json", ".xml"):
            environ = {
                "PATH_INFO": start + path.decode("latin-1") + end,
                "QUERY_STRING": query.decode("latin-1"),
            }
            response = api.client.open("/", method=method, environ_overrides=environ)
            assert response.status_code < 500
            if response.status_code >= 400 and response.mimetype != "text/html":
                holds(response)
            assert response.mimetype != "text/html" or not (start + end).startswith("/open311")


@FEW
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from(
        [FORM, "multipart/form-data; boundary=a", "multipart/form-data; boundary=a b=", "application/json"]
    ),
)
def test_no_bytes_in_a_body_are_a_fault(api: Api, body: bytes, content_type: str) -> None:
    """R-186, R-188: with a key, so that they are looked at."""
    assert holds(post(api, body, content_type)) in (200, 400, 403, 404)


@FEW
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "description",
                "service_code",
                "lat",
                "long",
                "address_string",
                "email",
                "attribute",
                "media_url",
                "zipcode",
                "phone",
                "api_key",
            ]
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_no_json_is_a_fault(api: Api, sent: dict[str, Any]) -> None:
    """R-186, R-188."""
    body = json.dumps({"service_code": "FAHRZEUG_ALT", "lat": 49.48, "long": 8.44} | sent).encode()
    assert holds(post(api, body, "application/json")) in (200, 400, 403, 404)
