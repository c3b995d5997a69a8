"""`schemas/georeport-v2.xsd` takes every document we write, and refuses what GeoReport forbids."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xmlschema import XMLSchema10

from open311.formats import documents
from open311.formats.encode import Document, to_xml
from open311.model.service_request import Location
from tests.builders import a_catalogue, a_service_request
from tests.formats.cases import CASES

SCHEMA = XMLSchema10(Path(__file__).parents[2] / "schemas" / "georeport-v2.xsd")
UPDATE = {
    "update_id": "9001",
    "service_request_id": "26000417",
    "status": "investigating",
    "updated_datetime": "2026-03-03T10:00:00+01:00",
    "description": "Prüfung beauftragt",
    "media_url": "",
}


def is_valid(document: Document) -> bool:
    return bool(SCHEMA.is_valid(to_xml(document).decode()))


def a_request(**fields: Any) -> Document:
    """The sample request with other fields; a field given as None is left out."""
    entry = dict(CASES["service_request"].value[0]) | fields
    return Document(
        "service_requests", [{k: v for k, v in entry.items() if v is not None or k not in fields}]
    )


@pytest.mark.parametrize("name", CASES)
def test_every_golden_document_is_valid(name: str) -> None:
    """R-059, R-071, R-072, R-082, R-083, R-084, R-088, R-098, R-155, R-156, R-157, R-184."""
    SCHEMA.validate(to_xml(CASES[name]).decode())


@given(st.text(), st.floats(-90, 90), st.floats(-180, 180))
@settings(deadline=None)
def test_any_request_is_valid(text: str, lat: float, long: float) -> None:
    """R-005, R-006, R-008."""
    request = a_service_request(description=text, address=text, location=Location(lat, long))
    assert is_valid(documents.service_requests([request], a_catalogue(), "de", extensions=True))


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "OPEN"},
        {"status_notes": ""},
        {"service_name": None},
        {"address_id": None},
        {"requested_datetime": ""},
        {"requested_datetime": "2026-03-02T09:30:00"},
        {"requested_datetime": "2026-03-02T09:30:00.5+01:00"},
        {"lat": 91},
        {"long": "east"},
        {"service_request_id": "007"},
        {"token": "b7c1e0d2"},
        {"email": "kim@example.org"},
    ],
)
def test_request_that_georeport_forbids_is_refused(fields: dict[str, Any]) -> None:
    """R-020, R-035, R-099, R-135, R-157, R-175."""
    assert is_valid(a_request())
    assert not is_valid(a_request(**fields))


@pytest.mark.parametrize(
    "document",
    [
        documents.errors([]),
        documents.errors([(200, "Alles gut")]),
        documents.errors([(400, "")]),
        documents.receipt(),
        documents.discovery([], "c", "k", a_catalogue().changeset),
    ],
)
def test_document_without_what_it_must_have_is_refused(document: Document) -> None:
    """R-059, R-101, R-184."""
    assert not is_valid(document)


@pytest.mark.parametrize(
    "media_url", ["", "https://x.example/1.jpg", ["https://x.example/1.jpg", "https://x.example/2.jpg"]]
)
def test_update_has_no_picture_one_or_several(media_url: str | list[str]) -> None:
    """R-195."""
    assert is_valid(Document("service_request_updates", [UPDATE | {"media_url": media_url}]))


def test_receipt_of_an_update_and_an_empty_list_are_valid() -> None:
    """R-195, R-196."""
    assert is_valid(Document("service_request_updates", [{"update_id": "9002"}]))
    assert is_valid(Document("service_request_updates", []))
