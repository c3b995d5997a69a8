"""Every resource in XML and JSON: which of the two, and how it is written (georeport.md 0.3, 3.1, 3.2, 3.6)."""

import json
from xml.etree import ElementTree

import pytest

from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, MakeCore, an_api

XML, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"
ALWAYS = {
    "service_request_id",
    "status",
    "service_name",
    "service_code",
    "description",
    "requested_datetime",
    "updated_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
}


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    return an_api(make_core(a_city()))


def test_every_answer_has_the_content_type_of_its_suffix(api: Api) -> None:
    """R-001, R-002, R-003, R-036: good answers and bad ones; `Api.get` looks at type, declaration, schema, twin."""
    for path in reads(api):
        api.get(path)
    for path in ("/services/NICHTS", "/requests/1", "/tokens/x", "/nothing"):
        api.get(path, 404)
    api.get("/requests", 400, start_date="gestern")


def test_no_body_begins_with_a_byte_order_mark(api: Api) -> None:
    """R-003, R-004: the first byte belongs to the document, and all of them are UTF-8."""
    for path in reads(api):
        assert api.raw(f"{path}.xml").data.decode().startswith('<?xml version="1.0" encoding="utf-8"?>')
        assert api.raw(f"{path}.json").data.decode()[0] in "[{"


def test_umlauts_come_back_as_they_went(api: Api) -> None:
    """R-004: names from the catalogue and words of a reporter alike."""
    number = api.report(description="Wilder Müll, Größe 😀 Ж", address_string="Bismarckstraße 5")
    [found] = api.get(f"/requests/{number}")
    assert found["service_name"] == "Wilder Müll"
    assert found["description"] == "Wilder Müll, Größe 😀 Ж"
    assert found["address"] == "Bismarckstraße 5"


def test_xml_has_neither_namespace_nor_doctype_nor_attributes(api: Api) -> None:
    """R-005, R-006: `xmltodict` clients turn a leaf with an attribute into a dictionary."""
    for path in [*reads(api), "/services/NICHTS"]:
        body = api.raw(f"{path}.xml").data
        assert b"<!DOCTYPE" not in body
        assert b"xmlns" not in body
        for element in ElementTree.fromstring(body).iter():
            assert not element.attrib
            assert not element.tag.startswith("{")


@pytest.mark.parametrize(
    "text", ["a & b < c > d", "\"doubly\" 'singly'", "]]> <![CDATA[ &amp; &#0;", "<script>x</script>"]
)
def test_markup_in_a_text_stays_text(api: Api, text: str) -> None:
    """R-007: escaped in XML, untouched in JSON."""
    [found] = api.get(f"/requests/{api.report(description=text)}")
    assert found["description"] == text


def test_control_characters_are_gone_but_tabs_and_lines_stay(api: Api) -> None:
    """R-008: what XML 1.0 cannot carry is left out in both formats."""
    controls = "".join(map(chr, (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF)))
    number = api.report(description=f"a{controls}b\tc\r\nd\re")
    [found] = api.get(f"/requests/{number}")
    assert found["description"] == "ab\tc\nd\ne"


@pytest.mark.parametrize(
    ("suffix", "accept", "expected"), [(".json", "text/xml", JSON), (".xml", "application/json", XML)]
)
def test_the_suffix_beats_the_accept_header(api: Api, suffix: str, accept: str, expected: str) -> None:
    """R-009, R-010."""
    for path in reads(api):
        response = api.client.get(f"{api.base}{path}{suffix}", headers={"Accept": accept})
        assert (response.status_code, response.content_type) == (200, expected)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("application/json", JSON, id="R-011"),
        pytest.param("application/json; charset=utf-8", JSON, id="R-011 with a charset"),
        pytest.param("Application/JSON", JSON, id="R-011 in capitals"),
        pytest.param("application/json, text/plain, */*", JSON, id="R-011 as browsers' scripts ask"),
        pytest.param("text/xml;q=0.5, application/json", JSON, id="R-011 preferred"),
        pytest.param(None, XML, id="R-012 no header"),
        pytest.param("", XML, id="R-012 empty"),
        pytest.param("*/*", XML, id="R-012 anything"),
        pytest.param(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", XML, id="R-012 browser"
        ),
        pytest.param("text/xml", XML, id="R-012 text/xml"),
        pytest.param("application/xml", XML, id="R-012 application/xml"),
        pytest.param("application/json;q=0", XML, id="R-012 JSON refused"),
        pytest.param("image/png", XML, id="R-012 something else"),
        pytest.param("rubbish,;;q=x,/", XML, id="R-012 rubbish"),
    ],
)
def test_without_a_suffix_the_format_is_negotiated(api: Api, accept: str | None, expected: str) -> None:
    """R-011, R-012: XML unless JSON is asked for; caches are told that the answer depends on it."""
    headers = {} if accept is None else {"Accept": accept}
    for path in [*reads(api), "/services/NICHTS"]:
        response = api.client.get(f"{api.base}{path}", headers=headers)
        assert response.content_type == expected
        assert {"Accept", "Accept-Encoding", "Accept-Language"} <= set(response.vary)


@pytest.mark.parametrize("suffix", [".csv", ".html", ".foo", ".json.bak", ".xmlx"])
def test_an_unknown_suffix_is_404(api: Api, suffix: str) -> None:
    """R-013: never 406; in XML unless JSON is asked for. Open data knows one suffix more, for the list of requests."""
    for path in reads(api):
        if (path, suffix) == ("/requests", ".csv"):
            continue
        in_xml = api.client.get(f"{api.base}{path}{suffix}")
        in_json = api.client.get(f"{api.base}{path}{suffix}", headers={"Accept": "application/json"})
        assert (in_xml.status_code, in_json.status_code) == (404, 404)
        assert (in_xml.content_type, in_json.content_type) == (XML, JSON)
        assert ElementTree.fromstring(in_xml.data).findtext("error/code") == "404"
        assert in_json.get_json()[0]["code"] == 404


@pytest.mark.parametrize("suffix", [".XML", ".Xml", ".JSON", ".Json"])
def test_the_letter_case_of_a_suffix_does_not_matter(api: Api, suffix: str) -> None:
    """R-014."""
    for path in reads(api):
        odd, plain = api.raw(f"{path}{suffix}"), api.raw(f"{path}{suffix.lower()}")
        assert (odd.status_code, odd.content_type, odd.data) == (200, plain.content_type, plain.data)


def test_a_posts_suffix_decides_the_format_of_its_answer(api: Api) -> None:
    """R-009, R-010: `Api.post` holds type and schema."""
    for suffix in FORMATS:
        assert api.post(suffix=suffix)[0]["service_request_id"]
        assert api.post({"api_key": None}, 403, suffix)[0]["description"]


def test_fields_without_a_value_are_absent_or_empty_by_their_kind(api: Api) -> None:
    """R-033, R-034, R-035: optional ones are left out, texts for people are `""`, the rest is null."""
    number = api.report(lat=None, long=None, address_id="08314")
    [found] = api.get(f"/requests/{number}")
    assert set(found) == ALWAYS
    assert (found["description"], found["address"]) == ("", "")
    assert [found[name] for name in ("zipcode", "lat", "long", "media_url")] == [None] * 4
    request = ElementTree.fromstring(api.raw(f"/requests/{number}.xml").data).find("request")
    assert request is not None
    assert {element.tag for element in request} == ALWAYS
    empty = ("description", "address", "zipcode", "lat", "long", "media_url")
    assert {request.findtext(name) for name in empty} == {""}


def test_no_date_and_no_number_is_ever_an_empty_text(api: Api) -> None:
    """R-035: Gson loses the whole list otherwise."""
    api.report(lat=None, long=None, address_string="Bismarckstraße 5")
    for request in api.get("/requests", extensions="true"):
        shown = request | request["extended_attributes"]
        dates_and_numbers = [name for name in shown if name.endswith("datetime")] + [
            "lat",
            "long",
            "distance",
        ]
        assert all(shown[name] != "" for name in dates_and_numbers)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_list_is_an_array_however_short(api: Api, count: int) -> None:
    """R-037; an empty XML list has no child node, white space included."""
    for _ in range(count):
        api.report()
    found = api.get("/requests")
    assert isinstance(found, list)
    assert len(found) == count
    if not count:
        assert api.raw("/requests.json").data == b"[]"
        assert api.raw("/requests.xml").data.endswith(b"<service_requests/>")


def test_numbers_in_json_are_numbers_and_codes_are_strings(api: Api) -> None:
    """R-073, R-036: Java clients read a code that is a number as nothing."""
    number = api.report()
    [found] = json.loads(api.raw(f"/requests/{number}.json").data)
    assert isinstance(found["service_request_id"], str)
    assert isinstance(found["service_code"], str)
    assert (found["lat"], found["long"]) == (49.48, 8.44)
