"""Any value survives both formats, and both say the same."""

import json
import re
from typing import Any
from xml.dom import minidom

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.formats.encode import Document, item_to_json, item_to_xml, join_json, join_xml, to_json, to_xml
from tests.formats.spark import as_text, parse_xml

ILLEGAL = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
any_text = st.text(st.characters(codec=None, exclude_categories=())) | st.text(
    "\x00\x08\t\n\r\x1f<>&\"'\\u\ud800\ufffe\uffffü"
)
leaves = any_text | st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats()
items = st.dictionaries(st.sampled_from(["description", "address", "lat", "status"]), leaves, min_size=1)


def a_list(*entries: Any) -> Document:
    return Document("service_requests", list(entries))


def cleaned(text: str) -> str:
    return re.sub(ILLEGAL, "", text)


@given(any_text)
def test_text_survives_without_the_characters_xml_cannot_carry(text: str) -> None:
    """R-007, R-008."""
    document = a_list({"description": text})
    assert [{"description": cleaned(text)}] == json.loads(to_json(document))
    assert [{"description": cleaned(text)}] == parse_xml(to_xml(document))


@given(st.lists(items))
def test_both_formats_say_the_same(entries: list[dict[str, Any]]) -> None:
    """R-036, R-037."""
    document = a_list(*entries)
    assert parse_xml(to_xml(document)) == as_text(json.loads(to_json(document)))


@given(st.lists(items))
def test_list_is_the_join_of_its_entries(entries: list[dict[str, Any]]) -> None:
    root, document = "service_requests", a_list(*entries)
    assert to_json(document) == join_json(root, [item_to_json(root, entry) for entry in entries])
    assert to_xml(document) == join_xml(root, [item_to_xml(root, entry) for entry in entries])


@given(st.lists(items))
def test_xml_has_a_declaration_and_neither_doctype_nor_attributes(entries: list[dict[str, Any]]) -> None:
    """R-003, R-005, R-006."""
    written = to_xml(a_list(*entries))
    assert written.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<service_requests')
    assert not re.search(rb"<!|<\w+[^>]*[ =]", written.partition(b"\n")[2])


def test_empty_list_is_a_root_without_child_nodes() -> None:
    """R-078, R-154."""
    root = minidom.parseString(to_xml(a_list())).documentElement
    assert root
    assert list(root.childNodes) == []
    assert to_xml(a_list()).endswith(b"\n<service_requests/>")
    assert to_json(a_list()) == b"[]"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (8.4464, "8.4464"),
        (1e-7, "0.0000001"),
        (-5e-05, "-0.00005"),
        (1e22, "10000000000000000000000"),
        (3, "3"),
    ],
)
def test_xml_number_has_no_exponent(number: float, written: str) -> None:
    assert f"<lat>{written}</lat>".encode() in to_xml(a_list({"lat": number}))


def test_object_with_one_member_stays_an_object() -> None:
    assert to_json(a_list({"token": "T"})) == b'[{"token":"T"}]'


def test_several_media_urls_of_an_update_are_nested() -> None:
    document = Document("service_request_updates", [{"update_id": "1", "media_url": ["a", "b"]}])
    assert b"<media_url><media_url>a</media_url><media_url>b</media_url></media_url>" in to_xml(document)
    assert parse_xml(to_xml(document)) == json.loads(to_json(document))


def test_value_that_json_does_not_know_is_an_error() -> None:
    with pytest.raises(orjson.JSONEncodeError):
        to_json(a_list({"lat": object()}))
