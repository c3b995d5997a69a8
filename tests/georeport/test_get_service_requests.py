"""GET service requests: what is in the list, in what order, and what each row looks like."""

from typing import Any
from xml.dom import minidom

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.model.access.keys import Scope
from open311.model.service_request import Status, Visibility
from tests.actors import CLARA
from tests.serving import START, Api, Clock, an_api
from tests.stored import CITY, days_ago, ids, store

ALWAYS = {
    "service_request_id": str,
    "status": str,
    "service_name": str,
    "service_code": str,
    "description": str,
    "requested_datetime": str,
    "updated_datetime": str,
    "address": str,
    "address_id": str | None,
    "zipcode": str | None,
    "lat": float | None,
    "long": float | None,
    "media_url": str | None,
}
SOMETIMES = {"status_notes", "agency_responsible", "service_notice", "expected_datetime"}
IN_ORDER = [
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "lat", "long", "media_url"),
]


def fill(conn: Connection, count: int, hours_apart: int = 1) -> None:
    """`count` requests, one an hour, with the lowest id the newest."""
    conn.execute(
        text(
            "insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,"
            " requested_datetime, updated_datetime) select :city, 'MUELL_WILD', 'open', 'IN_BEARBEITUNG',"
            " 'published', moment, moment from (select cast(:now as timestamptz) - n * :apart * interval '1 hour'"
            " as moment from generate_series(1, :count) n) moments"
        ),
        {"city": CITY, "now": START, "count": count, "apart": hours_apart},
    )


def test_without_arguments_holds_the_last_90_days(api: Api, conn: Connection) -> None:
    """R-150"""
    inside, newest = store(conn, requested_datetime=days_ago(90)), store(conn, requested_datetime=START)
    store(conn, requested_datetime=days_ago(90.0001))
    answer = api.get("/requests")
    assert ids(answer) == [newest, inside]
    root = minidom.parseString(api.raw("/requests.xml").data).documentElement
    assert root is not None
    assert root.tagName == "service_requests"
    assert [child.tagName for child in root.childNodes] == ["request", "request"]


def test_ends_after_the_newest_1000(api: Api, conn: Connection) -> None:
    """R-151, R-152"""
    fill(conn, 1003)
    answer = api.get("/requests")
    assert len(answer) == 1000
    moments = [request["requested_datetime"] for request in answer]
    assert moments[0] == "2026-03-02T08:30:00+01:00"
    assert moments[-1] == "2026-01-19T17:30:00+01:00"


def test_is_ordered_by_moment_then_by_id_as_a_number(api: Api, conn: Connection) -> None:
    """R-153: 1000000 comes after 999999, although it sorts before it as a text."""
    early = store(conn, requested_datetime=days_ago(3))
    twins = [store(conn, id=number, requested_datetime=days_ago(2)) for number in (999_999, 1_000_000)]
    late = store(conn, requested_datetime=days_ago(1))
    assert ids(api.get("/requests")) == [late, *reversed(twins), early]


def test_is_empty_without_even_white_space(api: Api) -> None:
    """R-154"""
    assert api.get("/requests") == []
    assert api.raw("/requests.json").data.strip() == b"[]"
    root = minidom.parseString(api.raw("/requests.xml").data).documentElement
    assert root is not None
    assert root.tagName == "service_requests"
    assert len(root.childNodes) == 0


def test_xml_root_holds_nothing_but_requests(api: Api, conn: Connection) -> None:
    """R-155, also where paging adds totals."""
    store(conn), store(conn)
    for query in ({}, {"page": 1, "page_size": 1}, {"extensions": "true"}):
        root = minidom.parseString(api.raw("/requests.xml", **query).data).documentElement
        assert root is not None
        elements = [child for child in root.childNodes if child.nodeType == child.ELEMENT_NODE]
        assert {element.tagName for element in elements} == {"request"}
        assert not root.attributes


@pytest.mark.parametrize("given", ["nothing", "everything"], ids=["R-156 bare", "R-156 full"])
def test_each_row_has_its_fields(api: Api, conn: Connection, given: str) -> None:
    """R-156, R-157, R-175: the fields of v2 in their order, and none beyond."""
    if given == "nothing":
        store(conn, description="", address="", location=None)
    else:
        store(
            conn,
            status=Status.CLOSED,
            detailed_status="GELOEST",
            status_notes="Abgeholt.",
            agency_responsible="STADTREINIGUNG",
            expected_datetime=START,
            closed_datetime=days_ago(1),
            address_id="4711",
            zipcode="67059",
            media_urls=["https://example.org/1.jpg"],
            title="Müll",
            channel="app",
            attributes={"FARBE": ["blau"]},
        )
    (row,) = api.get("/requests")
    for name, kind in ALWAYS.items():
        assert isinstance(row[name], kind), name
    assert set(row) - set(ALWAYS) == (SOMETIMES if given == "everything" else {"service_notice"})
    assert list(row) == [name for name in IN_ORDER if name in row]
    assert row["status"] in ("open", "closed")


@pytest.mark.parametrize("status", list(Status), ids=lambda status: f"R-157 {status}")
def test_status_is_one_of_two_lower_case_words(api: Api, conn: Connection, status: Status) -> None:
    store(conn, status=status)
    assert api.get("/requests")[0]["status"] == {"OPEN": "open", "CLOSED": "closed"}[status.name]


@pytest.mark.parametrize(
    "visibility", [Visibility.HELD, Visibility.HIDDEN], ids=lambda visibility: f"R-174 {visibility}"
)
@pytest.mark.parametrize(
    "query",
    [{}, {"page": 1}, {"q": "Matratzen"}, {"bbox": "8,49,9,50"}, {"updated_after": "2000-01-01"}],
    ids=["plain", "paged", "words", "box", "updated"],
)
def test_unpublished_requests_are_in_no_list(
    api: Api, conn: Connection, visibility: Visibility, query: dict[str, Any]
) -> None:
    secret = store(conn, visibility=visibility)
    shown = store(conn)
    assert ids(api.get("/requests", **query)) == [shown]
    assert ids(api.get("/requests", service_request_id=f"{secret},{shown}")) == [shown]
    assert api.get("/requests", q=secret) == []


def test_unmoderated_report_is_in_no_list_until_it_is_published(api: Api, core: Core) -> None:
    """R-174"""
    number = api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    assert api.get("/requests") == api.get("/requests", service_request_id=number) == []
    casework.publish(core, int(number), CLARA)
    assert ids(api.get("/requests")) == [int(number)]
    casework.hide(core, int(number), CLARA)
    assert api.get("/requests") == api.get("/requests", service_request_id=number) == []


def test_key_that_may_read_held_reports_sees_them_in_order(core: Core, conn: Connection) -> None:
    held = store(conn, visibility=Visibility.HELD, requested_datetime=days_ago(2))
    older, newer = store(conn, requested_datetime=days_ago(3)), store(conn)
    store(conn, visibility=Visibility.HIDDEN)
    staff = an_api(core, Scope.READ_HELD)
    assert ids(staff.get("/requests", api_key=staff.key)) == [newer, held, older]
    assert ids(an_api(core).get("/requests")) == [newer, older]


def test_other_jurisdictions_are_left_out(api: Api, conn: Connection) -> None:
    elsewhere = store(conn, jurisdiction_id="mannheim.de")
    assert api.get("/requests") == api.get("/requests", service_request_id=elsewhere) == []


def test_closing_moves_updated_datetime(api: Api, core: Core, clock: Clock) -> None:
    """R-176"""
    number = api.report()
    closed = clock.forward(hours=3)
    casework.set_status(core, int(number), "GELOEST", CLARA, "Abgeholt.")
    (row,) = api.get("/requests")
    assert (row["status"], row["status_notes"]) == ("closed", "Abgeholt.")
    assert row["requested_datetime"] == "2026-03-02T09:30:00+01:00"
    assert row["updated_datetime"] == "2026-03-02T12:30:00+01:00"
    assert closed.isoformat() == "2026-03-02T11:30:00+00:00"
    clock.forward(days=1)
    casework.assign(core, int(number), "TIEFBAU", CLARA)
    assert api.get("/requests")[0]["updated_datetime"] == "2026-03-03T12:30:00+01:00"


def test_clock_that_goes_backwards_leaves_no_update_before_the_report(
    api: Api, core: Core, clock: Clock
) -> None:
    """R-176"""
    number = api.report()
    clock.forward(minutes=-5)
    casework.set_status(core, int(number), "GELOEST", CLARA)
    clock.forward(minutes=6)
    (row,) = api.get("/requests")
    assert row["updated_datetime"] == row["requested_datetime"] == "2026-03-02T09:30:00+01:00"


def test_without_coordinates_both_are_null(api: Api) -> None:
    """R-177"""
    api.report(lat=None, long=None, address_string="Hinter der Pfalzgrafenhalle")
    (row,) = api.get("/requests")
    assert (row["lat"], row["long"]) == (None, None)
    in_xml = api.raw("/requests.xml").text
    assert "<lat></lat>" in in_xml or "<lat/>" in in_xml
    assert "<long></long>" in in_xml or "<long/>" in in_xml


def test_three_pictures_give_one_media_url(api: Api) -> None:
    """R-178"""
    api.report(media_url=[f"https://example.org/{number}.jpg" for number in (1, 2, 3)])
    assert api.get("/requests")[0]["media_url"] == "https://example.org/1.jpg"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("VOLLZUGSDIENST", "Kommunaler Vollzugsdienst"), ("Feuerwehr & <THW>", "Feuerwehr & <THW>")],
    ids=["R-179 known", "R-179 free text"],
)
def test_agency_responsible_is_plain_text(api: Api, conn: Connection, stored: str, shown: str) -> None:
    store(conn, agency_responsible=stored)
    assert api.get("/requests")[0]["agency_responsible"] == shown


def test_reporter_is_in_no_answer(api: Api, core: Core, conn: Connection) -> None:
    """R-174, R-193, R-194: nothing about the sender, the key or the private answers, whatever is asked."""
    secrets = {
        "email": "geheim@example.org",
        "phone": "0621 555",
        "first_name": "Gerda",
        "last_name": "Geheim",
        "device_id": "geraet-77",
        "account_id": "konto-88",
        "attribute[KENNZEICHEN]": "LU-XY 99",
    }
    number = api.report(
        service_code="FAHRZEUG_ALT", **{"attribute[FARBE]": "blau", "attribute[ZUSTAND]": "reifen"}, **secrets
    )
    casework.publish(core, int(number), CLARA)
    assert ids(api.get("/requests")) == [int(number)]
    for path in ("/requests.json", "/requests.xml", f"/requests/{number}.json", f"/requests/{number}.xml"):
        for query in ({}, {"extensions": "true"}, {"api_key": api.key}):
            answer = api.raw(path, **query).text
            for secret in (*secrets.values(), api.key, "frau.amt"):
                assert secret not in answer
