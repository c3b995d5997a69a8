"""Dates and times in answers and in questions, and parameters sent without a value (georeport.md 3.4, 3.6)."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, Clock, MakeCore, an_api

W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
# fmt: off
OPTIONAL = (
    "jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status",
    "updated_after", "updated_before", "detailed_status", "agency_responsible", "lat", "long", "radius",
    "bbox", "q", "sort", "page", "page_size", "per_page", "limit", "offset", "cursor", "extensions",
    "locale", "api_key",
)
# fmt: on


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    return an_api(make_core(a_city()))


@pytest.fixture
def midnight(api: Api, clock: Clock) -> dict[str, str]:
    """Reports at the two ends of a UTC day: name → id."""
    moments = {
        "before": datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC),
        "first": datetime(2026, 3, 1, tzinfo=UTC),
        "last": datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC),
        "after": datetime(2026, 3, 2, tzinfo=UTC),
    }
    made = {}
    for name, clock.now in moments.items():
        made[name] = api.report()
    clock.now = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    return made


def names(found: list[dict[str, Any]], made: dict[str, str]) -> set[str]:
    return {
        name
        for name, number in made.items()
        if number in {request["service_request_id"] for request in found}
    }


def datetimes(value: Any) -> list[str]:
    if isinstance(value, list):
        return [moment for inner in value for moment in datetimes(inner)]
    if not isinstance(value, dict):
        return []
    own = [moment for name, moment in value.items() if name.endswith("datetime") or name == "changeset"]
    return [moment for moment in own if moment is not None] + datetimes(list(value.values()))


def test_every_datetime_of_every_answer_has_a_zone_and_no_fraction(api: Api) -> None:
    """R-020: iOS and Joda refuse anything else."""
    found = [moment for path in reads(api) for moment in datetimes(api.get(path, extensions="true"))]
    assert len(found) > 5
    assert [moment for moment in found if not W3C.fullmatch(moment)] == []


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 1, 15, 12, tzinfo=UTC), "2026-01-15T13:00:00+01:00"),
        (datetime(2026, 7, 15, 12, tzinfo=UTC), "2026-07-15T14:00:00+02:00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25T02:30:00+02:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25T02:30:00+01:00"),
    ],
)
def test_a_datetime_has_the_offset_of_its_season(
    api: Api, clock: Clock, moment: datetime, written: str
) -> None:
    """R-021: the instant that was stored, in the jurisdiction's own time."""
    clock.now = moment
    [found] = api.get(f"/requests/{api.report()}")
    assert found["requested_datetime"] == found["updated_datetime"] == written
    assert datetime.fromisoformat(found["requested_datetime"]) == moment


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param("2026-03-01T00:00:00Z", {"first", "last", "after"}, id="R-022 Z"),
        pytest.param("2026-03-01T01:00:00%2B01:00", {"first", "last", "after"}, id="R-022 offset"),
        pytest.param("2026-02-28T19:00:00-05:00", {"first", "last", "after"}, id="R-022 west"),
        pytest.param("2026-03-01T01:00:00+01:00", {"first", "last", "after"}, id="R-023 raw plus"),
        pytest.param("2026-03-01T00:00:00.999999Z", {"first", "last", "after"}, id="R-024 truncated"),
        pytest.param("2026-03-01T00:00:00.5", {"first", "last", "after"}, id="R-024 fraction without zone"),
        pytest.param("2026-03-01T00:00:00", {"first", "last", "after"}, id="R-025"),
        pytest.param("2026-03-01T00:00Z", {"first", "last", "after"}, id="R-022 no seconds"),
        pytest.param("2026-03-01T01:00:00%2B0100", {"first", "last", "after"}, id="R-022 RFC 822"),
        pytest.param("2026-03-01", {"before", "first", "last", "after"}, id="R-026 local day starts 23:00Z"),
        pytest.param("%20%202026-03-01T00:00:00Z%20", {"first", "last", "after"}, id="R-022 blanks around"),
    ],
)
def test_a_start_date_is_read_in_every_spelling(
    api: Api, midnight: dict[str, str], start: str, expected: set[str]
) -> None:
    """R-022 to R-026, as raw as clients send it; the bound itself belongs to the span."""
    response = api.client.get(f"{api.base}/requests.json", query_string=f"start_date={start}")
    assert response.status_code == 200, response.text
    assert names(response.get_json(), midnight) == expected


def test_a_date_alone_is_the_whole_local_day(api: Api, midnight: dict[str, str], clock: Clock) -> None:
    """R-026: from 00:00:00 to 23:59:59 in Berlin, which is 23:00Z to 22:59:59Z."""
    clock.now = datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC)
    midnight["evening"] = api.report()
    clock.now = datetime(2026, 3, 1, 23, 0, 0, tzinfo=UTC)
    midnight["next day"] = api.report()
    clock.now = datetime(2026, 3, 3, tzinfo=UTC)
    found = api.get("/requests", start_date="2026-03-01", end_date="2026-03-01")
    assert names(found, midnight) == {"before", "first", "evening"}


@pytest.mark.parametrize("parameter", ["start_date", "end_date", "updated_after", "updated_before"])
@pytest.mark.parametrize(
    "value",
    [
        "gestern",
        "2026-13-45",
        "2026-02-30",
        "0000-00-00",
        "1772439000",
        "2026-03-01T25:00:00Z",
        "\u0662\u0660\u0662\u0666-03-01",
        "9" * 500,
    ],
)
def test_what_is_no_date_is_400_and_names_the_parameter(api: Api, parameter: str, value: str) -> None:
    """R-027."""
    [error] = api.get("/requests", 400, **{parameter: value})
    assert parameter in error["description"]


@pytest.mark.parametrize(
    "value", ["0001-01-01", "9999-12-31T23:59:59-23:59", "9999-12-31", "0001-01-01T00:00:00+14:00"]
)
@pytest.mark.parametrize("parameter", ["start_date", "end_date", "updated_after", "updated_before"])
def test_the_ends_of_the_calendar_break_nothing(api: Api, parameter: str, value: str) -> None:
    """R-027: a date that overflows is a mistake of the client, never a fault."""
    response = api.raw("/requests.json", page="1", **{parameter: value})
    assert response.status_code in (200, 400)


@pytest.mark.parametrize("parameter", OPTIONAL)
@pytest.mark.parametrize("value", ["", "  "])
def test_a_parameter_sent_empty_counts_as_not_sent(api: Api, parameter: str, value: str) -> None:
    """R-028."""
    api.report()
    for suffix in FORMATS:
        asked, plain = api.raw(f"/requests{suffix}", **{parameter: value}), api.raw(f"/requests{suffix}")
        assert (asked.status_code, asked.data) == (200, plain.data)


def test_all_parameters_sent_empty_count_as_none(api: Api) -> None:
    """R-028, as forms without script send them."""
    api.report()
    asked = api.raw("/requests.json", **dict.fromkeys(OPTIONAL, ""))
    assert (asked.status_code, asked.get_json()) == (200, api.get("/requests"))
