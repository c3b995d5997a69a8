"""People look at what was reported, with scripts and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.site import Site

BUDGET = 100_000
A4 = (794, 1123)
EVERYBODY = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@EVERYBODY
def test_finds_a_report_by_words_and_reads_it(visit: Visit, site: Site, scripts: bool) -> None:
    visitor = visit(size=PHONE, scripts=scripts, drawing=False)
    visitor.opens_list()
    visitor.searches("Matratzen Sofa")
    expect(visitor.reports).to_have_count(1)
    expect(visitor.reports.first).to_be_in_viewport()
    visitor.goes_by(visitor.reports.first.get_by_role("link"))
    assert visitor.path == f"/reports/{site.numbers['new']}"
    assert "Drei Matratzen und ein Sofa." in visitor.page.inner_text("main")
    photos = visitor.page.locator(".photos img")
    expect(photos).to_have_count(2)
    expect(photos.first).to_have_attribute("alt", "Foto 1 von 2: Wilde Müllablagerung")


@EVERYBODY
def test_filters_stand_in_the_address(visit: Visit, site: Site, scripts: bool) -> None:
    visitor = visit("en-GB", scripts=scripts, drawing=False)
    visitor.opens_list()
    visitor.opens_filters()
    visitor.filters("fixed", service="Broken streetlight", days="30")
    expect(visitor.reports).to_have_count(1)
    assert "detailed_status=PROCESSED" in visitor.path
    visitor.page.reload()
    expect(visitor.page.get_by_label("fixed", exact=True)).to_be_checked()
    visitor.follows("Clear filters")
    assert visitor.path == "/"


@EVERYBODY
def test_pages_show_every_report_once(visit: Visit, site: Site, scripts: bool) -> None:
    visitor = visit(scripts=scripts, drawing=False)
    visitor.opens_list()
    seen: list[str | None] = []
    for _ in range(10):
        seen += [element.get_attribute("data-number") for element in visitor.reports.all()]
        if not visitor.page.get_by_role("link", name="Ältere Meldungen").count():
            break
        visitor.follows("Ältere Meldungen")
    assert len(seen) == len(set(seen)) == 49
    visitor.follows("Neuere Meldungen")
    expect(visitor.reports).to_have_count(20)


def test_the_other_language_keeps_the_address(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens("/?q=Sofa")
    visitor.follows("English")
    assert "q=Sofa" in visitor.path
    expect(visitor.page.get_by_role("searchbox")).to_have_value("Sofa")
    visitor.goes_by(visitor.reports.first.get_by_role("link"))
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    visitor.follows("All reports")
    assert visitor.heading == "Problems in Ludwigshafen"


def test_a_held_report_shows_nothing_that_was_sent(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens(f"/reports/{site.numbers['held']}")
    assert visitor.heading == "Diese Meldung wird geprüft"
    assert "Geheimes" not in visitor.page.content()
    assert "Ludwigstraße" not in visitor.page.content()


def test_a_hidden_report_is_not_there(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    assert visitor.opens(f"/reports/{site.numbers['hidden']}").status == 404
    assert visitor.heading == "Diese Seite gibt es nicht"


def test_a_repeated_report_leads_to_the_first(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens(f"/reports/{site.numbers['merged']}")
    visitor.goes_by(visitor.page.locator(".kern-alert a"))
    assert visitor.path == f"/reports/{site.numbers['new']}"


def test_tables_fit_on_paper(visit: Visit, site: Site) -> None:
    """What one scrolls to on a screen would be cut off at the edge of the sheet."""
    visitor = visit(size=A4, drawing=False)
    visitor.opens("/statistics")
    cells = "".join(f"<td>Abgeschlossen {number}</td>" for number in range(7))
    table = f"<div class='table'><table class='kern-table'><tr>{cells}</tr></table></div>"
    visitor.page.locator("main").evaluate("(main, table) => { main.innerHTML += table }", table)
    placed = visitor.page.locator("main table").last
    widths = """table => {
        const box = table.parentElement;
        return [table.getBoundingClientRect().right, box.scrollWidth - box.clientWidth];
    }"""
    assert placed.evaluate(widths)[1] > 0
    visitor.page.emulate_media(media="print")
    right, hidden = placed.evaluate(widths)
    assert hidden == 0
    assert right <= A4[0]


def test_words_run_from_right_to_left_where_their_script_does(visit: Visit, site: Site) -> None:
    visitor = visit(size=PHONE, drawing=False)
    visitor.opens(f"/reports/{site.numbers['new']}")
    said = visitor.page.locator("main .said").first
    said.evaluate("place => { place.textContent = 'مرحبا.' }")
    last = """place => {
        const range = document.createRange();
        range.setStart(place.firstChild, place.textContent.length - 1);
        range.setEnd(place.firstChild, place.textContent.length);
        return [range.getBoundingClientRect().x, place.getBoundingClientRect().width / 2];
    }"""
    # The full stop stands behind the words, that is to their left, and the words at the right of the page.
    place, middle = said.evaluate(last)
    assert place > middle
    assert said.evaluate("place => { place.textContent = 'Guten Tag.' }") is None
    assert said.evaluate(last)[0] < middle


def test_the_link_of_a_report_can_be_copied(visit: Visit, site: Site) -> None:
    visitor = visit("en-GB", drawing=False)
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.opens(f"/reports/{site.numbers['new']}?locale=en")
    visitor.page.get_by_role("button", name="Copy link").click()
    visitor.page.get_by_text("The link is copied.").wait_for()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{site.base}/reports/{site.numbers['new']}"


def test_links_of_open_data_lead_somewhere(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens("/open-data")
    for link in visitor.page.locator(".links a").all():
        href = link.get_attribute("href") or ""
        assert visitor.page.request.get(site.base + href).status == 200, href


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_the_first_view_is_small_and_sets_no_cookie(visit: Visit, site: Site, size: tuple[int, int]) -> None:
    visitor = visit(size=size)
    sizes = []
    visitor.page.on("requestfinished", lambda request: sizes.append(request))
    visitor.opens_list()
    visitor.page.wait_for_load_state("networkidle")
    light = [
        request for request in sizes if "/vendor/maplibre" not in request.url and "/tiles/" not in request.url
    ]
    sent = sum(
        request.sizes()["responseBodySize"] + request.sizes()["responseHeadersSize"] for request in light
    )
    assert sent < BUDGET
    assert visitor.page.context.cookies() == []
