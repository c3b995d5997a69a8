"""What every page carries: languages, headers, what may be kept, and errors in words."""

import re

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.serving import Api, MakeCore, an_api
from tests.site import many_cities, page_paths

REPORT = {"description": "Drei Matratzen", "address_string": "Ludwigstraße 12"}


def test_every_page_answers_in_both_languages(api: Api) -> None:
    for path in page_paths(api.report(**REPORT)):
        for language in ("de", "en"):
            response = api.client.get(path, query_string={"locale": language})
            assert response.status_code == 200, path
            assert f'<html lang="{language}">' in response.text
            assert response.headers["Content-Language"] == language
            assert not re.search(r"page\.[a-z_.]+[<\"]", response.text), "a message is missing"


def test_the_language_of_the_browser_counts(api: Api) -> None:
    response = api.client.get("/", headers={"Accept-Language": "en-GB,de;q=0.5"})
    assert '<html lang="en">' in response.text
    assert "Accept-Language" in response.vary


def test_a_chosen_language_goes_along(api: Api) -> None:
    number = api.report(**REPORT)
    assert f'href="/reports/{number}?locale=en"' in api.client.get("/?locale=en").text
    assert f'href="/reports/{number}"' in api.client.get("/").text


def test_nothing_foreign_and_nothing_inline_may_run(api: Api) -> None:
    number = api.report(**REPORT)
    for path in [*page_paths(number), "/reports/1"]:
        response = api.client.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "geolocation=(self)" in response.headers["Permissions-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in response.headers
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|\sstyle=", response.text)


def test_pages_may_be_kept_and_are_told_by_a_tag(api: Api) -> None:
    response = api.client.get("/")
    assert response.headers["Cache-Control"] == "public, no-cache"
    again = api.client.get("/", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert api.client.get("/reports/1").headers["Cache-Control"] == "no-store"


def test_files_with_a_version_are_kept_for_ever(api: Api) -> None:
    html = api.client.get("/").text
    files = re.findall(r'(?:href|src)="(/(?:static|city)[^"]+)"', html)
    assert len(files) >= 4
    for file in files:
        response = api.client.get(file.replace("&amp;", "&").partition("#")[0])
        assert response.status_code == 200, file
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path", ["/static/vendor/kern/../../swagger-ui-dist/package.json", "/static/vendor/axe/axe.js"]
)
def test_no_other_file_is_served(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/nothing", "/reports/1", "/reports/x", "/a/b/c", "/%FC", "/reports/9999999999999999"]
)
def test_what_is_not_there_is_told_as_a_page(api: Api, path: str) -> None:
    response = api.client.get(path, headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "There is no such page" in response.text


@pytest.mark.parametrize(
    "path", ["/open311/v2/nothing", "/tiles/99/1/1.mvt", "/media/x", "/nothing.json", "/nothing.xml"]
)
def test_programs_are_told_in_their_way(api: Api, path: str) -> None:
    response = api.client.get(path)
    assert response.status_code == 404
    assert response.mimetype != "text/html"


def test_a_wrong_method_is_told_as_a_page(api: Api) -> None:
    response = api.client.post("/imprint")
    assert response.status_code == 405
    assert "Das geht hier nicht" in response.text


def test_too_many_requests_are_told_as_a_page(make_core: MakeCore) -> None:
    api = an_api(make_core(OPEN311_RATE_LIMITS="on", OPEN311_RATE_LIMIT_GET="1"), Scope.REPORT)
    api.client.get("/imprint")
    response = api.client.get("/imprint")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "Einen Augenblick bitte" in response.text
    assert "in einer Minute" in response.text


def test_a_fault_of_ours_is_told_without_its_details(api: Api, core: Core) -> None:
    with core.database.begin() as conn:
        conn.execute(text("alter table service_requests rename to elsewhere"))
    response = api.client.get("/")
    assert response.status_code == 500
    assert "Da ist etwas schiefgegangen" in response.text
    assert "service_requests" not in response.text


def test_each_of_several_cities_has_pages_of_its_own(make_core: MakeCore) -> None:
    api = an_api(make_core(*many_cities()))
    number = api.report(jurisdiction_id="ludwigshafen.de", **REPORT)
    start = api.client.get("/").text
    assert 'href="/ludwigshafen.de"' in start
    assert 'href="/speyer.de"' in start
    assert f'href="/ludwigshafen.de/reports/{number}"' in api.client.get("/ludwigshafen.de").text
    assert api.client.get(f"/ludwigshafen.de/reports/{number}").status_code == 200
    assert api.client.get(f"/speyer.de/reports/{number}").status_code == 404
    assert api.client.get(f"/reports/{number}").status_code == 404
    assert api.client.get("/worms.de").status_code == 404
    for path in page_paths(number):
        assert api.client.get(f"/ludwigshafen.de{path}").status_code == 200


def test_an_only_city_is_found_below_its_name_too(api: Api) -> None:
    number = api.report(**REPORT)
    assert api.client.get(f"/ludwigshafen.de/reports/{number}").status_code == 200
    assert api.client.get("/speyer.de").status_code == 404


def test_what_was_sent_is_shown_as_text(api: Api) -> None:
    nasty = "<script>alert(1)</script>\"'{{ 7*7 }}<img src=x onerror=alert(1)>"
    number = api.report(description=nasty, address_string=nasty)
    for path in ("/", f"/reports/{number}", "/?q=%3Cscript%3E%22"):
        html = api.client.get(path).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;" in html


def test_a_held_report_keeps_back_what_was_sent(api: Api, core: Core) -> None:
    sent = api.post(REPORT | {"service_code": "SPIELPLATZ_SCHMUTZ"})
    number = sent[0]["service_request_id"]
    response = api.client.get(f"/reports/{number}")
    assert response.status_code == 200
    assert "Diese Meldung wird geprüft" in response.text
    assert "noindex" in response.text
    assert "Matratzen" not in response.text
    assert "Ludwigstraße" not in response.text
    assert f"/reports/{number}" not in api.client.get("/").text
    casework.publish(core, int(number), CLARA)
    assert "Matratzen" in api.client.get(f"/reports/{number}").text
    casework.hide(core, int(number), CLARA)
    assert api.client.get(f"/reports/{number}").status_code == 404
