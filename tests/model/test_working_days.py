"""Deadlines in working days: weekends, public holidays of the state, days of the city's own, and summer time."""

import re
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.model.desk.working_days import Calendar, Period, days_between, is_known

MIDNIGHT = time()
BERLIN = ZoneInfo("Europe/Berlin")
LUDWIGSHAFEN = Calendar(country="DE", subdivision="RP", closed=frozenset({"12-24", "12-31"}))


def local(day: str, time: str = "09:30") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-02", 20, "2026-03-30"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-08", 1, "2026-03-09"),
        ("2026-03-08", 2, "2026-03-10"),
        # Good Friday and Easter Monday.
        ("2026-04-01", 1, "2026-04-02"),
        ("2026-04-01", 2, "2026-04-07"),
        ("2026-04-02", 1, "2026-04-07"),
        ("2026-04-03", 1, "2026-04-07"),
        ("2026-04-06", 1, "2026-04-07"),
        # Labour Day is a Friday, Ascension a Thursday, Whit Monday, Corpus Christi (not everywhere in Germany).
        ("2026-04-30", 1, "2026-05-04"),
        ("2026-05-13", 1, "2026-05-15"),
        ("2026-05-22", 1, "2026-05-26"),
        ("2026-06-03", 1, "2026-06-05"),
        ("2026-06-03", 2, "2026-06-08"),
        # German Unity on a Saturday, All Saints on a Sunday: nothing is lost.
        ("2026-10-02", 1, "2026-10-05"),
        ("2026-10-30", 1, "2026-11-02"),
        ("2027-10-29", 1, "2027-11-02"),
        # Christmas Eve and New Year's Eve are the city's own.
        ("2026-12-23", 1, "2026-12-28"),
        ("2026-12-24", 1, "2026-12-28"),
        ("2026-12-30", 1, "2027-01-04"),
        ("2026-12-23", 4, "2027-01-04"),
        ("2026-12-30", 2, "2027-01-05"),
        # Ends of months, a leap day.
        ("2026-01-30", 1, "2026-02-02"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2028-02-29", 1, "2028-03-01"),
        ("2026-02-27", 1, "2026-03-02"),
        # No working day at all to wait for.
        ("2026-03-07", 0, "2026-03-07"),
    ],
)
def test_only_days_on_which_the_city_works_count(start: str, days: int, end: str) -> None:
    assert LUDWIGSHAFEN.after(local(start), days, BERLIN) == local(end)


@pytest.mark.parametrize(("start", "end"), [("2026-03-27", "2026-03-30"), ("2026-10-23", "2026-10-26")])
def test_the_hour_of_the_day_stays_when_clocks_are_changed(start: str, end: str) -> None:
    """The promise of Friday half past nine is kept on Monday half past nine, by the clock on the wall."""
    after = LUDWIGSHAFEN.after(local(start).astimezone(UTC), 1, BERLIN)
    assert after == local(end)
    assert after.tzinfo == UTC


def test_the_day_is_that_of_the_city_not_that_of_the_server() -> None:
    """Half an hour past midnight in Berlin is Sunday evening in UTC."""
    late = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
    assert LUDWIGSHAFEN.after(late, 1, BERLIN) == local("2026-03-10", "00:30")


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("1 working day", "2026-03-09"),
        ("2 working days", "2026-03-10"),
        ("1 day", "2026-03-07"),
        ("3 days", "2026-03-09"),
    ],
)
def test_a_period_ends(words: str, end: str) -> None:
    period = Period.read(words)
    assert str(period) == words
    assert period.end(local("2026-03-06"), LUDWIGSHAFEN, BERLIN) == local(end)


def test_hours_pass_at_night_too_and_without_a_calendar_every_day_counts() -> None:
    friday = local("2026-03-06", "22:00")
    assert Period.read("4 hours").end(friday, LUDWIGSHAFEN, BERLIN) == friday + timedelta(hours=4)
    assert Period.read("2 working days").end(friday, None, BERLIN) == friday + timedelta(days=2)


@pytest.mark.parametrize(
    "words", ["", "0 days", "1", "day", "1 week", "-1 days", "1.5 days", "99999 days", "1 day "]
)
def test_what_is_no_period_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        Period.read(words)


@pytest.mark.parametrize(
    ("country", "subdivision", "known"),
    [("DE", "RP", True), ("US", "IL", True), ("DE", "XX", False), ("ZZ", None, False)],
)
def test_places_whose_holidays_nobody_knows(country: str, subdivision: str | None, *, known: bool) -> None:
    assert is_known(country, subdivision) is known


def test_no_other_country_is_loaded_and_each_can_be() -> None:
    # One that is made from another's.
    assert is_known("AX", None)
    assert "holidays.countries.finland" in sys.modules
    assert "holidays.countries.new_zealand" not in sys.modules


@given(st.dates(date(2024, 1, 1), date(2034, 12, 31)), st.integers(1, 60))
def test_between_start_and_end_lie_exactly_so_many_working_days(start: date, days: int) -> None:
    end = LUDWIGSHAFEN.after(local(start.isoformat()), days, BERLIN).astimezone(BERLIN).date()
    between = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    assert LUDWIGSHAFEN.is_working_day(end)
    assert sum(map(LUDWIGSHAFEN.is_working_day, between)) == days


@pytest.mark.parametrize(
    ("start", "percent", "moved"),
    [
        # From a Friday on, half of two working days; back again from the Monday.
        ("2026-03-06T09:30", 50, "2026-03-09T09:30"),
        ("2026-03-09T09:30", -50, "2026-03-06T09:30"),
        ("2026-03-09T09:30", -20, "2026-03-06T23:54"),
        ("2026-03-03T12:00", -25, "2026-03-03T00:00"),
        # Good Friday and Easter Monday do not count, nor do days that the clock is put forward.
        ("2026-04-07T06:00", -25, "2026-04-02T18:00"),
        ("2026-03-27T12:00", 100, "2026-03-31T12:00"),
        # From a day of rest the way begins at its edge.
        ("2026-03-07T12:00", 25, "2026-03-09T12:00"),
        ("2026-03-08T12:00", -25, "2026-03-06T12:00"),
    ],
)
def test_parts_of_a_period_pass_on_working_days(start: str, percent: int, moved: str) -> None:
    zone_start = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    found = Period.read("2 working days").moved(zone_start.astimezone(UTC), percent, LUDWIGSHAFEN, BERLIN)
    assert found.astimezone(BERLIN).isoformat()[:16] == moved


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 300))
def test_what_is_moved_there_and_back_is_where_it_was(start: datetime, percent: int) -> None:
    moment, period = start.replace(microsecond=0, tzinfo=BERLIN), Period.read("2 working days")
    there = period.moved(moment, percent, LUDWIGSHAFEN, BERLIN)
    back = period.moved(there, -percent, LUDWIGSHAFEN, BERLIN)
    # The clock shows the same, or midnight twice: the end of one day is the beginning of the next.
    if LUDWIGSHAFEN.is_working_day(moment.date()) and moment.time() != MIDNIGHT:
        assert back.astimezone(BERLIN).replace(tzinfo=None) == moment.replace(tzinfo=None)
    assert there > moment


@given(start=st.dates(min_value=date(1999, 1, 1), max_value=date(2040, 1, 1)), days=st.integers(0, 2_000))
def test_days_between_are_as_many_as_it_takes_to_get_there(start: date, days: int) -> None:
    """The last working day on the way is reached by as many; the days behind it that nobody works add none."""
    began = datetime.combine(start, MIDNIGHT, BERLIN)
    end = LUDWIGSHAFEN.after(began, days, BERLIN).date()
    assert days_between(LUDWIGSHAFEN, start, end) == days
    following = LUDWIGSHAFEN.after(began, days + 1, BERLIN).date()
    assert days_between(LUDWIGSHAFEN, start, following - timedelta(days=1)) == days


def test_without_a_calendar_people_work_from_monday_to_friday() -> None:
    friday, holiday = date(2026, 4, 3), date(2026, 4, 6)
    assert [days_between(None, friday - timedelta(days=1), day) for day in (friday, holiday)] == [1, 2]
    assert [days_between(LUDWIGSHAFEN, friday - timedelta(days=1), day) for day in (friday, holiday)] == [
        0,
        0,
    ]
    assert days_between(LUDWIGSHAFEN, holiday, friday) == 0
