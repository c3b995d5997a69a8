"""What people come for, from the first page to the last mail: in both languages, on phones and desks."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from open311.actions import casework
from open311.actions.reporting import drafts
from open311.base.i18n import translate
from tests.actors import CLARA
from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.town import Town
from tests.pictures import a_photo
from tests.serving import first_city

EVEN_WITHOUT_SCRIPTS = pytest.mark.parametrize(
    ("language", "size", "scripts"),
    [("de", PHONE, True), ("en", DESK, False)],
    ids=["German-phone", "English-desk-without-scripts"],
)
COUNT = "select count(*) from service_requests where description = %(words)s"
Say = Callable[..., str]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that knows where it was taken."""
    file = tmp_path / "foto.jpg"
    file.write_bytes(a_photo())
    return file


@pytest.fixture(autouse=True)
def empty_mailbox(town: Town) -> Iterator[None]:
    """Nobody has mail, and nobody is owed any."""
    town.works()
    town.mailbox.mails.clear()
    yield
    town.core.catalogues.in_force = (first_city(),)


def words_of(language: str) -> Say:
    """The words of the pages."""
    return partial(translate, language=language)


def at_details(visitor: Visitor, say: Say, address: str, service_code: str = "MUELL_WILD") -> None:
    """The first two steps are done."""
    visitor.opens("/report")
    visitor.types(address=address)
    visitor.presses(say("page.form.next"))
    visitor.chooses(f"service-{service_code}")
    visitor.presses(say("page.form.next"))


def at_check(visitor: Visitor, say: Say, town: Town, description: str) -> None:
    """Everything is filled in."""
    at_details(visitor, say, f"Ebertpark, {description}")
    visitor.types(description=description)
    visitor.presses(say("page.form.next"))
    visitor.presses(say("page.form.next"))
    town.clock.forward(seconds=30)


def number(visitor: Visitor) -> int:
    """The number that the last page of the form gives."""
    return int(visitor.page.locator(".sent__number strong").inner_text())


@EVEN_WITHOUT_SCRIPTS
def test_a_broken_swing_from_the_photo_to_the_last_mail(
    visit: Visit, town: Town, photo: Path, language: str, size: tuple[int, int], scripts: bool
) -> None:
    visitor, say = visit(language, size, scripts=scripts, drawing=False, base=town.base), words_of(language)
    visitor.opens_list()
    visitor.follows(say("page.home.report"))
    visitor.types(address="Ebertpark, Spielplatz am Nordeingang")
    visitor.presses(say("page.form.next"))
    visitor.chooses("service-SPIELGERAET")
    visitor.presses(say("page.form.next"))
    visitor.presses(say("page.form.danger.yes"))
    expect(visitor.page.get_by_role("link", name="112")).to_have_attribute("href", "tel:112")
    visitor.follows(say("page.form.emergency.over"))
    visitor.presses(say("page.form.danger.no"))
    visitor.types(**{"attribute-SPIELPLATZ": "Ebertpark Nord", "description": "Eine Kette ist gerissen."})
    visitor.chooses("attribute-GEFAHR-2")
    visitor.page.locator("#photos").set_input_files(photo)
    visitor.presses(say("page.form.next"))
    visitor.presses(say("page.form.next"))
    visitor.types(email="kim@example.org", first_name="Kim")
    visitor.page.locator("#follow").check()
    visitor.presses(say("page.form.next"))
    assert "Kim, kim@example.org" in visitor.page.inner_text("main")
    town.clock.forward(seconds=30)
    visitor.presses(say("page.form.send"))
    assert visitor.heading == say("page.form.sent")
    reported = number(visitor)
    assert town.works() == 1
    visitor.opens(town.mailbox.link("/follow/"))
    visitor.presses(say("page.follow.confirm.button"))
    assert visitor.heading == say("page.follow.confirmed")
    casework.publish(town.core, reported, CLARA)
    town.works()
    casework.set_status(town.core, reported, "GELOEST", CLARA, "Neue Kette eingebaut.")
    assert town.works() == 1
    assert "Neue Kette eingebaut." in town.mailbox.last
    visitor.opens(f"/reports/{reported}")
    assert "Neue Kette eingebaut." in visitor.page.inner_text("main")
    expect(visitor.page.locator(".photos img")).to_have_count(1)
    visitor.opens(town.mailbox.link("/follow/"))
    visitor.presses(say("page.follow.stop"))
    assert visitor.heading == say("page.follow.stopped")
    casework.note(town.core, reported, "Noch etwas.", CLARA)
    assert town.works() == 0


def test_the_keyboard_is_enough_from_the_first_page_to_the_number(visit: Visit, town: Town) -> None:
    visitor = visit(drawing=False, base=town.base)
    keys = visitor.page.keyboard
    visitor.opens_list()
    visitor.tabs_to(".intro__actions a")
    visitor.goes_on_by_key()
    visitor.tabs_to("#address")
    visitor.goes_on_by_key()
    expect(visitor.page.locator("#wrong")).to_be_focused()
    visitor.tabs_to("#wrong a")
    keys.press("Enter")
    expect(visitor.page.locator("#address")).to_be_focused()
    keys.type("Hafen, Tor 3")
    visitor.goes_on_by_key()
    visitor.tabs_to("#words")
    keys.type("sperr")
    visitor.tabs_to(".kind__radio")
    keys.press("Space")
    visitor.goes_on_by_key()
    visitor.tabs_to("#description")
    keys.type("Nur mit Tasten")
    visitor.tabs_to(".buttons button")
    visitor.goes_on_by_key()
    visitor.tabs_to(".buttons button")
    visitor.goes_on_by_key("Space")
    visitor.tabs_to("[data-send]")
    visitor.goes_on_by_key()
    assert visitor.heading == "Danke, Ihre Meldung ist angekommen"
    assert town.stored(COUNT, words="Nur mit Tasten") == [(1,)]


@EVEN_WITHOUT_SCRIPTS
def test_who_finds_the_same_report_follows_it(
    visit: Visit, town: Town, language: str, size: tuple[int, int], scripts: bool
) -> None:
    say = words_of(language)
    first = visit(language, size, scripts=scripts, drawing=False, base=town.base)
    here = {"address": "Marktplatz", "placed": "Marktplatz", "long": "8.43"}
    here["lat"] = "49.49" if language == "de" else "49.50"

    def comes_to_details(visitor: Visitor) -> None:
        # As if the place had been taken from the map.
        begun = visitor.page.request.post(f"{town.base}/report", form=here, max_redirects=0)
        visitor.opens(begun.headers["location"].removeprefix(town.base))
        visitor.chooses("service-MUELL_WILD")
        visitor.presses(say("page.form.next"))

    comes_to_details(first)
    first.types(description=f"Das erste {language}")
    first.presses(say("page.form.next"))
    first.presses(say("page.form.next"))
    town.clock.forward(seconds=30)
    first.presses(say("page.form.send"))
    known = number(first)
    if scripts:
        first.opens("/")
        first.page.locator("[data-own-reports] a").wait_for()
        first.page.get_by_role("button", name=say("page.own.remove")).click()
        expect(first.page.locator("[data-own-reports]")).to_be_hidden()
    second = visit(language, size, scripts=scripts, drawing=False, base=town.base)
    comes_to_details(second)
    same = f"{say('page.form.me_too')} ({say('page.report.number', number=known)})"
    second.presses(same)
    second.follows(say("page.follow.link"))
    second.types(email="lou@example.org")
    town.clock.forward(seconds=5)
    second.presses(say("page.follow.button"))
    assert say("page.follow.asked") in second.page.inner_text("main")
    town.works()
    second.opens(town.mailbox.link("/follow/"))
    second.presses(say("page.follow.confirm.button"))
    casework.set_status(town.core, known, "IN_BEARBEITUNG", CLARA)
    town.works()
    assert town.mailbox.recipients[-1] == ["lou@example.org"]
    assert f"/reports/{known}" in town.mailbox.last


@EVEN_WITHOUT_SCRIPTS
def test_going_back_and_sending_again_is_one_report(
    visit: Visit, town: Town, language: str, size: tuple[int, int], scripts: bool
) -> None:
    visitor, say = visit(language, size, scripts=scripts, drawing=False, base=town.base), words_of(language)
    described = f"Nur einmal {language}"
    at_check(visitor, say, town, described)
    visitor.page.get_by_role("button", name=say("page.form.send"), exact=True).dblclick()
    # The second press breaks off the navigation of the first; Playwright's own waiting takes that for a failure.
    expect(visitor.page).to_have_url(re.compile("/sent"))
    visitor.rests()
    reported = number(visitor)
    visitor.page.go_back()
    visitor.rests()
    again = visitor.page.get_by_role("button", name=say("page.form.send"), exact=True)
    if again.count():
        visitor.presses(say("page.form.send"))
    assert number(visitor) == reported
    visitor.page.reload()
    assert number(visitor) == reported
    assert town.stored(COUNT, words=described) == [(1,)]


def test_links_that_are_old_or_made_up_say_so(visit: Visit, town: Town) -> None:
    visitor, say = visit("en", PHONE, drawing=False, base=town.base), words_of("en")
    for path in ("/follow/made-up", "/my-data/made-up"):
        assert visitor.opens(path).status == 404
        assert visitor.heading == say("page.follow.unknown")
    assert visitor.opens("/report/made-up/check").status == 404
    assert visitor.heading == say("page.form.gone")
    at_details(visitor, say, "Rheinufer")
    town.clock.forward(hours=25)
    drafts.expire(town.core)
    visitor.types(description="Lange getippt")
    visitor.presses(say("page.form.next"))
    assert say("page.form.anew") in visitor.page.inner_text("main")
    visitor.types(address="Rheinufer")
    visitor.presses(say("page.form.next"))
    visitor.chooses("service-MUELL_WILD")
    visitor.presses(say("page.form.next"))
    expect(visitor.page.locator("#description")).to_have_value("Lange getippt")


def test_a_catalogue_that_changes_meanwhile_loses_nothing(visit: Visit, town: Town) -> None:
    visitor, say = visit("de", DESK, drawing=False, base=town.base), words_of("de")
    described = "Katalog"
    at_check(visitor, say, town, described)
    city = first_city()
    renamed = replace(city.services["MUELL_WILD"], service_name=city.services["MARKIERUNG"].service_name)
    town.core.catalogues.in_force = (replace(city, services={**city.services, "MUELL_WILD": renamed}),)
    visitor.presses(say("page.form.send"))
    assert say("page.form.changed") in visitor.page.inner_text("main")
    without = {code: service for code, service in city.services.items() if code != "MUELL_WILD"}
    town.core.catalogues.in_force = (replace(city, services=without),)
    visitor.presses(say("page.form.send"))
    visitor.page.locator("#wrong").get_by_role("link").click()
    visitor.chooses("service-MARKIERUNG")
    visitor.presses(say("page.form.next"))
    expect(visitor.page.locator("#description")).to_have_value(described)
    assert town.stored(COUNT, words=described) == [(0,)]


def test_a_report_is_found_by_its_number_shared_and_printed(visit: Visit, town: Town) -> None:
    visitor, say = visit("en", DESK, drawing=False, base=town.base), words_of("en")
    shared = "navigator.share = (data) => { window.shared = data; return Promise.resolve(); };"
    printed = "window.print = () => { window.printed = true; };"
    visitor.page.add_init_script(shared + printed)
    at_check(visitor, say, town, "Zu finden")
    visitor.presses(say("page.form.send"))
    reported = number(visitor)
    visitor.opens_list()
    visitor.searches(str(reported))
    assert visitor.path.startswith(f"/reports/{reported}")
    visitor.page.get_by_role("button", name=say("page.report.share.button")).click()
    assert visitor.page.evaluate("window.shared.url") == f"{town.base}/reports/{reported}"
    visitor.page.get_by_role("button", name=say("page.report.print")).click()
    assert visitor.page.evaluate("window.printed")
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator(".menu")).to_be_hidden()
    expect(visitor.page.get_by_role("button").first).to_be_hidden()
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()


@EVEN_WITHOUT_SCRIPTS
def test_people_see_and_erase_what_is_kept_about_them(
    visit: Visit, town: Town, language: str, size: tuple[int, int], scripts: bool
) -> None:
    visitor, say = visit(language, size, scripts=scripts, drawing=False, base=town.base), words_of(language)
    email = f"robin.{language}@example.org"
    at_details(visitor, say, "Bahnhof")
    visitor.presses(say("page.form.next"))
    visitor.types(email=email, phone="0621 504 0")
    visitor.presses(say("page.form.next"))
    town.clock.forward(seconds=30)
    visitor.presses(say("page.form.send"))
    visitor.follows(say("page.data.title"))
    visitor.types(email=email)
    town.clock.forward(seconds=5)
    visitor.presses(say("page.data.button"))
    town.works()
    link = town.mailbox.link("/my-data/")
    visitor.opens(link)
    assert "0621 504 0" in visitor.page.inner_text("main")
    visitor.presses(say("page.data.erase"))
    assert visitor.heading == say("page.follow.erased")
    assert town.stored("select count(*) from reporters where email = %(email)s", email=email) == [(0,)]
    assert visitor.opens(link).status == 404


def test_each_of_several_cities_takes_its_own_reports(visit: Visit, town: Town) -> None:
    base = town.variants["cities"]
    visitor, say = visit("de", PHONE, drawing=False, base=base), words_of("de")
    visitor.opens()
    visitor.goes_by(visitor.page.locator("a.city[href*='speyer']"))
    visitor.goes_by(visitor.page.locator(".menu").get_by_role("link", name=say("page.menu.new_report")))
    visitor.types(address="Am Dom")
    visitor.presses(say("page.form.next"))
    visitor.chooses("service-MUELL_WILD")
    for _ in range(3):
        visitor.presses(say("page.form.next"))
    town.clock.forward(seconds=30)
    visitor.presses(say("page.form.send"))
    assert visitor.path.startswith("/speyer.de/")
    query = "select jurisdiction_id from service_requests where id = %(id)s"
    assert town.stored(query, id=number(visitor)) == [("speyer.de",)]
