"""What a city says about its pages: name, colours, logo, long texts."""

from dataclasses import replace
from pathlib import Path

import pytest

from open311 import catalogue_file
from open311.base.text import Text
from open311.catalogue_file import CatalogueError
from open311.model.catalogue.site import Site
from tests.serving import ROOT, Api, MakeCore, an_api, first_city

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


def city_with(make_core: MakeCore, **fields: object) -> Api:
    """A server whose city has this site and nothing else."""
    return an_api(make_core(replace(first_city(), site=Site(**fields))))


def test_name_and_intro_stand_at_the_top(api: Api) -> None:
    html = api.client.get("/?locale=en").text
    assert '<span class="brand__name">Report a problem</span>' in html
    assert "Dumped waste, a dark lamp, a broken swing?" in html


def test_everything_has_a_default(make_core: MakeCore) -> None:
    api = city_with(make_core)
    assert "Mängelmelder" in api.client.get("/").text
    for path in ("/imprint", "/privacy", "/accessibility"):
        assert "Bürgerberatung der Stadt Ludwigshafen" in api.client.get(path).text


def test_a_text_of_its_own_is_markdown_without_html(make_core: MakeCore) -> None:
    text = "## Wir\n\n- eins\n\n<script>x</script> [Verweis](javascript:alert(1)) ![x](https://elsewhere.example/x.png)"
    html = city_with(make_core, imprint=Text({"de": text})).client.get("/imprint").text
    assert "<h2>Wir</h2>" in html
    assert "<li>eins</li>" in html
    assert "<script>x" not in html
    assert 'href="javascript:' not in html
    assert "<img" not in html.partition('class="prose"')[2]


def test_colours_become_tokens(make_core: MakeCore) -> None:
    css = city_with(make_core, colour="#112233", colour_dark="#ddeeff").client.get("/city.css").text
    assert "light) { :root { --kern-color-action-default: #112233; } }" in css
    assert "dark) { :root { --kern-color-action-default: #ddeeff; } }" in css


def test_a_logo_is_served_as_a_picture(make_core: MakeCore, tmp_path: Path) -> None:
    (tmp_path / "wappen.svg").write_text(LOGO)
    catalogue = replace(first_city(), site=Site(logo="wappen.svg"))
    api = an_api(make_core(catalogue, OPEN311_CATALOGUE=str(tmp_path / "categories.yaml")))
    assert 'src="/logo?v=' in api.client.get("/").text
    response = api.client.get("/logo")
    assert response.mimetype == "image/svg+xml"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_without_a_logo_there_is_none(api: Api) -> None:
    assert api.client.get("/logo").status_code == 404


def test_a_logo_that_is_missing_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "categories.yaml"
    shipped = (ROOT / "categories.yaml").read_text(encoding="utf-8")
    file.write_text(shipped.replace("\nsite:\n", "\nsite:\n  logo: wappen.svg\n"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"no file 'wappen\.svg' beside"):
        catalogue_file.load(file)
    (tmp_path / "wappen.svg").write_text(LOGO)
    assert catalogue_file.load(file).site.logo == "wappen.svg"


def test_a_site_survives_the_way_through_its_document() -> None:
    document = catalogue_file.contents(first_city())
    assert document["site"]["colour"] == "#0a5a8c"
    assert set(document["site"]["name"]) == {"de", "en"}
