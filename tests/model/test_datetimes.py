"""Datetimes on the wire: strict out, lenient in."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open311.base.datetimes import parse, write, write_utc

BERLIN = ZoneInfo("Europe/Berlin")
zones = st.sampled_from(
    [BERLIN, UTC, *map(ZoneInfo, ("America/Havana", "Asia/Kathmandu", "Pacific/Kiritimati"))]
)
moments = st.datetimes(timezones=st.just(UTC))
lookalikes = st.from_regex(
    r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]"
    r"(T[0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?(Z|[+ -][0-9]{2}:?[0-9]{2})?)?\Z"
)


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)


@given(moments, zones)
@example(datetime(3059, 1, 1, 0, 0, 0, 999997, UTC), BERLIN)
def test_any_moment_written_is_read_back_in_whole_seconds(moment: datetime, zone: ZoneInfo) -> None:
    """R-020, R-021."""
    written = write(moment, zone)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", written)
    assert moment.replace(microsecond=0) == parse(written, zone)


@given(moments, moments)
def test_utc_texts_sort_like_their_moments(one: datetime, other: datetime) -> None:
    """R-066, R-067."""
    seconds = [moment.replace(microsecond=0) for moment in (one, other)]
    assert (seconds[0] < seconds[1]) == (write_utc(one) < write_utc(other))


@given(st.text() | st.text("0123456789-:TZ+. ") | lookalikes, zones, st.booleans())
@example("0001-01-01T00:00:00+23:59", UTC, False)
@example("9999-12-31T23:59:59-23:59", UTC, False)
@example("0001-01-01", BERLIN, False)
@example("9999-12-31", ZoneInfo("America/Havana"), True)
def test_any_text_is_a_moment_or_a_value_error(raw: str, zone: ZoneInfo, end_of_day: bool) -> None:
    """R-027."""
    with suppress(ValueError):
        moment = parse(raw, zone, end_of_day=end_of_day)
        assert (moment.tzinfo, moment.microsecond) == (UTC, 0)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (utc(2026, 3, 2, 8, 30), "2026-03-02T09:30:00+01:00"),
        (utc(2026, 7, 2, 8, 30, 1, 999999), "2026-07-02T10:30:01+02:00"),
        (utc(1850, 1, 1), "1850-01-01T00:00:00Z"),
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59Z"),
    ],
)
def test_written_with_the_offset_of_the_season_and_no_fraction(moment: datetime, written: str) -> None:
    """R-020, R-021."""
    assert write(moment, BERLIN) == written


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-03-01T00:00:00Z", utc(2026, 3, 1)),
        ("2026-03-01T01:00:00+01:00", utc(2026, 3, 1)),
        ("2026-03-01T01:00:00 01:00", utc(2026, 3, 1)),
        ("2026-02-28T18:30:00-0530", utc(2026, 3, 1)),
        ("2026-03-01T00:00:00.999999Z", utc(2026, 3, 1)),
        ("2026-03-01T00:00:00.1234567891", utc(2026, 3, 1)),
        ("2026-03-01T10:00:00", utc(2026, 3, 1, 10)),
        ("2026-03-01T10:00Z", utc(2026, 3, 1, 10)),
        ("2026-03-01T10:00+0100", utc(2026, 3, 1, 9)),
        ("2026-03-01 10:00:00", utc(2026, 3, 1, 10)),
        ("2026-03-01 10:00:00+01:00", utc(2026, 3, 1, 9)),
        ("2026-03-01 10:00:00.123456+00:00", utc(2026, 3, 1, 10)),
        ("2026-03-01 10:00:00,5Z", utc(2026, 3, 1, 10)),
        ("2026-03-01 10:00:00+01", utc(2026, 3, 1, 9)),
        ("2026-03-01 10:00:00 +0100", utc(2026, 3, 1, 9)),
        ("2026-03-01 10:00:00 UTC", utc(2026, 3, 1, 10)),
        ("2026-03-01T10:00:00+01:00[Europe/Berlin]", utc(2026, 3, 1, 9)),
        ("2026-03-01T10:00Z[UTC]", utc(2026, 3, 1, 10)),
        ("2026-03-01t10:00:00z", utc(2026, 3, 1, 10)),
        ("2026-03-01T10:00:60Z", utc(2026, 3, 1, 10, 0, 59)),
    ],
)
def test_lenient_spelling_is_understood(raw: str, moment: datetime) -> None:
    """R-022, R-023, R-024, R-025."""
    assert parse(raw, BERLIN) == moment


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-29", "2026-10-25"])
def test_date_alone_is_a_local_day(day: str) -> None:
    """R-026."""
    first, last = parse(day, BERLIN), parse(day, BERLIN, end_of_day=True)
    assert first == datetime.combine(date.fromisoformat(day), time.min, BERLIN)
    assert last == datetime.combine(date.fromisoformat(day), time(23, 59, 59), BERLIN)


def test_day_whose_midnight_comes_twice_is_whole() -> None:
    # A day of the past: what is to come differs between editions of the time zone data.
    havana = ZoneInfo("America/Havana")
    assert parse("2024-11-03", havana) == utc(2024, 11, 3, 4)
    assert parse("2024-11-03", havana, end_of_day=True) + timedelta(seconds=1) == utc(2024, 11, 4, 5)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "gestern",
        "2026-13-45",
        "2026-02-30",
        "2026-03-01T25:00:00Z",
        "2026-03-01T10:00:00+24:00",
        "2026-03-01T10:00:00+01:60",
        "2026-03-01T10:00.5Z",
        "2026-03-01T10Z",
        "2026-03-01\n",
        "٢٠٢٦-03-01",
        "20260301",
        "2026-W10-1",
    ],
)
def test_anything_else_is_refused(raw: str) -> None:
    """R-027."""
    with pytest.raises(ValueError, match="not a datetime"):
        parse(raw, BERLIN)
