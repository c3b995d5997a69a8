"""Searches as values: the window of dates that a query means, and cursors as words."""

import base64
import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.base.errors import Invalid
from open311.model.search import COUNT_LIMIT, SORT_NAMES, Cursor, Sort, Span, window

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))


@pytest.mark.parametrize(
    ("span", "meant"),
    [
        (Span(), Span(NOW - 90 * DAY, NOW)),
        (Span(NOW - 200 * DAY), Span(NOW - 200 * DAY, NOW - 110 * DAY)),
        (Span(NOW - 5 * DAY), Span(NOW - 5 * DAY, NOW)),
        (Span(None, NOW - 5 * DAY), Span(NOW - 95 * DAY, NOW - 5 * DAY)),
        (Span(NOW - 90 * DAY, NOW), Span(NOW - 90 * DAY, NOW)),
        (Span(NOW + DAY, NOW + 2 * DAY), Span(NOW + DAY, NOW + 2 * DAY)),
    ],
    ids=["R-150 none", "R-169 start", "R-169 recent start", "R-170 end", "R-168 both", "future"],
)
def test_window_of_a_plain_query(span: Span, meant: Span) -> None:
    assert window(span, NOW, 90, UTC, bounded=False) == meant


@pytest.mark.parametrize("bounded", [True, False])
def test_reversed_span_is_refused(bounded: bool) -> None:
    """R-172"""
    with pytest.raises(Invalid):
        window(Span(NOW, NOW - timedelta(seconds=1)), NOW, 90, UTC, bounded=bounded)


def test_long_span_is_refused_naming_the_limit() -> None:
    """R-171"""
    span = Span(NOW - 90 * DAY - timedelta(seconds=1), NOW)
    with pytest.raises(Invalid) as error:
        window(span, NOW, 90, UTC, bounded=False)
    assert error.value.problems[0].values == {"days": 90}
    assert window(span, NOW, 91, UTC, bounded=False) == span


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        pytest.param("2026-09-01T00:00:00", "2026-11-30T00:00:00", 90, id="an hour longer in autumn"),
        pytest.param("2026-09-02T00:00:00", "2026-11-30T23:59:59", 89, id="dates alone"),
        pytest.param("2026-01-01T00:00:00", "2026-04-01T23:59:59", 90, id="first and last date"),
    ],
)
def test_whole_days_are_counted_by_the_calendar(start: str, end: str, days: int) -> None:
    """R-168, R-171."""
    span = Span(*(datetime.fromisoformat(moment).replace(tzinfo=BERLIN) for moment in (start, end)))
    assert window(span, NOW, days, BERLIN, bounded=False) == span
    with pytest.raises(Invalid):
        window(span, NOW, days - 1, BERLIN, bounded=False)


@pytest.mark.parametrize(("days", "bounded"), [(0, False), (90, True), (0, True)])
def test_missing_ends_stay_open_when_something_else_bounds_the_answer(days: int, bounded: bool) -> None:
    """R-171, R-189, R-191"""
    for span in (Span(), Span(NOW - 900 * DAY), Span(None, NOW), Span(NOW - 900 * DAY, NOW)):
        assert window(span, NOW, days, UTC, bounded=bounded) == span


def length_of(start: datetime, end: datetime) -> timedelta:
    """The last second of a day ends it where the first begins the span."""
    is_whole = start.time() == time.min and end.time() == time(23, 59, 59)
    return end.date() - start.date() if is_whole else end - start


@given(st.none() | moments, st.none() | moments, moments, st.integers(1, 4000))
def test_window_is_never_longer_than_the_limit_and_keeps_what_was_given(
    start: datetime | None, end: datetime | None, now: datetime, days: int
) -> None:
    """R-168 to R-172, for the first and the last days of all too."""
    try:
        meant = window(Span(start, end), now, days, UTC, bounded=False)
    except Invalid:
        assert start is not None
        assert end is not None
        assert start > end or length_of(start, end) > timedelta(days=days)
        return
    assert meant.start is not None
    assert meant.end is not None
    assert timedelta(0) <= length_of(meant.start, meant.end) <= timedelta(days=days)
    assert start is None or meant.start == start
    assert end is None or meant.end == end


recent = st.integers(0, 253_402_300_799).map(lambda second: datetime.fromtimestamp(second, UTC))
numbers = st.integers(0, 10**15)
codes = st.text("abcXYZ019_-", min_size=1, max_size=64)
PLACES = {
    "requested_datetime": st.tuples(recent, numbers),
    "updated_datetime": st.tuples(recent, numbers),
    "service_request_id": st.tuples(numbers),
    "status": st.tuples(st.sampled_from(["open", "closed"]), recent, numbers),
    "service_code": st.tuples(codes, recent, numbers),
}


@given(st.data(), st.sampled_from(sorted(PLACES)), st.booleans(), st.none() | st.integers(0, COUNT_LIMIT + 1))
def test_cursor_survives_as_a_word(data: Any, name: str, reverse: bool, total: int | None) -> None:
    """R-189"""
    cursor = Cursor(Sort(name, reverse), data.draw(PLACES[name]), total)
    word = cursor.write()
    assert Cursor.read(word) == cursor
    assert word.replace("-", "").replace("_", "").isalnum()


def test_every_order_has_a_cursor() -> None:
    assert set(SORT_NAMES.values()) == set(PLACES)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_word_is_refused(word: str) -> None:
    """R-189"""
    with pytest.raises(Invalid):
        Cursor.read(word)


@pytest.mark.parametrize("place", [True, -1, 1.5, 10**15 + 1, "1", None])
def test_an_id_is_a_whole_number(place: Any) -> None:
    """R-189: JSON's `true` is an `int` to Python, and would be the request with the number 1."""
    word = base64.urlsafe_b64encode(json.dumps(["service_request_id", 0, None, place]).encode()).decode()
    with pytest.raises(Invalid):
        Cursor.read(word)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.lists(json_values, max_size=8)
    | st.tuples(st.sampled_from(sorted(PLACES)), st.integers(0, 1), json_values, json_values, json_values)
)
def test_any_other_json_is_refused_or_can_be_asked(value: Any) -> None:
    """R-189: a forged cursor may point anywhere, but never breaks a statement."""
    word = base64.urlsafe_b64encode(json.dumps(list(value)).encode()).decode()
    try:
        cursor = Cursor.read(word)
    except Invalid:
        return
    for key in cursor.keys:
        assert not isinstance(key, int) or 0 <= key <= 10**15
        assert not isinstance(key, str) or "\x00" not in key
