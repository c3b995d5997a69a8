"""Every page and state without barriers that a program can find: languages, colours, sizes."""

import pytest

from tests.browser.conftest import DESK, NARROW, PHONE, Visit
from tests.browser.site import Site

PAGES = {
    "list": "/",
    "filtered": "/?q=Matratzen&detailed_status=PENDING&days=30",
    "second page": "/?page=2",
    "nothing found": "/?q=Nashorn",
    "wrong filter": "/?days=never",
    "new": "/reports/{new}",
    "fixed": "/reports/{fixed}",
    "answers": "/reports/{answers}",
    "merged": "/reports/{merged}",
    "held": "/reports/{held}",
    "hidden": "/reports/{hidden}",
    "open data": "/open-data",
    "imprint": "/imprint",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "no such page": "/no/such/page",
}
LOOKS = [
    pytest.param("de-DE", DESK, "light", id="German-desk-light"),
    pytest.param("en-GB", PHONE, "dark", id="English-phone-dark"),
    pytest.param("de-DE", PHONE, "dark", id="German-phone-dark"),
    pytest.param("en-GB", DESK, "light", id="English-desk-light"),
]


@pytest.mark.parametrize(("language", "size", "colours"), LOOKS)
def test_axe_finds_nothing(
    visit: Visit, site: Site, language: str, size: tuple[int, int], colours: str
) -> None:
    visitor = visit(language, size, colours)
    found = {}
    for name, path in PAGES.items():
        visitor.opens(path.format(**site.numbers))
        found[name] = visitor.barriers()
        assert visitor.page.locator("html").get_attribute("lang") == language[:2]
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


@pytest.mark.parametrize(("size", "zoom"), [(NARROW, 1.0), (DESK, 4.0), (PHONE, 1.0)])
def test_no_page_is_wider_than_its_window(
    visit: Visit, site: Site, size: tuple[int, int], zoom: float
) -> None:
    visitor = visit(size=size, zoom=zoom)
    for path in PAGES.values():
        visitor.opens(path.format(**site.numbers))
        assert visitor.overflow() <= 0, path


def test_text_of_twice_the_size_stays_inside(visit: Visit, site: Site) -> None:
    visitor = visit(size=(640, 900))
    for path in PAGES.values():
        visitor.opens(path.format(**site.numbers))
        visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert visitor.overflow() <= 0, path


def test_the_keyboard_reaches_the_content_first(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.opens_list()
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.closest('main') !== null")
