"""People report: with scripts and without, in both languages, on a telephone and at a desk."""

import os
from pathlib import Path

import pytest

from open311.i18n import translate
from open311.model.service_request import Visibility
from open311.storage import service_requests
from tests.browser.conftest import DESK, NARROW, PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.site import Site
from tests.pictures import a_photo

SAFE = {language: translate("page.form.danger.no", language) for language in ("de", "en")}
# Set to a folder to keep pictures of every step.
PICTURES = os.environ.get("OPEN311_TEST_PICTURES")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that knows where it was taken."""
    file = tmp_path / "foto.jpg"
    file.write_bytes(a_photo())
    return file


def looked_at(visitor: Visitor, name: str) -> None:
    """No barrier, nothing beside the window; and a picture for those who want to see."""
    if PICTURES:
        visitor.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    assert visitor.overflow() <= 0, name


def heading(visitor: Visitor) -> str:
    """The heading of the page."""
    return visitor.page.locator("h1").inner_text()


def presses(visitor: Visitor, words: str) -> None:
    """Press a button and wait for the next page."""
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name=words, exact=True).last.click()


def waits(visitor: Visitor) -> None:
    """Be slower than a program."""
    visitor.page.wait_for_timeout(5000)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_without_scripts_from_the_place_to_the_number(
    visit: Visit, site: Site, size: tuple[int, int]
) -> None:
    visitor = visit(size=size, scripts=False)
    visitor.opens("/report")
    looked_at(visitor, f"plain-{size[0]}-1-place")
    presses(visitor, "Weiter")
    visitor.page.locator("#wrong:focus").wait_for()
    looked_at(visitor, f"plain-{size[0]}-1-wrong")
    visitor.page.get_by_label("Adresse oder Ort in Worten").fill("Ebertpark, Nordeingang")
    presses(visitor, "Weiter")
    looked_at(visitor, f"plain-{size[0]}-2-category")
    visitor.page.get_by_label("Defekte Straßenbeleuchtung").check(force=True)
    presses(visitor, "Weiter")
    looked_at(visitor, f"plain-{size[0]}-2-danger")
    presses(visitor, SAFE["de"])
    visitor.page.get_by_label("Mast oder Glas beschädigt").check()
    presses(visitor, "Weiter")
    looked_at(visitor, f"plain-{size[0]}-3-more")
    visitor.page.get_by_label("Bitte beschreiben Sie den Schaden.").fill("Der Mast ist krumm.")
    presses(visitor, "Weiter")
    looked_at(visitor, f"plain-{size[0]}-4-contact")
    presses(visitor, "Weiter")
    looked_at(visitor, f"plain-{size[0]}-5-check")
    waits(visitor)
    presses(visitor, "Meldung absenden")
    assert heading(visitor) == "Danke, Ihre Meldung ist angekommen"
    looked_at(visitor, f"plain-{size[0]}-6-sent")


@pytest.mark.parametrize(
    ("language", "size", "colours"),
    [("de-DE", PHONE, "light"), ("en-GB", DESK, "dark"), ("en-GB", NARROW, "light")],
    ids=["German-phone", "English-desk-dark", "English-narrow"],
)
def test_no_step_has_barriers(
    visit: Visit, site: Site, photo: Path, language: str, size: tuple[int, int], colours: str
) -> None:
    visitor = visit(language, size, colours)
    german = language == "de-DE"
    go_on = "Weiter" if german else "Continue"
    barriers: dict[str, list[str]] = {}

    def seen(name: str) -> None:
        looked_at(visitor, f"{language}-{size[0]}-{name}")
        if found := visitor.barriers():
            barriers[name] = found

    visitor.opens("/report")
    seen("1-place")
    presses(visitor, go_on)
    seen("1-wrong")
    visitor.page.locator("#address").fill("Ebertpark")
    presses(visitor, go_on)
    seen("2-category")
    visitor.page.locator("#words").fill("schaukel")
    assert visitor.page.locator(".kind:visible").count() == 1
    visitor.page.locator("#service-SPIELGERAET").check(force=True)
    presses(visitor, go_on)
    seen("2-danger")
    presses(visitor, SAFE["de" if german else "en"])
    visitor.page.locator("#photos").set_input_files(photo)
    visitor.page.locator("[data-previews] img").wait_for()
    presses(visitor, go_on)
    seen("3-wrong")
    visitor.page.locator("#attribute-SPIELPLATZ").fill("Nord")
    visitor.page.locator("#attribute-GEFAHR-2").check()
    presses(visitor, go_on)
    seen("4-contact")
    visitor.page.locator("#email").fill("kim")
    presses(visitor, go_on)
    seen("4-wrong")
    visitor.page.locator("#email").fill("kim@example.org")
    presses(visitor, go_on)
    seen("5-check")
    presses(visitor, "Meldung absenden" if german else "Send report")
    seen("6-sent")
    assert visitor.page.locator(".sent__number strong").inner_text().isdigit()
    for path, name in (("/my-data", "my-data"), ("/report/gone/check", "gone"), ("/follow/gone", "unknown")):
        visitor.opens(path)
        seen(name)
    assert barriers == {}


def test_with_scripts_the_photo_says_where_and_work_proves_patience(
    visit: Visit, site: Site, photo: Path
) -> None:
    visitor = visit(size=PHONE)
    visitor.opens("/report")
    visitor.page.get_by_text("Lieber mit einem Foto anfangen").click()
    visitor.page.locator("#photos").set_input_files(photo)
    visitor.page.get_by_role("button", name="Aufnahmeort des Fotos als Ort verwenden").click()
    looked_at(visitor, "scripts-1-photo")
    presses(visitor, "Weiter")
    visitor.page.get_by_label("Kfz ohne Zulassung").check(force=True)
    presses(visitor, "Weiter")
    day = visitor.page.get_by_label("Datum auf der Plakette")
    assert not day.is_visible()
    visitor.page.get_by_role("group", name="Plakette").get_by_label("Ja").check()
    assert day.is_visible()
    visitor.page.get_by_label("Rot", exact=True).check()
    looked_at(visitor, "scripts-3-details")
    presses(visitor, "Weiter")
    presses(visitor, "Weiter")
    # No waiting: the proof of work is enough.
    presses(visitor, "Meldung absenden")
    number = int(visitor.page.locator(".sent__number strong").inner_text())
    with site.core.database.read() as conn:
        found = service_requests.find_any(conn, number)
    assert found is not None
    assert found.visibility == Visibility.HELD
    assert (found.lat, found.long) == (pytest.approx(49.481111), pytest.approx(8.446389))


def test_a_similar_report_is_shown_and_can_be_joined(visit: Visit, site: Site) -> None:
    visitor = visit()
    visitor.opens("/report")
    visitor.page.locator("#address").fill("Ludwigstraße 12")
    visitor.page.evaluate(
        "document.forms[0].elements.lat.value = 49.4811; document.forms[0].elements.long.value = 8.4464"
    )
    presses(visitor, "Weiter")
    visitor.page.get_by_label("Wilde Müllablagerung").check(force=True)
    presses(visitor, "Weiter")
    assert visitor.page.get_by_role("heading", name="Ist es vielleicht schon gemeldet?").is_visible()
    looked_at(visitor, "similar")
    assert visitor.barriers() == []


def test_the_form_keeps_its_place_when_the_page_is_loaded_again(visit: Visit, site: Site) -> None:
    visitor = visit(size=PHONE)
    visitor.opens("/report")
    visitor.page.locator("#address").fill("Ebertpark")
    presses(visitor, "Weiter")
    visitor.page.get_by_label("Wilde Müllablagerung").check(force=True)
    presses(visitor, "Weiter")
    visitor.page.get_by_label("Was sollen wir wissen?").fill("Drei Matratzen")
    presses(visitor, "Weiter")
    visitor.page.go_back()
    visitor.page.wait_for_load_state()
    assert visitor.page.get_by_label("Was sollen wir wissen?").input_value() == "Drei Matratzen"
