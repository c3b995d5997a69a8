"""The documentation page."""

from pathlib import Path

import pytest

from open311.web import docs
from tests.serving import Api

SCRIPTS = ("/open311/v2/docs/ui/swagger-ui-bundle.js", "/open311/v2/docs/static/docs.js")


def test_page_and_its_scripts_are_served_by_us(api: Api) -> None:
    page = api.raw("/docs").text
    for script in SCRIPTS:
        assert script in page
        served = api.client.get(script)
        assert (served.status_code, served.mimetype) == (200, "text/javascript")
        served.close()


def test_page_allows_no_script_but_from_files_of_ours(api: Api) -> None:
    answer = api.raw("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy
    assert "<script>" not in answer.text


def test_page_at_the_test_endpoint_shows_the_test_endpoint(api: Api) -> None:
    assert 'data-document="/open311/v2/openapi.json"' in api.raw("/docs").text
    assert 'data-document="/open311/test/v2/openapi.json"' in api.client.get("/open311/test/v2/docs").text


def test_page_without_its_files_says_what_to_do(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docs, "FILES", tmp_path)
    answer = api.raw("/docs")
    assert answer.status_code == 200
    assert "make install" in answer.text
    assert "<script" not in answer.text
    assert 'href="/open311/v2/openapi.json"' in answer.text


def test_no_file_outside_the_folder_is_served(api: Api) -> None:
    answer = api.raw("/docs/ui/../package.json")
    assert answer.status_code == 404
