"""GET service request: one request by its id."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from open311.actions import casework
from open311.core import Core
from open311.model.access.keys import Scope
from open311.model.service_request import Visibility
from tests.actors import CLARA
from tests.formats.spark import parse_xml
from tests.serving import Api, Clock, MakeCore, an_api, first_city
from tests.stored import days_ago, store


def test_known_id_gives_a_list_of_one(api: Api, conn: Connection) -> None:
    """R-180"""
    number = store(conn)
    answer = api.get(f"/requests/{number}")
    assert [request["service_request_id"] for request in answer] == [str(number)]
    in_xml = api.raw(f"/requests/{number}.xml").text
    assert in_xml.count("<request>") == 1
    assert "<service_requests>" in in_xml


@pytest.mark.parametrize("extensions", [{}, {"extensions": "true"}], ids=["R-181", "R-181 with extensions"])
def test_is_the_same_as_in_the_list(api: Api, core: Core, clock: Clock, extensions: dict[str, str]) -> None:
    number = api.report(
        service_code="FAHRZEUG_ALT",
        description="Zeile eins\r\nZeile <zwei> & mehr",
        media_url=["https://example.org/1.jpg", "https://example.org/2.jpg"],
        **{"attribute[FARBE]": "blau", "attribute[ZUSTAND]": ["reifen", "oel"]},
    )
    clock.forward(hours=30)
    casework.publish(core, int(number), CLARA)
    clock.forward(hours=1)
    casework.set_status(core, int(number), "EINGEPLANT", CLARA, "Termin am 5. März")
    (listed,) = api.get("/requests", **extensions)
    (single,) = api.get(f"/requests/{number}", **extensions)
    assert list(listed.items()) == list(single.items())
    assert single["description"] == "Zeile eins\nZeile <zwei> & mehr"


@pytest.mark.parametrize(
    "unknown",
    ["999999999", "0", "-1", "abc", "12.5", "007", "9" * 30, "1%2C2", "%00", "M%FCll", "٣", "100001%20"],
    ids=lambda unknown: f"R-182 {unknown}",
)
def test_unknown_id_is_404(api: Api, conn: Connection, unknown: str) -> None:
    store(conn, id=3), store(conn, id=7), store(conn, id=100_001)
    (error,) = api.get(f"/requests/{unknown}", 404)
    assert error["code"] == 404
    assert error["description"]


def test_hidden_request_is_404(api: Api, conn: Connection) -> None:
    """R-182"""
    number = store(conn, visibility=Visibility.HIDDEN)
    api.get(f"/requests/{number}", 404)
    staff = an_api(api.client.core, Scope.READ_HELD)
    staff.get(f"/requests/{number}", 404, api_key=staff.key)


def test_request_of_another_jurisdiction_is_404(api: Api, conn: Connection) -> None:
    """R-182"""
    api.get(f"/requests/{store(conn, jurisdiction_id='mannheim.de')}", 404)


@pytest.mark.parametrize("switches", [{}, {"extensions": "true"}], ids=["plain", "extensions"])
def test_held_request_shows_nothing_of_what_was_sent(
    api: Api, conn: Connection, switches: dict[str, Any]
) -> None:
    """R-182: old apps refresh the id they just got, so it is answered, but without texts and pictures."""
    sent = {
        "description": "geheimer Text",
        "address": "geheime Straße 1",
        "status_notes": "geheime Notiz",
        "title": "geheimer Titel",
        "media_urls": ["https://example.org/geheim.jpg"],
        "attributes": {"FARBE": ["geheim"]},
        "service_object_id": "geheim-1",
        "service_object_type": "geheim",
        "zipcode": "67059",
    }
    number = store(conn, visibility=Visibility.HELD, **sent)
    (row,) = api.get(f"/requests/{number}", **switches)
    assert (row["service_request_id"], row["status"], row["description"]) == (str(number), "open", "")
    assert row["media_url"] is None
    assert "geheim" not in api.raw(f"/requests/{number}.json", **switches).text


def test_city_may_answer_held_requests_with_404(make_core: MakeCore, conn: Connection) -> None:
    """R-182"""
    city = first_city()
    city = replace(city, jurisdiction=replace(city.jurisdiction, held_by_id=False))
    core = make_core(city)
    number = store(conn, visibility=Visibility.HELD)
    an_api(core).get(f"/requests/{number}", 404)
    staff = an_api(core, Scope.READ_HELD)
    assert staff.get(f"/requests/{number}", api_key=staff.key)[0]["description"] == "Alte Matratzen"


def test_old_request_is_answered(api: Api, conn: Connection) -> None:
    """R-183"""
    number = store(conn, requested_datetime=days_ago(4000))
    assert api.get(f"/requests/{number}")[0]["requested_datetime"].startswith("2015-")


@pytest.mark.parametrize(
    "path", ["/request/{}.json", "/request/{}.xml", "/requests/{}.JSON", "/requests//{}.xml"]
)
def test_other_addresses_answer_too(api: Api, conn: Connection, path: str) -> None:
    """R-180: Boston's spelling, and what careless clients make of ours."""
    number = store(conn)
    response = api.raw(path.format(number))
    value = response.json if path.lower().endswith("json") else parse_xml(response.data)
    assert value[0]["service_request_id"] == str(number)
