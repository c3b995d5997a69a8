"""Photos are made smaller on the device, shown, and sent from the field they were chosen in."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.navigators import Visitor
from tests.browser.site import Site
from tests.pictures import exif, two_colours, written

# Behind the end of a picture nothing is read; it makes the file worth the work.
HEAVY = b"\0" * 900_000
HELD_SIDEWAYS = 6
CHOSEN = """async () => {
    const found = [];
    for (const file of document.querySelector("#photos").files) {
        const picture = await createImageBitmap(file).catch(() => null);
        if (!picture) { found.push([file.name, 0, 0, ""]); continue; }
        const canvas = new OffscreenCanvas(picture.width, picture.height), context = canvas.getContext("2d");
        context.drawImage(picture, 0, 0);
        const [red, , blue] = context.getImageData(picture.width / 2, 10, 1, 1).data;
        found.push([file.name, picture.width, picture.height, red > blue ? "red" : "blue"]);
    }
    return found;
}"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A large photo from a camera that was held sideways, one that no browser can draw, and a small one."""
    large = written(two_colours(3000, 1500), exif=exif(HELD_SIDEWAYS).tobytes()) + HEAVY
    pictures = {
        "large.jpeg": large,
        "apple.heic": written(two_colours(), "HEIC"),
        "small.jpg": written(two_colours()),
    }
    for name, data in pictures.items():
        (tmp_path / name).write_bytes(data)
    return [tmp_path / name for name in pictures]


def chosen(visitor: Visitor, count: int) -> list[list[object]]:
    """Name, width, height and upper colour of the files in the field, once they are shown."""
    expect(visitor.page.locator("[data-previews] li")).to_have_count(count)
    found: list[list[object]] = visitor.page.evaluate(CHOSEN)
    return found


def test_they_are_made_smaller_upright_and_can_be_taken_away(
    visit: Visit, site: Site, files: list[Path]
) -> None:
    visitor = visit(size=PHONE, drawing=False)
    visitor.opens("/report")
    visitor.page.locator(".photo-first summary").click()
    visitor.page.locator("#photos").set_input_files(files[:2])
    assert chosen(visitor, 2) == [["large.jpg", 1280, 2560, "red"], ["apple.heic", 0, 0, ""]]
    visitor.page.get_by_text("Ihr Foto 2: apple.heic").wait_for()
    visitor.page.get_by_role("button", name="Aufnahmeort des Fotos als Ort verwenden").wait_for()
    # A second choice adds to the first.
    visitor.page.locator("#photos").set_input_files(files[2])
    assert [row[0] for row in chosen(visitor, 3)] == ["large.jpg", "apple.heic", "small.jpg"]
    assert visitor.barriers() == []
    visitor.page.get_by_role("button", name="Foto 2 entfernen").click()
    assert [row[0] for row in chosen(visitor, 2)] == ["large.jpg", "small.jpg"]
    expect(visitor.page.get_by_role("button", name="Foto 2 entfernen")).to_be_focused()
    visitor.page.locator("#address").fill("Ebertpark")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Weiter", exact=True).last.click()
    visitor.follows("Zurück")
    visitor.page.locator(".photos-field img").nth(1).wait_for()
    expect(visitor.page.locator(".photos-field img")).to_have_count(2)


def test_their_place_is_offered_at_a_later_step_too(visit: Visit, site: Site, files: list[Path]) -> None:
    visitor = visit(size=PHONE, drawing=False)
    visitor.opens("/report")
    visitor.page.locator("#address").fill("Ebertpark")
    for choose in (None, "Wilde Müllablagerung"):
        if choose:
            visitor.page.get_by_label(choose).check()
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name="Weiter", exact=True).last.click()
    visitor.page.locator("#photos").set_input_files([*files, *files])
    visitor.page.get_by_text("Mehr als 5 Fotos sind nicht möglich.").wait_for()
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Aufnahmeort des Fotos als Ort verwenden").click()
    # The same photo twice is one.
    expect(visitor.page.locator(".photos-field img")).to_have_count(3)
    expect(visitor.page.locator("[data-placed='1']")).to_have_count(1)
