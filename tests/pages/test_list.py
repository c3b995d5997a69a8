"""The list of reports: complete without scripts and without a map."""

import re

from tests.serving import Api


def test_shows_reports_with_name_place_and_status(api: Api) -> None:
    number = api.report(description="Drei Matratzen", address_string="Ludwigstraße 12")
    html = api.client.get("/").text
    assert f'href="/reports/{number}"' in html
    assert "Wilde Müllablagerung" in html
    assert "Ludwigstraße 12" in html
    assert "Drei Matratzen" in html
    assert "gemeldet (neu, ungeprüft)" in html
    assert "1 Meldung<" in html


def test_every_page_answers(api: Api) -> None:
    number = api.report(description="Drei Matratzen", address_string="Ludwigstraße 12")
    for path in ("/", f"/reports/{number}", "/open-data", "/imprint", "/privacy", "/accessibility"):
        for language in ("de", "en"):
            response = api.client.get(path, query_string={"locale": language})
            assert response.status_code == 200, response.text
            assert f'<html lang="{language}">' in response.text
            assert not re.search(r"page\.[a-z_.]+[<\"]", response.text)
