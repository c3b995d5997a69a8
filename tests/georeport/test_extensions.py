"""`extensions=true`: what follows the fields of v2 (georeport.md 5.7)."""

from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import Connection

from open311.actions import casework
from open311.core import Core
from tests.actors import CLARA
from tests.serving import Api, Clock
from tests.stored import TOWN_HALL, store

EXTRA = ["extended_attributes", "attributes", "notes"]
EXTENDED = [
    *("title", "detailed_status", "detailed_status_datetime", "closed_datetime", "channel", "media_urls"),
    *(
        "duplicate",
        "parent_service_request_id",
        "affected",
        "service_object_type",
        "service_object_id",
        "distance",
    ),
]


@pytest.fixture
def vehicle(api: Api, core: Core, clock: Clock) -> str:
    """A vehicle: reported, published after an hour, scheduled after two; its id."""
    number = api.report(
        service_code="FAHRZEUG_ALT",
        title="Rostlaube",
        media_url=["https://example.org/1.jpg", "https://example.org/2.jpg"],
        email="geheim@example.org",
        **{
            "attribute[KENNZEICHEN]": "LU-XY 99",
            "attribute[FARBE]": "blau",
            "attribute[ZUSTAND][]": ["reifen", "oel"],
        },
    )
    clock.forward(hours=1)
    casework.publish(core, int(number), CLARA)
    clock.forward(hours=1)
    casework.set_status(core, int(number), "EINGEPLANT", CLARA, "Termin am 5. März")
    return number


def test_standard_fields_stay_and_extensions_follow(api: Api, vehicle: str) -> None:
    """R-194, R-175"""
    for path in ("/requests", f"/requests/{vehicle}"):
        (plain,), (extended,) = api.get(path), api.get(path, extensions="true")
        assert list(extended) == [*plain, *EXTRA]
        assert {name: extended[name] for name in plain} == plain


def test_extended_attributes(api: Api, vehicle: str) -> None:
    """R-194"""
    (row,) = api.get(f"/requests/{vehicle}", extensions="true")
    assert list(row["extended_attributes"]) == EXTENDED
    assert row["extended_attributes"] == {
        "title": "Rostlaube",
        "detailed_status": "IN_PROCESS",
        "detailed_status_datetime": "2026-03-02T11:30:00+01:00",
        "closed_datetime": None,
        "channel": "api",
        "media_urls": ["https://example.org/1.jpg", "https://example.org/2.jpg"],
        "duplicate": False,
        "parent_service_request_id": None,
        "affected": 0,
        "service_object_type": None,
        "service_object_id": None,
        "distance": None,
    }


def test_closing_moment_stays_when_a_later_change_moves_updated_datetime(
    api: Api, core: Core, clock: Clock, vehicle: str
) -> None:
    """R-176, R-194"""
    clock.forward(hours=1)
    casework.set_status(core, int(vehicle), "GELOEST", CLARA)
    clock.forward(hours=1)
    casework.assign(core, int(vehicle), "TIEFBAU", CLARA)
    (row,) = api.get(f"/requests/{vehicle}", extensions="true")
    assert row["extended_attributes"]["closed_datetime"] == "2026-03-02T12:30:00+01:00"
    assert row["updated_datetime"] == "2026-03-02T13:30:00+01:00"
    assert [note["summary"] for note in row["notes"][-2:]] == ["gelöst", "Geändert"]
    casework.set_status(core, int(vehicle), "IN_BEARBEITUNG", CLARA)
    (row,) = api.get(f"/requests/{vehicle}", extensions="true")
    assert row["extended_attributes"]["closed_datetime"] is None


def test_only_public_answers_are_shown(api: Api, vehicle: str) -> None:
    """R-194: a licence plate is personal."""
    (row,) = api.get("/requests", extensions="true")
    assert [(attribute["code"], attribute["value"]) for attribute in row["attributes"]] == [
        ("FARBE", "blau"),
        ("ZUSTAND", "reifen"),
        ("ZUSTAND", "oel"),
    ]
    for attribute in row["attributes"]:
        assert list(attribute) == ["code", "label", "name", "value"]
    assert row["attributes"][0]["name"] == "Blau"
    (english,) = api.get("/requests", extensions="true", locale="en")
    assert english["attributes"][0]["name"] == "Blue"
    for suffix in ("json", "xml"):
        written = api.raw(f"/requests.{suffix}", extensions="true").text
        assert not [secret for secret in ("LU-XY 99", "geheim", "frau.amt") if secret in written]


def test_notes_tell_the_public_history(api: Api, core: Core, clock: Clock, vehicle: str) -> None:
    """R-194"""
    clock.forward(hours=1)
    casework.hide(core, int(vehicle), CLARA, reason="interner Grund")
    clock.forward(hours=1)
    casework.publish(core, int(vehicle), CLARA)
    (row,) = api.get("/requests", extensions="true")
    notes = row["notes"]
    assert [list(note) for note in notes] == [["datetime", "type", "summary", "description"]] * len(notes)
    moments = [note["datetime"] for note in notes]
    assert moments == sorted(moments)
    assert {
        "datetime": "2026-03-02T11:30:00+01:00",
        "type": "status_changed",
        "summary": "in Bearbeitung (eingeplant)",
        "description": "Termin am 5. März",
    } in notes
    assert "interner Grund" not in str(notes)
    assert "hidden" not in {note["type"] for note in notes}


def test_history_of_a_report_begins_with_its_submission(api: Api) -> None:
    """R-194"""
    api.report()
    (row,) = api.get("/requests", extensions="true")
    (first,) = row["notes"]
    assert (first["datetime"], first["type"]) == (row["requested_datetime"], "submitted")
    assert first["summary"]


@pytest.mark.parametrize(
    "word", ["true", "1", "yes", "all", "TRUE", "media_urls,notes"], ids=lambda word: f"R-194 {word}"
)
def test_switch_has_several_words(api: Api, conn: Connection, word: str) -> None:
    store(conn)
    assert list(api.get("/requests", extensions=word)[0])[-3:] == EXTRA


@pytest.mark.parametrize("word", ["false", "0", "no", ""], ids=lambda word: f"R-175 {word!r}")
def test_switched_off_nothing_is_added(api: Api, conn: Connection, word: str) -> None:
    store(conn)
    assert not set(EXTRA) & set(api.get("/requests", extensions=word)[0])


def test_id_list_takes_the_switch(api: Api, conn: Connection) -> None:
    """R-160, R-194"""
    (row,) = api.get("/requests", service_request_id=store(conn), extensions="true")
    assert list(row)[-3:] == EXTRA


def test_containers_in_xml(api: Api, vehicle: str) -> None:
    """R-194"""
    root = ElementTree.fromstring(api.raw("/requests.xml", extensions="true").data)
    (request,) = root
    tags = [element.tag for element in request]
    assert tags[tags.index("media_url") + 1 :] == EXTRA
    addresses = request.findall("extended_attributes/media_urls/media_url")
    assert [address.text for address in addresses] == [
        "https://example.org/1.jpg",
        "https://example.org/2.jpg",
    ]
    assert len(request.findall("attributes/attribute")) == 3
    assert request.findall("notes/note")
    # Readers that take the first descendant of a name must meet the standard field.
    for name in ("description", "media_url", "status", "service_code"):
        assert next(request.iter(name)) is request.find(name)


@pytest.mark.parametrize("radius", [500, 50_000])
def test_distance_in_metres_from_the_centre_that_was_asked_for(
    api: Api, conn: Connection, radius: int
) -> None:
    """R-194: 0.001 degrees of latitude at Ludwigshafen are 111.2 m (length of the meridian arc, WGS84)."""
    store(conn)
    centre: dict[str, Any] = {"lat": TOWN_HALL.lat - 0.001, "long": TOWN_HALL.long, "radius": radius}
    (row,) = api.get("/requests", **centre, extensions="true")
    assert row["extended_attributes"]["distance"] == 111.2
    (row,) = api.get("/requests", extensions="true")
    assert row["extended_attributes"]["distance"] is None
