"""The map beside the list: the same reports, by pointer or keyboard; and everything without it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.site import Site

LOOKS = [
    # The longer words on the smaller screen.
    pytest.param("de-DE", PHONE, "dark", id="German-phone"),
    pytest.param("en-GB", DESK, "light", id="English-desk"),
]
LAMP = "/?service_code=STRASSENLATERNE"
WORDS = {
    "de": ("Karte", "gemeldet (neu, ungeprüft)", "mehrere Meldungen", "Näher heran"),
    "en": ("Map", "reported (new, not yet checked)", "several reports", "Zoom in"),
}
SHOWN = 20


def arrives(visitor: Visitor, path: str = "/") -> None:
    """Open a page and wait for its map."""
    visitor.opens(path)
    visitor.sees_the_map()


@pytest.mark.parametrize(("language", "size", "colours"), LOOKS)
def test_says_in_words_what_it_shows_and_has_no_barriers(
    visit: Visit, site: Site, language: str, size: tuple[int, int], colours: str
) -> None:
    visitor = visit(language, size, colours)
    arrives(visitor)
    name, status, several, closer = WORDS[language[:2]]
    expect(visitor.canvas).to_have_attribute("aria-label", name)
    legend = visitor.page.locator(".legend").inner_text()
    assert status in legend
    assert several in legend
    expect(visitor.page.get_by_role("button", name=closer)).to_have_count(1)
    assert visitor.barriers() == []
    assert visitor.overflow() <= 0


@pytest.mark.parametrize(("language", "size", "colours"), LOOKS)
def test_numbers_open_until_there_are_reports_behind_them(
    visit: Visit, site: Site, language: str, size: tuple[int, int], colours: str
) -> None:
    visitor = visit(language, size, colours)
    arrives(visitor)
    assert visitor.area == []
    wide = 180.0
    for _ in range(5):
        visitor.goes_in()
        if visitor.popup.count():
            break
        west, _, east, _ = visitor.area
        assert east - west < wide
        wide = east - west
    expect(visitor.popup.get_by_role("link")).to_have_count(SHOWN + 1)
    assert visitor.is_inside_the_window(visitor.popup)
    assert visitor.barriers() == []


def test_a_symbol_leads_to_its_report(visit: Visit, site: Site) -> None:
    visitor = visit()
    arrives(visitor, f"{LAMP}&bbox=8.4454,49.4806,8.4474,49.4816")
    visitor.canvas.click()
    visitor.popup.get_by_role("link").click()
    visitor.page.wait_for_url(f"**/reports/{site.numbers['fixed']}")
    assert visitor.heading == "Defekte Straßenbeleuchtung"
    visitor.sees_the_map()


def test_two_quick_taps_on_a_number_end_where_its_reports_are(visit: Visit, site: Site) -> None:
    visitor = visit(size=DESK)
    arrives(visitor, "/?bbox=8.4434,49.4796,8.4494,49.4826")
    visitor.canvas.dblclick()
    visitor.page.wait_for_function("() => location.search !== '?bbox=8.4434,49.4796,8.4494,49.4826'")
    visitor.rests()
    visitor.sees_the_map()
    expect(visitor.reports).to_have_count(SHOWN)
    for _ in range(4):
        if visitor.popup.count():
            break
        visitor.goes_in()
    assert "Meldungen an dieser Stelle" in visitor.popup.inner_text()


def test_free_ground_can_be_reported_about(visit: Visit, site: Site) -> None:
    visitor = visit("en-GB", PHONE)
    arrives(visitor, "/?bbox=8.4100,49.4900,8.4110,49.4910")
    visitor.canvas.click()
    with visitor.page.expect_navigation():
        visitor.popup.get_by_role("link", name="Report something here").click()
    assert visitor.page.locator("[name=lat]").input_value().startswith("49.49")


def test_the_list_follows_the_place_of_the_device(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.page.context.grant_permissions(["geolocation"])
    visitor.page.context.set_geolocation({"latitude": 49.53, "longitude": 8.35, "accuracy": 20})
    arrives(visitor)
    expect(visitor.reports).to_have_count(SHOWN)
    visitor.page.get_by_role("button", name="Wo bin ich?").click()
    visitor.page.wait_for_function("() => location.search.includes('bbox')")
    visitor.rests()
    expect(visitor.reports).to_have_count(0)


def test_the_keyboard_is_enough(visit: Visit, site: Site) -> None:
    visitor = visit("en-GB", PHONE)
    arrives(visitor, LAMP)
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.matches('#map canvas')"):
            break
    assert "arrow keys" in (visitor.page.locator("#map-keys").text_content() or "").lower()
    visitor.goes_in()
    visitor.page.wait_for_function("() => document.activeElement.closest('.map__sheet')")
    visitor.page.keyboard.press("Escape")
    visitor.popup.wait_for(state="detached")
    expect(visitor.page.locator("#map canvas")).to_be_focused()
    visitor.goes_in()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(re.compile(rf"/reports/{site.numbers['fixed']}"))


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_filter_changes_map_and_list_without_a_new_page(
    visit: Visit, site: Site, size: tuple[int, int]
) -> None:
    visitor = visit("en-GB", size)
    arrives(visitor)
    visitor.page.evaluate("window.same = true")
    visitor.opens_filters()
    with visitor.page.expect_request(re.compile(r"/tiles/.*service_code=STRASSENLATERNE")):
        visitor.page.locator("#service_code").select_option(label="Broken streetlight")
    visitor.rests()
    visitor.sees_the_map()
    expect(visitor.reports).to_have_count(1)
    assert "service_code=STRASSENLATERNE" in visitor.path
    with visitor.page.expect_request(re.compile(r"/tiles/.*detailed_status=PENDING")):
        visitor.page.get_by_label("reported (new, not yet checked)", exact=True).check()
    visitor.rests()
    expect(visitor.reports).to_have_count(0)
    visitor.page.go_back()
    visitor.reports.first.wait_for()
    expect(visitor.page.get_by_label("reported (new, not yet checked)", exact=True)).not_to_be_checked()
    assert visitor.page.evaluate("window.same")


def test_the_list_follows_the_map_and_the_address_both(visit: Visit, site: Site) -> None:
    visitor = visit()
    arrives(visitor, "/?bbox=8.42,49.47,8.47,49.49")
    expect(visitor.reports).to_have_count(SHOWN)
    visitor.page.evaluate("window.same = true")
    while visitor.reports.count():
        visitor.goes_in("ArrowLeft")
    expect(visitor.page.locator("#results")).to_contain_text("0 Meldungen in diesem Ausschnitt")
    here = visitor.path
    visitor.page.get_by_role("link", name="Ganze Stadt zeigen").click()
    visitor.reports.first.wait_for()
    assert visitor.area == []
    assert visitor.page.evaluate("window.same")
    expect(visitor.page.locator("#results")).to_be_focused()
    arrives(visitor, here)
    expect(visitor.reports).to_have_count(0)


def test_only_what_is_in_view_is_loaded(visit: Visit, site: Site) -> None:
    visitor = visit(size=PHONE)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    arrives(visitor)
    tiles = [url for url in asked if url.split("?")[0].endswith(".mvt")]
    assert 0 < len(tiles) <= 6
    assert all("cells=8" in url and "closed_days=90" in url for url in tiles)
    assert [url for url in asked if "maplibre-gl-worker" in url]


def test_on_a_telephone_a_search_leads_below_the_map(visit: Visit, site: Site) -> None:
    visitor = visit(size=PHONE)
    arrives(visitor)
    visitor.searches("Matratzen Sofa")
    expect(visitor.reports).to_have_count(1)
    expect(visitor.reports.first).to_be_in_viewport()


def test_a_page_without_a_map_is_complete(visit: Visit, site: Site) -> None:
    visitor = visit("en-GB", PHONE, drawing=False)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.opens_list()
    visitor.page.locator("#map").wait_for(state="detached")
    visitor.page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "maplibre" in url or "/tiles/" in url]
    expect(visitor.reports).to_have_count(SHOWN)
    assert visitor.barriers() == []
    visitor.opens_filters()
    visitor.filters(service="Broken streetlight")
    expect(visitor.reports).to_have_count(1)


def test_without_scripts_nothing_waits_for_a_map(visit: Visit, site: Site) -> None:
    visitor = visit(scripts=False, drawing=False)
    visitor.opens_list()
    expect(visitor.page.locator("#map")).to_be_hidden()
    expect(visitor.reports).to_have_count(SHOWN)
    visitor.opens(f"/reports/{site.numbers['fixed']}")
    expect(visitor.page.locator("#map")).to_be_hidden()
