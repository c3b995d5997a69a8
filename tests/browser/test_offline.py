"""Without a connection: the site on a device, pages seen before, and reports that are sent once there is one again."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.town import Town
from tests.pictures import a_photo
from tests.serving import first_city

PICTURES = os.environ.get("OPEN311_TEST_PICTURES")
# The addresses of all that the browser has kept.
KEPT = """async () => {
  const found = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = await Promise.all(found.map((each) => each.keys()));
  return requests.flat().map(({ url }) => url);
}"""
# What each release keeps of its own.
RELEASES = "async () => (await caches.keys()).filter((name) => name.includes(' own ')).join()"
TAKEN_OVER = f"(before) => ({RELEASES})().then((now) => !now.includes(',') && now !== before)"
WIDTH = """(src) => new Promise((done) => {
  const image = new Image();
  image.onload = () => done(image.width);
  image.src = src;
})"""
# The reports of a description, with the number of their photos.
ARRIVED = """select r.id, r.address, r.service_code, s.client_request_id,
  (select count(*) from media where media.service_request_id = r.id) photos
  from service_requests r join submissions s on s.service_request_id = r.id where r.description = %(words)s"""


@pytest.fixture(autouse=True)
def _the_first_city(town: Town) -> Iterator[None]:
    """Each test begins and ends with the catalogue as it is."""
    town.core.catalogues.in_force = (first_city(),)
    yield
    town.core.catalogues.in_force = (first_city(),)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that knows where it was taken."""
    file = tmp_path / "foto.jpg"
    file.write_bytes(a_photo())
    return file


def a_guest(visit: Visit, town: Town, path: str = "/", **wishes: Any) -> Visitor:
    """Somebody whose browser has kept the site."""
    visitor = visit(**({"base": town.base, "keeps": True, "drawing": False} | wishes))
    visitor.opens(path)
    visitor.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    return visitor


def leaves(visitor: Visitor) -> None:
    """Go where there is no connection."""
    visitor.page.context.set_offline(True)


def comes_back(visitor: Visitor) -> None:
    """Go where there is one."""
    visitor.page.context.set_offline(False)


def looked_at(visitor: Visitor, name: str) -> None:
    """Nothing beside the window; and a picture for those who want to see."""
    if PICTURES:
        visitor.page.screenshot(path=f"{PICTURES}/offline-{name}.png", full_page=True)
    assert visitor.overflow() <= 0, name


def checked(visitor: Visitor, name: str) -> None:
    """The same, and no barrier."""
    looked_at(visitor, name)
    assert visitor.barriers() == [], name


def writes(visitor: Visitor, words: str, photo: Path | None = None, service: str = "MUELL_WILD") -> None:
    """Fill in the form that needs no connection, all but the last button."""
    page = visitor.page
    page.goto(f"{visitor.base}/report")
    page.locator("form#offline[data-ready]").wait_for()
    page.locator("#address").fill("Ebertpark, Nordeingang")
    page.locator("#service_code").select_option(service)
    page.locator("#description").fill(words)
    if photo:
        page.locator("#photos").set_input_files(photo)
        page.locator("[data-photos] img").wait_for()


def finishes(visitor: Visitor) -> None:
    """Press the last button, and see the list of what waits."""
    button = visitor.page.locator("form#offline [type=submit]")
    button.click()
    visitor.page.locator("[data-entries] .entry").wait_for()


def told(visitor: Visitor) -> str:
    """What the bar says."""
    bar = visitor.page.locator("[data-waits-status]")
    bar.filter(has_text=" ").wait_for()
    return bar.inner_text()


def waits_for(visitor: Visitor, words: str) -> None:
    """Wait until the page says so."""
    visitor.page.get_by_text(words).first.wait_for()


def test_the_site_can_be_installed(visit: Visit, town: Town) -> None:
    visitor = a_guest(visit, town)
    session = visitor.page.context.new_cdp_session(visitor.page)
    read = session.send("Page.getAppManifest")
    assert read["errors"] == []
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A test has a private window.
    assert [problem for problem in found if problem["errorId"] != "in-incognito"] == []
    manifest = json.loads(read["data"])
    for icon in manifest["icons"]:
        width = visitor.page.evaluate(WIDTH, icon["src"])
        assert f"{width}x{width}" == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}


@pytest.mark.parametrize(
    ("language", "size", "colours", "title"),
    [
        ("de-DE", PHONE, "light", "Gerade keine Verbindung"),
        ("en-GB", DESK, "dark", "No connection right now"),
    ],
    ids=["German-phone", "English-desk-dark"],
)
def test_what_was_seen_opens_and_the_rest_says_why_not(
    visit: Visit, town: Town, language: str, size: tuple[int, int], colours: str, title: str
) -> None:
    visitor = a_guest(visit, town, language=language, size=size, colours=colours)
    for path in ("/imprint", "/my-data", "/report"):
        visitor.opens(path)
    visitor.types(address="Ebertpark")
    visitor.presses("Weiter" if language == "de-DE" else "Continue")
    leaves(visitor)
    visitor.page.locator("form.step [type=submit]:visible").last.click()
    assert "steht noch hier" in told(visitor) or "is still here" in told(visitor)
    visitor.opens("/imprint")
    assert visitor.heading in ("Impressum", "Imprint")
    assert "Gerät" in told(visitor) or "device" in told(visitor)
    looked_at(visitor, f"{language}-seen")
    for path in ("/my-data", "/privacy"):
        visitor.opens(path)
        assert visitor.heading == title
    checked(visitor, f"{language}-unseen")
    visitor.goes_by(visitor.page.locator(".ways a[href*='/?locale=']"))
    expect(visitor.page.locator(".filters")).to_be_visible()
    addresses = [entry.removeprefix(town.base) for entry in visitor.page.evaluate(KEPT)]
    assert "/imprint" in addresses
    personal = ("/my-data", "/follow", "/report", "/report/")
    assert [
        address for address in addresses if address.startswith(personal) and "locale=" not in address
    ] == []


def test_a_report_with_a_photo_is_sent_once_by_several_tabs(visit: Visit, town: Town, photo: Path) -> None:
    visitor = a_guest(visit, town, size=PHONE)
    leaves(visitor)
    writes(visitor, "Ein Sofa, zwei Tabs", photo)
    checked(visitor, "form")
    finishes(visitor)
    waits_for(visitor, "Wartet auf Verbindung")
    checked(visitor, "waiting")
    other = Visitor(visitor.page.context.new_page(), town.base)
    other.opens("/")
    assert "1 Meldung wartet auf Verbindung." in told(other)
    looked_at(other, "bar")
    comes_back(visitor)
    waits_for(visitor, "Angekommen")
    # Once seen on one page, it need not be told on others.
    other.page.locator("#waits").wait_for(state="hidden")
    looked_at(visitor, "arrived")
    (row,) = town.stored(ARRIVED, words="Ein Sofa, zwei Tabs")
    assert (row.address, row.photos, len(row.client_request_id)) == ("Ebertpark, Nordeingang", 1, 64)
    visitor.page.get_by_role("link", name="Nummer ansehen").click()
    assert visitor.page.locator(".sent__number strong").inner_text() == str(row.id)


def test_when_the_answer_is_lost_the_same_report_is_sent_again(visit: Visit, town: Town) -> None:
    visitor = a_guest(visit, town, language="en-GB")
    # As in browsers that send nothing by themselves.
    visitor.page.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    leaves(visitor)
    writes(visitor, "A sofa, and no answer")
    finishes(visitor)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    visitor.page.context.route("**/report/*/check**", lose)
    with visitor.page.expect_event("requestfailed", lambda request: "/check" in request.url):
        comes_back(visitor)
    assert len(town.stored(ARRIVED, words="A sofa, and no answer")) == 1
    # Too many from one address: it waits on, and nothing is lost.
    visitor.page.context.route("**/report/handed-in**", lambda route: route.fulfill(status=429))
    visitor.page.get_by_role("button", name="Send now").click()
    waits_for(visitor, "Sending has not worked yet.")
    waits_for(visitor, "Waiting for a connection")
    visitor.page.context.unroute("**/report/handed-in**")
    visitor.page.get_by_role("button", name="Send now").click()
    waits_for(visitor, "Arrived")
    assert len(town.stored(ARRIVED, words="A sofa, and no answer")) == 1


def test_when_the_catalogue_has_changed_the_writer_looks_again_and_loses_nothing(
    visit: Visit, town: Town, photo: Path
) -> None:
    visitor = a_guest(visit, town)
    leaves(visitor)
    writes(visitor, "Die Schaukel hängt schief", photo, "SPIELGERAET")
    visitor.page.locator("#attribute-SPIELPLATZ").fill("Nord")
    visitor.page.locator("#attribute-GEFAHR-2").check()
    # A danger is asked for before anything is sent.
    visitor.page.locator("form#offline [type=submit]").click()
    visitor.page.locator("#wrong:focus").wait_for()
    checked(visitor, "wrong")
    visitor.page.locator("#no_danger").check()
    finishes(visitor)
    before = visitor.page.evaluate(RELEASES)
    city = first_city()
    swing = city.services["SPIELGERAET"]
    fewer = tuple(attribute for attribute in swing.attributes if attribute.code != "SPIELPLATZ")
    changed = replace(
        city, services={**city.services, "SPIELGERAET": replace(swing, attributes=fewer)}, digest="new"
    )
    town.core.catalogues.in_force = (changed,)
    comes_back(visitor)
    waits_for(visitor, "Seitdem hat die Stadt die Fragen geändert.")
    looked_at(visitor, "changed")
    assert town.stored(ARRIVED, words="Die Schaukel hängt schief") == []
    visitor.page.get_by_role("link", name="Ändern").click()
    visitor.page.locator("form#offline[data-ready]").wait_for()
    assert "Nord" in visitor.page.locator("[data-former]").inner_text()
    expect(visitor.page.locator("#description")).to_have_value("Die Schaukel hängt schief")
    expect(visitor.page.locator("[data-photos] img")).to_have_count(1)
    checked(visitor, "changed-form")
    finishes(visitor)
    waits_for(visitor, "Angekommen")
    (row,) = town.stored(ARRIVED, words="Die Schaukel hängt schief")
    assert row.photos == 1
    # Meanwhile a new form has taken the place of the old one.
    visitor.page.wait_for_function(TAKEN_OVER, arg=before)


def test_what_was_begun_can_be_gone_on_with_and_discarded(visit: Visit, town: Town) -> None:
    visitor = a_guest(visit, town, size=PHONE)
    leaves(visitor)
    writes(visitor, "Doch nicht")
    waits_for(visitor, "Auf diesem Gerät gespeichert.")
    visitor.opens("/")
    assert "1 Meldung ist angefangen." in told(visitor)
    visitor.page.get_by_role("link", name="Ansehen", exact=True).click()
    visitor.page.get_by_role("link", name="Weiterschreiben").click()
    visitor.page.locator("form#offline[data-ready]").wait_for()
    expect(visitor.page.locator("#description")).to_have_value("Doch nicht")
    finishes(visitor)
    visitor.page.get_by_role("button", name="Verwerfen").click()
    checked(visitor, "sure")
    visitor.page.get_by_role("button", name="Ja, verwerfen").click()
    waits_for(visitor, "Auf diesem Gerät wartet nichts.")
    comes_back(visitor)
    assert town.stored(ARRIVED, words="Doch nicht") == []
