"""Service requests in the database: what comes back is what was put in."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from open311.model.search import RequestSearch
from open311.model.service_request import Location, Status, Visibility
from open311.storage import search
from open311.storage.requests import service_requests
from tests.serving import START, Api
from tests.stored import CITY, days_ago, store

sendable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


def found(conn: Connection, number: int) -> Any:
    """The whole request with an id; it must be there."""
    request = service_requests.find(conn, number, CITY, with_notes=True)
    assert request is not None
    return request


def test_everything_stored_comes_back(conn: Connection) -> None:
    """R-156, R-181: by id and in the list."""
    values: dict[str, Any] = {
        "service_code": "AMPEL",
        "status": Status.CLOSED,
        "detailed_status": "GELOEST",
        "requested_datetime": days_ago(3),
        "updated_datetime": days_ago(1),
        "closed_datetime": days_ago(2),
        "expected_datetime": days_ago(-3),
        "status_notes": "Erledigt.",
        "description": "Zeile\nzwei",
        "agency_responsible": "TIEFBAU",
        "address": "Straße 1",
        "address_id": "4711",
        "zipcode": "67059",
        "media_urls": ["https://example.org/1.jpg", "https://example.org/2.jpg"],
        "title": "Titel",
        "channel": "app",
        "service_object_type": "Ampel",
        "service_object_id": "A-1",
        "attributes": {"FARBE": ["blau", "rot"]},
    }
    number = store(conn, **values, location=Location(49.123456789012, -8.987654321098))
    request = found(conn, number)
    assert {name: getattr(request, name) for name in values if name != "media_urls"} == {
        name: value for name, value in values.items() if name != "media_urls"
    }
    assert list(request.media_urls) == values["media_urls"]
    assert (request.service_request_id, request.jurisdiction_id, request.version) == (number, CITY, 1)
    assert request.location == Location(49.123456789012, -8.987654321098)
    (listed,) = search.search(conn, RequestSearch(jurisdiction_id=CITY, with_notes=True)).items
    assert listed == request


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(description=sendable, address=sendable, lat=st.floats(-90, 90), long=st.floats(-180, 180))
@example(description="", address="", lat=5e-324, long=-5e-324)
def test_any_text_and_any_place_come_back(
    conn: Connection, description: str, address: str, lat: float, long: float
) -> None:
    """R-156, R-177"""
    request = found(conn, store(conn, description=description, address=address, location=Location(lat, long)))
    assert (request.description, request.address) == (description, address)
    assert request.location == Location(lat, long)


def test_ids_rise_and_have_six_digits_at_first(conn: Connection) -> None:
    first, second = store(conn), store(conn)
    assert first > 100_000
    assert second > first


def test_change_raises_the_version_and_moves_the_update(conn: Connection) -> None:
    """R-176"""
    number = store(conn, requested_datetime=days_ago(2))
    service_requests.change(conn, found(conn, number), START, status=Status.CLOSED, status_notes="Fertig.")
    request = found(conn, number)
    assert (request.version, request.status, request.status_notes) == (2, "closed", "Fertig.")
    assert (request.requested_datetime, request.updated_datetime) == (days_ago(2), START)


def test_no_update_is_earlier_than_the_report(conn: Connection) -> None:
    """R-176: neither by a clock that went back, nor by anybody who writes to the table."""
    number = store(conn)
    early = days_ago(9)
    service_requests.change(conn, found(conn, number), early, title="Neu")
    assert found(conn, number).updated_datetime == days_ago(1)
    with pytest.raises(IntegrityError, match="updated_after_requested"):
        store(conn, updated_datetime=days_ago(1) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("column", "word"), [("status", "offen"), ("visibility", "secret")], ids=["R-157", "R-174"]
)
def test_unknown_words_cannot_be_stored(conn: Connection, column: str, word: str) -> None:
    with pytest.raises(IntegrityError, match=f"{column}_is_known"):
        store(conn, **{column: word})


def test_only_the_own_jurisdiction_finds_a_request(conn: Connection) -> None:
    """R-182"""
    number = store(conn, jurisdiction_id="mannheim.de")
    assert service_requests.find(conn, number, CITY) is None
    assert service_requests.find(conn, number, "mannheim.de") is not None
    assert service_requests.find(conn, 10**15, CITY) is None


def test_reporter_lives_apart_and_can_go_alone(api: Api, conn: Connection) -> None:
    """R-194: no column of the public table knows who reported."""
    number = int(
        api.report(
            service_code="FAHRZEUG_ALT",
            email="geheim@example.org",
            **{
                "attribute[FARBE]": "blau",
                "attribute[ZUSTAND]": "reifen",
                "attribute[KENNZEICHEN]": "LU-XY 99",
            },
        )
    )
    known = service_requests.find_reporter(conn, number)
    assert known["email"] == "geheim@example.org"
    assert known["attributes"] == {"KENNZEICHEN": ["LU-XY 99"]}
    public = conn.execute(text("select service_requests::text from service_requests")).scalar_one()
    assert "geheim" not in public
    assert "LU-XY" not in public
    conn.execute(text("delete from reporters"))
    assert service_requests.find_reporter(conn, number) == {}
    assert found(conn, number).service_code == "FAHRZEUG_ALT"


def test_nothing_is_kept_about_somebody_who_gave_nothing(api: Api, conn: Connection) -> None:
    api.report()
    assert conn.execute(text("select count(*) from reporters")).scalar() == 0


def test_held_requests_come_oldest_first(conn: Connection) -> None:
    """R-174"""
    late, early = (
        store(conn, visibility=Visibility.HELD, requested_datetime=days_ago(ago)) for ago in (1, 5)
    )
    store(conn), store(conn, visibility=Visibility.HELD, jurisdiction_id="mannheim.de")
    assert [request.service_request_id for request in service_requests.held(conn, CITY, 10)] == [early, late]
    assert len(service_requests.held(conn, CITY, 1)) == 1
