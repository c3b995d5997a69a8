"""The report form, step by step: no state has barriers, and scripts and their absence both lead to the end."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from open311.actions import casework
from open311.base.i18n import translate
from open311.model.service_request import Visibility
from open311.storage.requests import service_requests
from tests.actors import CLARA
from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.town import Town
from tests.pictures import a_photo

# Set to a folder to keep pictures of every step.
PICTURES = os.environ.get("OPEN311_TEST_PICTURES")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that knows where it was taken."""
    file = tmp_path / "foto.jpg"
    file.write_bytes(a_photo())
    return file


class Look:
    """Looks at each page of a tour; `barriers` is what was found, by page."""

    def __init__(self, visitor: Visitor, name: str, *, every_look: bool) -> None:
        self.visitor, self.name, self.every_look = visitor, name, every_look
        self.barriers: dict[str, list[str]] = {}

    def __call__(self, page: str) -> None:
        """Look at the page as it is now; and a picture for those who want to see."""
        if PICTURES:
            self.visitor.page.screenshot(path=f"{PICTURES}/{self.name}-{page}.png", full_page=True)
        look = self.visitor.barriers_of_every_look if self.every_look else self.visitor.barriers
        found = look()
        if self.visitor.overflow() > 0:
            found.append("wider than its window")
        if found:
            self.barriers[page] = found


@pytest.mark.parametrize(("language", "size"), [("de", PHONE), ("en", DESK)], ids=["German", "English"])
def test_no_state_of_reporting_has_barriers(
    visit: Visit, town: Town, photo: Path, language: str, size: tuple[int, int]
) -> None:
    visitor = visit(language, size, drawing=False, base=town.base)
    say = partial(translate, language=language)
    look = Look(visitor, language, every_look=language == "de")
    go_on = say("page.form.next")
    visitor.opens("/report")
    look("1-place")
    visitor.presses(go_on)
    look("1-wrong")
    visitor.page.locator("details.photo-first summary").click()
    visitor.page.locator("#photos").set_input_files(photo)
    visitor.page.locator("[data-previews] img").wait_for()
    look("1-photo")
    visitor.types(address="Ebertpark")
    visitor.presses(go_on)
    look("1-offered")
    visitor.page.locator("#choice-words").check()
    visitor.presses(go_on)
    look("2-category")
    visitor.presses(go_on)
    look("2-wrong")
    assert say("page.form.error.category") in visitor.page.inner_text("#wrong")
    visitor.types(words="gibtesnicht")
    look("2-nothing-found")
    visitor.types(words="schaukel")
    expect(visitor.page.locator(".kind:visible")).to_have_count(1)
    visitor.chooses("service-SPIELGERAET")
    visitor.presses(go_on)
    look("2-danger")
    visitor.presses(say("page.form.danger.yes"))
    look("2-emergency")
    numbers = visitor.page.locator(".emergency a")
    assert [len(element.evaluate("each => [...each.getClientRects()]")) for element in numbers.all()] == [
        1,
        1,
    ]
    visitor.page.go_back()
    visitor.presses(say("page.form.danger.no"))
    visitor.presses(go_on)
    look("3-wrong")
    visitor.types(**{"attribute-SPIELPLATZ": "Nord"})
    visitor.chooses("attribute-GEFAHR-2")
    visitor.presses(go_on)
    look("4-contact")
    visitor.types(email="kim")
    visitor.presses(go_on)
    look("4-wrong")
    visitor.types(email="alex@example.org")
    visitor.page.locator("#follow").check()
    visitor.presses(go_on)
    look("5-check")
    town.clock.forward(seconds=30)
    visitor.presses(say("page.form.send"))
    look("6-sent")
    assert visitor.page.locator(".sent__number strong").inner_text().isdigit()
    visitor.opens("/report/gone/check")
    look("gone")
    assert look.barriers == {}


@pytest.mark.parametrize(("language", "size"), [("de", PHONE), ("en", DESK)], ids=["German", "English"])
def test_no_state_of_following_has_barriers(
    visit: Visit, town: Town, language: str, size: tuple[int, int]
) -> None:
    visitor = visit(language, size, drawing=False, base=town.base)
    say = partial(translate, language=language)
    look = Look(visitor, language, every_look=language == "de")
    email = f"sam.{language}@example.org"
    number = a_report(visitor, say, town, email)
    look("sent")
    visitor.opens(f"/reports/{number}")
    look("held")
    visitor.follows(say("page.follow.link"))
    look("follow")
    visitor.presses(say("page.follow.button"))
    look("follow-wrong")
    expect(visitor.page.locator("#email")).to_be_focused()
    visitor.types(email=email)
    visitor.presses(say("page.follow.button"))
    look("follow-asked")
    town.works()
    visitor.opens(town.mailbox.link("/follow/"))
    look("confirm")
    visitor.presses(say("page.follow.confirm.button"))
    look("confirmed")
    visitor.opens("/my-data")
    look("data-ask")
    visitor.presses(say("page.data.button"))
    look("data-wrong")
    visitor.types(email=email)
    visitor.presses(say("page.data.button"))
    look("data-asked")
    town.works()
    visitor.opens(town.mailbox.link("/my-data/"))
    look("data")
    visitor.presses(say("page.data.erase"))
    look("data-erased")
    visitor.opens("/follow/unknown")
    look("unknown")
    assert look.barriers == {}
    casework.publish(town.core, number, CLARA)


def a_report(visitor: Visitor, say: Callable[..., str], town: Town, email: str) -> int:
    """Report something that the city looks at first; its number."""
    visitor.opens("/report")
    visitor.types(address="Stadtpark")
    visitor.presses(say("page.form.next"))
    visitor.chooses("service-MARKIERUNG")
    for _ in range(2):
        visitor.presses(say("page.form.next"))
    visitor.types(email=email)
    visitor.presses(say("page.form.next"))
    town.clock.forward(seconds=30)
    visitor.presses(say("page.form.send"))
    return int(visitor.page.locator(".sent__number strong").inner_text())


@pytest.mark.parametrize(("language", "size"), [("de", PHONE), ("en", DESK)], ids=["German", "English"])
def test_without_scripts_a_wrong_step_is_told_and_a_further_question_asked(
    visit: Visit, town: Town, language: str, size: tuple[int, int]
) -> None:
    visitor = visit(language, size, scripts=False, drawing=False, base=town.base)
    say = partial(translate, language=language)
    visitor.opens("/report")
    visitor.presses(say("page.form.next"))
    visitor.page.locator("#wrong:focus").wait_for()
    visitor.types(address="Ebertpark, Nordeingang")
    visitor.presses(say("page.form.next"))
    visitor.chooses("service-STRASSENLATERNE")
    visitor.presses(say("page.form.next"))
    visitor.presses(say("page.form.danger.no"))
    visitor.page.locator("[name='attribute[DEFEKT]'][value=mast]").check()
    visitor.presses(say("page.form.next"))
    assert say("page.form.more") in visitor.page.inner_text("main")
    visitor.types(**{"attribute-SCHADEN": "Der Mast ist krumm."})
    visitor.presses(say("page.form.next"))
    visitor.presses(say("page.form.next"))
    visitor.presses(say("page.form.send"))
    assert say("page.form.error.too_quick") in visitor.page.inner_text("#wrong")
    town.clock.forward(seconds=30)
    visitor.presses(say("page.form.send"))
    assert visitor.heading == say("page.form.sent")


def test_with_scripts_the_photo_says_where_and_work_proves_patience(
    visit: Visit, town: Town, photo: Path
) -> None:
    visitor = visit(size=PHONE, drawing=False, base=town.base)
    visitor.opens("/report")
    visitor.page.get_by_text("Lieber mit einem Foto anfangen").click()
    visitor.page.locator("#photos").set_input_files(photo)
    visitor.page.get_by_role("button", name="Aufnahmeort des Fotos als Ort verwenden").click()
    visitor.presses("Weiter")
    visitor.page.get_by_label("Kfz ohne Zulassung").check()
    visitor.presses("Weiter")
    day = visitor.page.get_by_label("Datum auf der Plakette")
    expect(day).to_be_hidden()
    visitor.page.get_by_role("group", name="Plakette").get_by_label("Ja").check()
    expect(day).to_be_visible()
    visitor.page.get_by_label("Rot", exact=True).check()
    visitor.presses("Weiter")
    visitor.presses("Weiter")
    # The clock stands still: the proof of work is enough.
    visitor.presses("Meldung absenden")
    number = int(visitor.page.locator(".sent__number strong").inner_text())
    with town.core.database.read() as conn:
        found = service_requests.find_any(conn, number)
    assert found is not None
    assert found.visibility == Visibility.HELD
    assert (found.lat, found.long) == (pytest.approx(49.481111), pytest.approx(8.446389))


def test_the_form_keeps_its_place_when_the_page_is_loaded_again(visit: Visit, town: Town) -> None:
    visitor = visit(size=PHONE, drawing=False, base=town.base)
    visitor.opens("/report")
    visitor.types(address="Ebertpark")
    visitor.presses("Weiter")
    visitor.chooses("service-MUELL_WILD")
    visitor.presses("Weiter")
    visitor.types(description="Drei Matratzen")
    visitor.presses("Weiter")
    visitor.page.go_back()
    visitor.page.wait_for_load_state()
    expect(visitor.page.get_by_label("Was sollen wir wissen?")).to_have_value("Drei Matratzen")
