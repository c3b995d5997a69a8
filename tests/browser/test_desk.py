"""The desk in a browser: without barriers, boxes on photos, fields that come and go."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import expect

from open311.actions import casework, keys
from open311.model.access.keys import Scope
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.browser.conftest import Visit
from tests.browser.navigators import Visitor
from tests.browser.staff import signs_in
from tests.browser.test_desk_journeys import follows
from tests.browser.town import Town
from tests.pictures import a_photo

BOX = "[data-frame] .box"
FACE = '[{"kind": "face", "confidence": 91, "left": 0.1, "top": 0.1, "width": 0.2, "height": 0.3}]'

SENT_BY_TWO_PRESSES = """button => {
  let sent = 0;
  addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sent += 1;
    event.preventDefault();
  });
  button.click();
  button.click();
  return sent;
}"""


def held(town: Town, description: str) -> int:
    """A report with a photo that waits for its check."""
    key = keys.add_key(town.core, f"desk {description} {town.core.now()}", [Scope.REPORT], actor=CLARA)
    sent = {
        "api_key": key,
        "service_code": "MARKIERUNG",
        "lat": "49.48",
        "long": "8.44",
        "description": description,
        "email": "kim@example.org",
    }
    answer = httpx2.post(
        f"{town.base}/open311/v2/requests.json",
        data=sent,
        files={"media": a_photo()},
        timeout=60,
        verify=False,
    )
    return int(answer.json()[0]["service_request_id"])


# The words of facts that stand on two lines, though nothing in them says where they may be broken.
BROKEN_WORDS = """() => [...document.querySelectorAll(".facts dd")].flatMap((fact) => {
  const broken = [];
  const texts = document.createTreeWalker(fact, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/[\\p{L}]+/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_page_of_the_desk_has_barriers(visit: Visit, town: Town, language: str) -> None:
    number = held(town, f"Herr Muster, LU-AB 123 {language}")
    town.conn.exec_driver_sql("update media set suggested = %(boxes)s::jsonb", {"boxes": FACE})
    visitor = visit(language, drawing=False, base=town.base)
    signs_in(visitor, town.core, Role.CHECKER, language=language)
    found = {}
    # Colours and sizes do not depend on the language.
    look = visitor.barriers_of_every_look if language == "de" else visitor.barriers
    for path in (
        "/staff/check",
        f"/staff/check/{number}",
        "/staff/reports",
        "/staff/reports/map",
        f"/staff/reports/{number}",
        f"/staff/reports/{number}/routing",
        "/staff/routing?service=SPIELGERAET",
    ):
        visitor.opens(path)
        for summary in visitor.page.locator("main summary:visible").all():
            summary.click()
        found[path] = look()
        if path.endswith(str(number)):
            visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
            found[f"{path} in large letters"] = visitor.page.evaluate(BROKEN_WORDS)
    # On a telephone nobody moves a list sideways, and it is still a table.
    visitor.page.set_viewport_size({"width": 320, "height": 700})
    for path in ("/staff/check", "/staff/reports"):
        visitor.opens(path)
        assert visitor.page.locator(".scroll").evaluate("list => list.scrollWidth - list.clientWidth") == 0
        for role in ("table", "columnheader", "rowheader"):
            expect(visitor.page.get_by_role(role).first).to_be_attached()
    visitor.opens(f"/staff/check/{number}")
    visitor.page.locator("#outcome-duplicate").check()
    visitor.goes_by(visitor.page.locator("[data-check] button[type=submit]").last)
    found["refused"] = look()
    assert {path: barriers for path, barriers in found.items() if barriers} == {}


def pages_around(visitor: Visitor, town: Town, words: str) -> Iterator[str]:
    """Open page after page of what goes on around cases, in bulk and on the spot; each by its name."""
    number = held(town, words)
    casework.publish(town.core, number, CLARA)
    follows(town, number, "kim@example.org", reporter=True)
    for path in (
        "/staff/people",
        f"/staff/reports/{number}/edit",
        "/staff/reports/views",
        "/staff/new",
        "/staff/field",
        "/staff/field/plan",
        "/staff/me",
        "/staff/me/tokens",
    ):
        visitor.opens(path)
        yield path
    visitor.opens("/staff/people")
    visitor.types(contact="kim@example.org")
    visitor.goes_by(visitor.page.locator("main form button[type=submit]"))
    yield "people found"
    visitor.types(contact="kim")
    visitor.goes_by(visitor.page.locator("main form button[type=submit]"))
    yield "people refused"
    visitor.opens("/staff/reports?order=newest")
    visitor.page.locator(f"input.tick[value='{number}']").check()
    visitor.goes_by(visitor.page.locator("#bulk button").first)
    yield "bulk"
    visitor.page.locator("#act").select_option("priority")
    visitor.goes_by(visitor.page.locator("button[name=preview]"))
    yield "bulk refused"
    visitor.page.locator("#bulk-priority").select_option("1")
    visitor.goes_by(visitor.page.locator("button[name=preview]"))
    yield "bulk preview"
    visitor.goes_by(visitor.page.locator("button[name=run]"))
    yield "bulk result"


@pytest.mark.parametrize("language", ["de", "en"])
def test_nothing_around_a_case_has_barriers(visit: Visit, town: Town, language: str) -> None:
    visitor = visit(language, drawing=False, base=town.base)
    signs_in(visitor, town.core, Role.CHECKER, Role.LEAD, language=language)
    found = {}
    for name in pages_around(visitor, town, f"Ohne Barrieren, {language}"):
        found[name] = visitor.barriers()
        # What does not fit is a matter of the longer words.
        if language == "de":
            visitor.page.set_viewport_size({"width": 320, "height": 700})
            found[name] += ["wider than its window"] * (visitor.overflow() > 0)
            visitor.page.set_viewport_size({"width": 1280, "height": 900})
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


def test_the_list_beside_the_map_follows_it(visit: Visit, town: Town) -> None:
    number = held(town, "Auf der Karte")
    visitor = visit(base=town.base)
    signs_in(visitor, town.core, Role.CHECKER)
    visitor.opens("/staff/reports/map?stage=check&order=newest")
    visitor.sees_the_map()
    found = visitor.page.locator("#found")
    expect(found.get_by_role("link", name=str(number))).to_be_visible()
    visitor.canvas.press("+")
    visitor.page.wait_for_url("**bbox=**")
    expect(found.locator("h2")).to_contain_text("in diesem Ausschnitt")
    assert visitor.barriers() == []


def test_a_box_is_drawn_and_removed(visit: Visit, town: Town) -> None:
    number = held(town, "Zum Schwärzen")
    visitor = visit(drawing=False, base=town.base)
    signs_in(visitor, town.core, Role.CHECKER)
    visitor.opens(f"/staff/check/{number}")
    frame = visitor.page.locator("[data-frame]")
    frame.scroll_into_view_if_needed()
    at = frame.bounding_box()
    assert at
    visitor.page.mouse.move(at["x"] + at["width"] * 0.2, at["y"] + at["height"] * 0.2)
    visitor.page.mouse.down()
    visitor.page.mouse.move(at["x"] + at["width"] * 0.6, at["y"] + at["height"] * 0.8)
    visitor.page.mouse.up()
    expect(visitor.page.locator(BOX)).to_have_count(1)
    left, top, width, height = (
        float(field.input_value())
        for field in visitor.page.locator("[data-row]").first.locator("input").all()
    )
    assert (abs(left - 20) < 4, abs(top - 20) < 4, abs(width - 40) < 5, abs(height - 60) < 5) == (True,) * 4
    visitor.page.keyboard.press("Delete")
    expect(visitor.page.locator(BOX)).to_have_count(0)
    expect(visitor.page.locator("[data-row]")).to_have_count(1)
    # The same by figures, which a box follows.
    visitor.page.locator("[data-boxes]").evaluate("list => { list.closest('details').open = true; }")
    for field, figure in zip(
        visitor.page.locator("[data-row]").first.locator("input").all(), ("10", "20", "95", "5"), strict=True
    ):
        field.fill(figure)
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator(BOX)).to_have_count(1)
    expect(visitor.page.locator("[data-row]")).to_have_count(2)
    # Moved back into the picture.
    expect(visitor.page.locator("[data-row] input").first).to_have_value("5.00")


def test_only_the_fields_of_the_chosen_result_are_in_sight_and_sent_once(visit: Visit, town: Town) -> None:
    number = held(town, "Welches Ergebnis")
    visitor = visit(drawing=False, base=town.base)
    signs_in(visitor, town.core, Role.CHECKER)
    visitor.opens(f"/staff/check/{number}")
    expect(visitor.page.locator("#question")).to_be_hidden()
    visitor.page.locator("#outcome-ask").check()
    expect(visitor.page.locator("#question")).to_be_visible()
    assert urlsplit(visitor.page.url).path == f"/staff/check/{number}"
    button = visitor.page.get_by_role("button", name="Speichern und nächste")
    assert button.evaluate(SENT_BY_TWO_PRESSES) == 1


def test_single_keys_work_unless_somebody_switched_them_off(visit: Visit, town: Town) -> None:
    """WCAG 2.1.4: they can be turned off, and never do anything in a field."""
    held(town, "Ohne Tasten")
    number = held(town, "Mit Tasten")
    visitor = visit(drawing=False, base=town.base)
    signs_in(visitor, town.core, Role.CHECKER)
    page, keys = visitor.page, visitor.page.keyboard
    visitor.opens("/staff")
    keys.press("g")
    with page.expect_navigation():
        keys.press("c")
    keys.press("j")
    expect(page.locator("[data-line]").first).to_be_focused()
    visitor.goes_on_by_key()
    visitor.opens("/staff/reports?stage=check")
    ticked = page.locator(".tick:checked")
    for key, ticks in (("j", 0), ("x", 1), ("x", 0), ("j", 0), ("Shift+X", 2)):
        keys.press(key)
        expect(ticked).to_have_count(ticks)
    keys.press("g")
    with page.expect_navigation():
        keys.press("m")
    assert visitor.path == "/staff/reports?person=me"
    visitor.opens(f"/staff/check/{number}")
    keys.press("w")
    expect(page.locator("#outcome-withhold")).to_be_focused()
    keys.press("b")
    expect(page.locator(BOX)).to_be_focused()
    page.locator("#description").fill("")
    page.locator("#description").press("p")
    expect(page.locator("#description")).to_have_value("p")
    expect(page.locator("#outcome-withhold")).to_be_checked()
    # Escape leaves the field, and the keys are keys again.
    keys.press("Escape")
    keys.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("p")
    expect(page.locator("#outcome-withhold")).to_be_checked()
    keys.press("Escape")
    keys.press("1")
    expect(page.locator("#outcome-duplicate")).to_be_checked()
    keys.press("p")
    # From any field, as the summary of keys says.
    page.locator("#description").focus()
    visitor.goes_on_by_key("Control+Enter")
    expect(page.locator(".undo")).to_contain_text(f"Meldung {number} ist entschieden")
    with page.expect_navigation():
        keys.press("z")
    assert visitor.path == f"/staff/check/{number}?done=taken_back"
    page.get_by_role("button", name="Tastenkürzel").click()
    assert visitor.barriers() == []
    page.get_by_role("dialog").get_by_role("link").click()
    page.locator("#keys").uncheck()
    visitor.presses("Speichern")
    visitor.opens(f"/staff/check/{number}")
    keys.press("w")
    expect(page.locator("#outcome-withhold")).not_to_be_checked()
    page.get_by_role("button", name="Tastenkürzel").click()
    expect(page.get_by_role("dialog")).to_contain_text("Die Tasten sind ausgeschaltet.")


def test_the_place_is_moved_on_a_map_with_what_lies_nearby(visit: Visit, town: Town) -> None:
    held(town, "Schon gemeldet")
    number = held(town, "Am selben Ort")
    visitor = visit(base=town.base)
    signs_in(visitor, town.core, Role.CHECKER)
    visitor.opens(f"/staff/check/{number}")
    page = visitor.page
    page.locator("[data-pick-map][data-ready]").wait_for(timeout=60_000)
    marker = page.locator(".pick__neighbour")
    assert marker.count() == page.locator("[data-neighbour]").count() >= 1
    canvas = page.locator("[data-pick-map] canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.locator("[data-pick-map][aria-busy=false]").wait_for(timeout=60_000)
    page.keyboard.press("Enter")
    expect(page.locator("#long")).not_to_have_value("8.44")
    expect(page.locator("#outcome-publish")).to_be_checked()
    assert page.url.endswith(f"/staff/check/{number}")
    page.locator("[data-neighbour] .compare summary").first.click()
    expect(page.locator("[data-neighbour] .compare").first).to_contain_text("Diese Meldung")
    assert visitor.barriers() == []
    long = page.locator("#long").input_value()
    page.get_by_role("button", name="Nur speichern").click()
    page.wait_for_url("**done=saved")
    expect(page.locator("#long")).to_have_value(long)
    visitor.opens(f"/staff/reports/{number}")
    # It is drawn for whoever is about to see it.
    page.locator("[data-near-map]").scroll_into_view_if_needed()
    page.locator("[data-near-map][data-ready]").wait_for(timeout=60_000)
    assert marker.count() == page.locator("[data-neighbour]").count() >= 1
    # They lie on one spot, the last on top.
    marker.last.click()
    expect(page.locator("[data-neighbour]").last.locator("a").first).to_be_focused()
    assert visitor.barriers() == []
