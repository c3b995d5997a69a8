"""The number of a report, written as people write it, leads to the report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.site.report_numbers import report_number
from tests.client import client_of
from tests.serving import Api, MakeCore

SPELLINGS = (
    "102001",
    " 102001 ",
    "Nr. 102001",
    "Nr.102001",
    "nr 102 001",
    "#102001",
    "No. 102001",
    "Meldung Nr. 102001",
    "Meldungsnummer: 102001",
    "Report #102001",
    "Meine Meldungs-Nr.: 102001",
    "Az. 102001",
    "Ref 102-001",
    "102.001",
    "102,001",
    "102 001",
    "102\u202f001",
    "102'001",
    "\uff11\uff10\uff12\uff10\uff10\uff11",
    "(102001)",
    "„102001“",
    "102001.",
    "https://maengel.example.org/reports/102001?locale=en",
    "maengel.example.org/ludwigshafen.de/reports/102001",
    "https://maengel.example.org/open311/v2/requests/102001.json",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_number_is_read_in_any_spelling(spelling: str) -> None:
    assert report_number(spelling) == 102001


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Müll",
        "Ludwigstraße 12",
        "12 Ludwigstraße",
        "102001 Müll",
        "1 2",
        "10.2",
        "Nr.",
        "9" * 16,
        "102.0011",
    ],
)
def test_what_is_no_number_is_searched_for(words: str) -> None:
    assert report_number(words) is None


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(text: str) -> None:
    number = report_number(text)
    assert number is None or 0 <= number < 10**15


@pytest.mark.parametrize("service_code", ["MUELL_WILD", "STRASSENLATERNE", "KANAL"])
def test_the_search_leads_to_the_report(api: Api, service_code: str) -> None:
    """E1: held, batch or public, the number that was handed out is found."""
    posted = api.post({"service_code": service_code, "attribute[DEFEKT]": "aus"})
    number = posted[0].get("service_request_id") or _by_token(api, posted[0]["token"])
    for query in (f"Nr. {number}", f"#{number}"):
        answer = api.client.get("/", query_string={"q": query, "locale": "en"})
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/reports/{number}?locale=en#content"
        assert api.client.get(answer.headers["Location"]).status_code == 200
    assert api.client.get(f"/{number}").headers["Location"] == f"/reports/{number}"
    assert api.client.get(f"/reports/Nr.%20{number}").headers["Location"] == f"/reports/{number}"


def _by_token(api: Api, token: str) -> str:
    with api.client.core.database.read() as conn:
        rows = conn.exec_driver_sql("select max(id) from service_requests").all()
    return str(rows[0][0])


def test_a_number_that_nobody_may_see_is_an_empty_list(make_core: MakeCore) -> None:
    answer = client_of(make_core()).get("/?q=999999999")
    assert answer.status_code == 200
    assert "999999999" in answer.text
