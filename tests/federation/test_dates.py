"""Moments are read however a program writes them, or known not to be told (faults B16, B27)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.federation.client.dates import Dates

BERLIN = Dates(ZoneInfo("Europe/Berlin"))
NINE_THIRTY = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
SPELLINGS = [
    "2026-03-02T09:30:00+01:00",
    "2026-03-02T08:30:00Z",
    "2026-03-02T09:30:00",
    "2026-03-02 09:30",
    "2026-03-02T09:30:00.1234567",
    "2026/03/02 09:30:00",
    "2026-03-02 03:30:00 EST",
    "20260302T083000Z",
    "20260302093000",
    "20260302T0930",
    "02.03.2026 09:30",
    "2.3.2026, 9:30",
    "3/2/2026 9:30:00 AM",
    "03/02/2026 09:30 a.m.",
    "2-Mar-2026 09:30:00",
    "Mar 2, 2026 9:30:00 AM",
    "March 2, 2026 9:30 am",
    "/Date(1772440200000)/",
    "/Date(1772440200000+0100)/",
    r"\/Date(1772440200000)\/",
    "1772440200",
    "1772440200000",
    "1772440200.0",
    "Mon, 02 Mar 2026 08:30:00 GMT",
    "Mon, 02 Mar 2026 03:30:00 -0500",
    "Mon Mar 02 09:30:00 CET 2026",
    "Mon Mar  2 09:30:00 2026",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_moment_is_read_however_it_is_written(text: str) -> None:
    assert BERLIN.read(text) == NINE_THIRTY


@pytest.mark.parametrize("text", ["Mon, 02 Mar 2026 09:30:00", "02 Mar 2026 09:30:00"])
def test_a_mail_date_without_a_zone_is_in_the_zone_of_the_source(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in that of this machine."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert BERLIN.read(text) == NINE_THIRTY


@pytest.mark.parametrize("text", ["2026-03-02T24:00:00", "2026-03-03", "20260303", "03.03.2026"])
def test_a_day_begins_where_the_source_is(text: str) -> None:
    assert BERLIN.read(text) == (
        None if text.count(":") == 2 and "T" not in text else datetime(2026, 3, 2, 23, tzinfo=UTC)
    )


@pytest.mark.parametrize(("text", "month"), [("13/02/2026", 2), ("02/13/2026", 2), ("04/04/2026", 4)])
def test_a_day_and_a_month_that_cannot_be_confused_are_read(text: str, month: int) -> None:
    moment = BERLIN.read(text + " 12:00")
    assert moment is not None
    assert moment.month == month


NO_MOMENTS = [
    "03/02/2026",
    "03/02/2026 09:30",
    "yesterday",
    "",
    "0000-00-00 00:00:00",
    "2026-13-01",
    "2026-02-30",
    "5",
    "9" * 40,
    "-1",
    "2026-03-02T09:30:00 XYZ",
    "0001-01-01T00:00:00",
    "01.01.0001 00:00:00",
    "1/1/0001 12:00:00 AM",
    "/Date(-62135596800000)/",
    "1753-01-01",
    "1900-01-01 00:00:00.000",
    "9999-12-31T23:59:59Z",
]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_may_mean_two_days_or_none_is_no_moment(text: str) -> None:
    assert BERLIN.read(text) is None


def test_a_form_decides_what_could_mean_two_days() -> None:
    assert Dates(UTC, "%d/%m/%Y").read("03/02/2026") == datetime(2026, 2, 3, tzinfo=UTC)
    assert Dates(ZoneInfo("Europe/Berlin"), "%d.%m.%Y %H:%M:%S").read("01.01.0001 00:00:00") is None


@given(st.text(max_size=40) | st.from_regex(r"[0-9/.:TZ+ -]{1,30}", fullmatch=True))
def test_no_text_ends_the_reader(text: str) -> None:
    moment = BERLIN.read(text)
    assert moment is None or moment.tzinfo is UTC


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_every_spelling_of_a_moment_is_the_moment(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    spellings = (
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y%m%dT%H%M%SZ",
        "%m/%d/%Y %I:%M:%S %p UTC",
        "%a, %d %b %Y %H:%M:%S GMT",
    )
    assert {BERLIN.read(moment.strftime(spelling)) for spelling in spellings} == {moment}
