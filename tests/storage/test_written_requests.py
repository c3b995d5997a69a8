"""What PostgreSQL writes of a request, and what the program writes of the same: equal to the byte."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH, ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from open311.base.text import Text
from open311.formats import entries
from open311.formats.entries import Form
from open311.model.catalogue import Agency, Catalogue
from open311.model.search import RequestSearch
from open311.model.service_request import Location
from open311.storage import search
from open311.storage.database import Database
from open311.storage.requests.export import OLDEST_FIRST
from open311.web.written_requests import Writer
from tests.builders import a_catalogue, a_jurisdiction, a_service, a_vehicle_service, words
from tests.stored import CITY, store

FORMS = (entries.JSON, entries.XML, entries.CSV, entries.GEOJSON)
QUESTION = RequestSearch(jurisdiction_id=CITY)
HOSTILE = 'Ölspur <b>&amp;"\'\\ ;="=1;-2 ]]>\t\r\n\x01\x08\x0c\x1f\x7f\u2028\ufeff\ufffe\uffff\U0001f6ae,{}%s'
CODES = ("MUELL_WILD", "FAHRZEUG_ALT", "FORMER", "UNKNOWN", 'odd "<&>,')
ZONES = ("Europe/Berlin", "UTC", "America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia", "Pacific/Apia")

hostile = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from(HOSTILE), max_size=30
)
texts = st.sampled_from(["", "Alte Matratzen", HOSTILE, "=1+1", " '@x", "a;=1", 'a;"-1', "\\u0001"]) | hostile
moments = st.datetimes(datetime(1900, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
usual_moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
degrees = st.sampled_from(
    [0.0, -0.0, 49.0, 8.44, 1e-5, -0.0001, 0.00009999999, 49.00390625, 8.44640625, 49.48123456789]
)


def some_degrees(most: float) -> st.SearchStrategy[float]:
    """Numbers that are shown alike or not, up to `most` on both sides of zero."""
    return degrees | st.floats(-most, most) | st.integers(-(10**8), 10**8).map(lambda number: number / 2**23)


rows = st.fixed_dictionaries(
    {
        "service_code": st.sampled_from(CODES),
        "status": st.sampled_from(["open", "closed"]),
        "requested_datetime": usual_moments | moments,
        "description": texts,
        "address": texts,
    },
    optional={
        "status_notes": texts,
        "agency_responsible": st.sampled_from(["kvd", "nameless"]) | texts,
        "service_notice": texts,
        "expected_datetime": usual_moments | moments,
        "address_id": texts,
        "zipcode": texts,
        "location": st.none() | st.builds(Location, some_degrees(90), some_degrees(180)),
        "media_urls": st.lists(st.just("https://fotos.example.org/a.jpg?a=1&b=2") | texts, max_size=2),
        "photos": st.lists(st.just("/media/0a.jpg"), max_size=1),
    },
)


def a_city(zone: str) -> Catalogue:
    """Two services, one that is no more, and an agency without a name."""
    return a_catalogue(
        a_vehicle_service(),
        a_service(service_name=words('Wilder "Müll" <&>; =1', "=Illegal, dumping")),
        jurisdiction=a_jurisdiction(time_zone=ZoneInfo(zone)),
        agencies={
            "kvd": Agency("kvd", words("Vollzug; -dienst & Co.")),
            "nameless": Agency("nameless", Text({})),
        },
        retired={"FORMER": words("Früher")},
    )


def values(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row, with the last change some time behind the report."""
    return row | {"updated_datetime": row["requested_datetime"] + timedelta(days=1)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(row=rows, zone=st.sampled_from(ZONES), language=st.sampled_from(["de", "en"]))
@example(
    row={
        "service_code": "MUELL_WILD",
        "status": "closed",
        "requested_datetime": datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
        "description": HOSTILE,
        "address": "",
        "location": Location(49.4811, 8.4464),
    },
    zone="Europe/Berlin",
    language="en",
)
def test_is_what_the_program_writes(conn: Connection, row: dict[str, Any], zone: str, language: str) -> None:
    """Or nothing, so that the program writes it."""
    with conn.begin_nested() as nested:
        number = store(conn, **values(row))
        [request] = search.by_ids(conn, QUESTION, [number])
        for form in FORMS:
            writer = Writer(form, a_city(zone), language, "https://maengel.example")
            expected = writer.from_value(request)
            assert [written for _, _, written in writer.by_ids(conn, QUESTION, [number])] == [expected]
            assert writer.page(conn, QUESTION).items == [expected]
        cells = Writer(entries.CELLS, a_city(zone), language, "https://maengel.example")
        assert cells.page(conn, QUESTION).items == [cells.from_value(request)]
        nested.rollback()


USUAL = {
    "service_code": "MUELL_WILD",
    "requested_datetime": datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    "description": 'Zwei "Matratzen" & ein Schrank,\nseit Montag; bitte <abholen>',
    "address": "Ludwigstraße 12, Ludwigshafen",
    "location": Location(49.4811, 8.4464),
}
"""What most reports are like."""


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_most_are_written_by_postgresql(conn: Connection, form: Form) -> None:
    number = store(conn, **values(USUAL))
    wording = Writer(form, a_city("Europe/Berlin"), "de", "").wording()
    assert len(search.lines_by_ids(conn, QUESTION, [number], form.name, wording)) == 1


def test_most_cells_are_written_by_copy(conn: Connection) -> None:
    store(conn, **values(USUAL))
    wording = Writer(entries.CELLS, a_city("Europe/Berlin"), "de", "").wording()
    [line] = search.lines(conn, QUESTION, entries.CELLS.name, wording).items
    assert isinstance(line, bytes)


def test_a_page_of_cells_tells_where_the_next_one_begins(conn: Connection) -> None:
    """Also when its last row is left to the program."""
    for hours in range(5):
        moment = datetime(2026, 3, 2, hours, 30, tzinfo=UTC)
        odd = {"description": "=1+1"} if hours % 2 else {}
        store(conn, **values(USUAL | {"requested_datetime": moment} | odd))
    question = replace(QUESTION, sort=OLDEST_FIRST, page_size=2)
    writer, rows = Writer(entries.CELLS, a_city("UTC"), "de", ""), list[bytes]()
    for size in (2, 2, 1):
        page = writer.page(conn, question)
        assert len(page.items) == size
        rows += page.items
        question = replace(question, after=page.next)
    assert question.after is None
    whole = replace(QUESTION, sort=OLDEST_FIRST)
    assert rows == writer._replace(form=entries.CSV).page(conn, whole).items


def test_a_zone_that_postgresql_does_not_know_is_written_by_the_program(fresh_database_url: str) -> None:
    """Its data may be older than ours."""
    folder = next(path for path in map(Path, TZPATH) if path.exists())
    with (folder / "Europe/Berlin").open("rb") as file:
        zone = ZoneInfo.from_file(file, key="Europe/Ludwigshafen")
    catalogue = replace(a_city("UTC"), jurisdiction=a_jurisdiction(time_zone=zone))
    with closing(Database(fresh_database_url)) as database:
        with database.begin() as conn:
            numbers = [store(conn, **values(USUAL)) for _ in range(3)]
        for form in FORMS:
            writer = Writer(form, catalogue, "de", "")
            asked = replace(QUESTION, page_size=2, sort=OLDEST_FIRST)
            with database.read() as conn:
                expected = [writer.from_value(request) for request in search.by_ids(conn, QUESTION, numbers)]
                assert [line for _, _, line in writer.by_ids(conn, QUESTION, numbers)] == expected
                first = writer.page(conn, asked)
                second = writer.page(conn, replace(asked, after=first.next))
            assert [*first.items, *second.items] == expected
        with database.read() as conn:
            cells, rows = Writer(entries.CELLS, catalogue, "de", ""), Writer(entries.CSV, catalogue, "de", "")
            assert cells.page(conn, asked).items == rows.page(conn, asked).items
