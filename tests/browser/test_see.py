"""People look at what was reported, with scripts and without."""

import pytest

from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.site import Site

BUDGET = 100_000
EVERYBODY = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@EVERYBODY
def test_finds_a_report_by_words_and_reads_it(visit: Visit, site: Site, scripts: bool) -> None:
    visitor = visit(size=PHONE, scripts=scripts, drawing=False)
    visitor.opens_list()
    visitor.searches("Matratzen Sofa")
    assert visitor.reports.count() == 1
    visitor.goes_by(visitor.reports.first.get_by_role("link"))
    assert visitor.path == f"/reports/{site.numbers['new']}"
    assert "Drei Matratzen und ein Sofa." in visitor.page.inner_text("main")
    photos = visitor.page.locator(".photos img")
    assert photos.count() == 2
    assert photos.first.get_attribute("alt") == "Foto 1 von 2: Wilde Müllablagerung"


@EVERYBODY
def test_filters_stand_in_the_address(visit: Visit, site: Site, scripts: bool) -> None:
    visitor = visit("en-GB", scripts=scripts, drawing=False)
    visitor.opens_list()
    visitor.opens_filters()
    visitor.filters("fixed", service="Broken streetlight", days="30")
    assert visitor.reports.count() == 1
    assert "detailed_status=PROCESSED" in visitor.path
    visitor.page.reload()
    assert visitor.page.get_by_label("fixed", exact=True).is_checked()
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
    assert visitor.reports.count() == 20


def test_the_other_language_keeps_the_address(visit: Visit, site: Site) -> None:
    visitor = visit(drawing=False)
    visitor.opens("/?q=Sofa")
    visitor.follows("English")
    assert "q=Sofa" in visitor.path
    assert visitor.page.get_by_role("searchbox").input_value() == "Sofa"
    visitor.goes_by(visitor.reports.first.get_by_role("link"))
    assert visitor.page.locator("html").get_attribute("lang") == "en"
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
