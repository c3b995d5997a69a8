"""GET service requests: `q` finds parts of words (georeport.md 5.6)."""

import pytest

from tests.serving import Api


def found(api: Api, q: str, **more: str) -> list[str]:
    """The descriptions that a search finds."""
    return [request["description"] for request in api.get("/requests", q=q, **more)]


@pytest.fixture(autouse=True)
def _reports(api: Api) -> None:
    api.report(description="Schaumstoffmatratze im Park", address_string="Rheinallee 1")
    api.report(description="Alte Matratzen", address_string="Prinzregentenstraße 7")
    api.report(description="100_Prozent Müll", email="matratze@example.org")


@pytest.mark.parametrize("q", ["matratze", "MATRATZE", "matra"], ids=lambda q: f"R-193 {q}")
def test_a_part_of_a_word_finds_both(api: Api, q: str) -> None:
    assert set(found(api, q)) == {"Alte Matratzen", "Schaumstoffmatratze im Park"}


def test_another_form_of_a_word_is_found(api: Api) -> None:
    """R-193"""
    api.report(description="Eine Matratze")
    assert set(found(api, "matratzen")) == {"Alte Matratzen", "Eine Matratze"}


@pytest.mark.parametrize(
    "q", ["stoffmat", "prinzregentenstrasse", "regentenstraße", "REGENTENSTRASSE"], ids=lambda q: f"R-193 {q}"
)
def test_one_report_holds_the_part(api: Api, q: str) -> None:
    assert len(found(api, q)) == 1


def test_two_letters_in_the_middle_of_a_word_are_too_few(api: Api) -> None:
    assert found(api, "of") == []


def test_every_word_must_be_there(api: Api) -> None:
    """R-193"""
    assert found(api, "stoffmat park") == ["Schaumstoffmatratze im Park"]
    assert found(api, "stoffmat regenten") == []


def test_an_underscore_stands_for_itself(api: Api) -> None:
    assert found(api, "100_pro") == ["100_Prozent Müll"]
    assert found(api, "sch_umstoff") == []


def test_pages_of_hits_do_not_repeat_and_are_counted(api: Api) -> None:
    """R-189, R-193"""
    first = api.raw("/requests.json", q="matratz", page=1, page_size=1)
    second = api.raw("/requests.json", q="matratz", page=2, page_size=1)
    assert first.headers["X-Result-Count"] == "2"
    assert first.json[0]["service_request_id"] != second.json[0]["service_request_id"]


def test_a_report_that_matches_in_two_ways_is_shown_once(api: Api) -> None:
    number = api.report(description="Wilde Müllablagerung")
    shown = [request["service_request_id"] for request in api.get("/requests", q="müllablagerung")]
    assert shown.count(number) == 1
    assert len(shown) == 4


def test_agency_responsible_takes_name_or_code_in_any_case(api: Api) -> None:
    everything = len(api.get("/requests"))
    assert len(api.get("/requests", agency_responsible="stadtREINIGUNG")) == everything
    assert api.get("/requests", agency_responsible="nobody") == []
