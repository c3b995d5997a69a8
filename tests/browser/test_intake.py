"""A call at the desk in a browser: by keyboard alone, with scripts and without, and without barriers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from open311.actions import casework, keys
from open311.actions.addresses import address_list
from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from open311.model.access.keys import Scope
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.basemap.extracts import an_extract, forget_maps
from tests.browser.conftest import NARROW, Visit
from tests.browser.navigators import Visitor
from tests.browser.staff import signs_in
from tests.browser.town import Town
from tests.serving import first_city

STREETS = """strasse;hausnummer;plz;ort;lat;lon
Bismarckstraße;3;67059;Ludwigshafen;49,4713;8,4307
Bismarckstraße;30;67059;Ludwigshafen;49,4733;8,4327
"""
MOST_KEYS, MOST_KEYS_TO_JOIN = 40, 12


@pytest.fixture(autouse=True)
def streets(town: Town) -> Iterator[None]:
    """The town has a list of addresses, and nothing is known there yet that a call could be about."""
    town.conn.exec_driver_sql("delete from service_requests")
    address_list.replace_list(town.core, first_city(), STREETS.splitlines(keepends=True))
    yield
    town.conn.exec_driver_sql("delete from addresses")


@dataclass
class Caller:
    """Somebody at a keyboard: words are typed, and every other key counts."""

    visitor: Visitor
    keys: int = 0

    def says(self, words: str) -> None:
        """Type what the caller says."""
        self.visitor.page.keyboard.type(words)

    def presses(self, *pressed: str) -> None:
        """Press keys that are no words."""
        for key in pressed:
            self.keys += 1
            self.visitor.page.keyboard.press(key)

    def comes_to_what_is_known(self) -> None:
        """Say what and where, at the first address; the focus is on joining then."""
        self.says("müll")
        self.presses("Enter")
        self.says("bismarck 3")
        self.presses("Enter")
        expect(self.visitor.page.locator("[data-join]").first).to_be_focused()

    def tabs_to(self, selector: str) -> None:
        """Press the tab key until the focus is there."""
        for _ in range(MOST_KEYS):
            self.presses("Tab")
            if self.visitor.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"the tab key does not reach {selector}")


def known(town: Town, description: str) -> int:
    """A report at the first address."""
    key = keys.add_key(town.core, f"call {description}", [Scope.REPORT], actor=CLARA)
    sent = {"service_code": "MUELL_WILD", "lat": "49.47135", "long": "8.4307", "description": description}
    answer = httpx2.post(f"{town.base}/open311/v2/requests.json", data=sent | {"api_key": key}, timeout=60)
    return int(answer.json()[0]["service_request_id"])


def answers_a_call(visit: Visit, town: Town, **options: object) -> Caller:
    """An operator with an empty page before them, who has touched no key."""
    visitor = visit(base=town.base, **{"drawing": False} | options)
    signs_in(visitor, town.core, Role.OPERATOR)
    visitor.opens("/staff/new")
    expect(visitor.page.locator("#about")).to_be_focused()
    return Caller(visitor)


def test_a_call_becomes_a_report_with_few_keys(visit: Visit, town: Town) -> None:
    operator = answers_a_call(visit, town)
    page = operator.visitor.page
    operator.says("müll")
    operator.presses("Enter")
    expect(page.locator("#address")).to_be_focused()
    operator.says("bismarck 30")
    operator.presses("Enter")
    expect(page.locator("#description")).to_be_focused()
    expect(page.locator("#choice-1")).to_be_checked()
    operator.says("Drei Matratzen vor dem Haus, seit heute früh.")
    operator.tabs_to("#phone")
    operator.says("0621 504343")
    operator.presses("Enter")
    page.wait_for_selector(".aloud")
    assert operator.keys <= MOST_KEYS
    number = page.locator(".aloud").inner_text().replace(" ", "")
    assert town.stored("select channel, address from service_requests where id = %(n)s", n=int(number)) == [
        ("phone", "Bismarckstraße 30, 67059 Ludwigshafen")
    ]
    expect(page.get_by_role("link", name="Nächste Meldung")).to_be_focused()
    operator.visitor.goes_on_by_key()
    expect(page.locator("#about")).to_be_focused()
    expect(page.locator("#about")).to_have_value("")


def test_a_caller_is_joined_with_what_is_known_with_few_keys(visit: Visit, town: Town) -> None:
    """Journey 6."""
    number = known(town, "Sofa am Straßenrand, seit gestern")
    operator = answers_a_call(visit, town)
    page = operator.visitor.page
    operator.comes_to_what_is_known()
    expect(page.locator("[data-part=alike]")).to_contain_text("Sofa am Straßenrand")
    operator.presses("Enter")
    expect(page.locator("#email")).to_be_focused()
    operator.says("kim@example.org")
    operator.presses("Enter")
    page.wait_for_selector(".aloud")
    assert operator.keys <= MOST_KEYS_TO_JOIN
    assert page.locator(".aloud").inner_text().replace(" ", "") == str(number)
    stored = "select email, confirmed_datetime from followers where service_request_id = %(n)s"
    assert town.stored(stored, n=number) == [("kim@example.org", None)]
    town.works()
    assert town.mailbox.mails[-1]["To"] == "kim@example.org"
    history = casework.show(town.core, number, CLARA).history
    assert [event.data.get("channel") for event in history if event.kind == "contacted"] == ["phone"]
    assert town.stored("select count(*) from service_requests where id > %(n)s", n=number) == [(0,)]

    # The next caller, about something that has to be checked first and is not known.
    page.get_by_role("link", name="Nächste Meldung").press("Enter")
    expect(page.locator("#about")).to_be_focused()
    operator.says("markierung")
    operator.presses("Enter")
    operator.says("bismarck 30")
    operator.presses("Enter")
    expect(page.locator("#description")).to_be_focused()
    operator.says("Der Pfeil ist kaum zu sehen.")
    operator.tabs_to("[data-save]")
    operator.presses("Enter")
    page.wait_for_selector(".aloud")
    words = page.locator(".aloud").inner_text()
    assert re.fullmatch(r"\d{3} \d{3}", words)
    held = int(words.replace(" ", ""))
    assert casework.show(town.core, held, CLARA).request.visibility == "held"
    for path in (
        f"reports/{number}",
        f"reports/{held}",
        "open311/v2/requests.json",
        "open311/v2/changes.json",
    ):
        assert "Bea Muster" not in httpx2.get(f"{town.base}/{path}", timeout=60).text, path


def test_from_the_button_that_would_join_a_call_is_stored_all_the_same(visit: Visit, town: Town) -> None:
    number = known(town, "Matratze am Straßenrand, seit gestern")
    operator = answers_a_call(visit, town)
    page = operator.visitor.page
    operator.comes_to_what_is_known()
    operator.presses("Control+Enter")
    page.wait_for_selector(".aloud")
    assert int(page.locator(".aloud").inner_text().replace(" ", "")) > number


def test_without_scripts_enter_looks_and_the_button_stores(visit: Visit, town: Town) -> None:
    operator = answers_a_call(visit, town, scripts=False, size=NARROW)
    visitor = operator.visitor
    operator.says("müll")
    visitor.tabs_to("#address")
    operator.says("bismarck 30")
    visitor.goes_on_by_key()
    expect(visitor.page.locator("#choice-1")).to_be_checked()
    visitor.tabs_to("[data-save]")
    visitor.goes_on_by_key()
    expect(visitor.page.locator("h1")).to_have_text("Die Meldung ist aufgenommen")


@pytest.fixture
def a_map(town: Town, tmp_path: Path) -> Iterator[None]:
    """Streets to find a place by, without which no map is offered for that."""
    file = an_extract(tmp_path / "town.osm.pbf")
    importing.import_map(town.core, first_city(), file, ImportOptions(), lambda counts: None)
    yield
    forget_maps(town.core)


def test_a_place_is_pointed_at_by_keyboard(visit: Visit, town: Town, a_map: None) -> None:
    operator = answers_a_call(visit, town, drawing=True)
    page = operator.visitor.page
    operator.says("müll")
    operator.tabs_to("[data-pick] summary")
    operator.presses("Enter")
    page.locator("[data-pick-map][data-ready]").wait_for(timeout=60_000)
    operator.tabs_to("[data-pick-take]")
    operator.presses("Enter")
    expect(page.locator("[data-part=places]")).to_contain_text("Position")
    page.locator("[data-save]").click()
    page.wait_for_selector(".aloud")


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_look_of_the_page_has_barriers(visit: Visit, town: Town, language: str) -> None:
    known(town, f"Noch ein Sofa {language}")
    visitor = visit(language, drawing=False, base=town.base)
    signs_in(visitor, town.core, Role.CHECKER, language=language)
    found = {}
    visitor.opens("/staff/new")
    found["empty"] = visitor.barriers_in(language)
    visitor.types(about="müll", address="bismarck 3", phone="0621 504343")
    expect(visitor.page.locator("[data-join]").first).to_be_visible()
    for summary in visitor.page.locator("main summary").all():
        summary.click()
    found["typed"] = visitor.barriers_in(language)
    visitor.types(email="kim at example", phone="")
    visitor.page.locator("[data-save]").click()
    visitor.page.wait_for_selector("#email-error")
    found["refused"] = visitor.barriers_in(language)
    visitor.types(email="")
    visitor.page.locator("[data-join]").first.click()
    visitor.page.wait_for_selector("#joining")
    found["joining"] = visitor.barriers_in(language)
    visitor.page.locator(".part .buttons button").first.click()
    visitor.page.wait_for_selector(".aloud")
    found["done"] = visitor.barriers_in(language)
    assert {name: barriers for name, barriers in found.items() if barriers} == {}
