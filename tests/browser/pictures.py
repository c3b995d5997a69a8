"""The pictures of README.md and docs/pages.md. No test: `make pictures` draws them anew, the same each time.

The reports are the demo reports at a moment that never changes; the photo is drawn here.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from PIL import Image, ImageDraw

from benchmarks import made_city
from open311.actions import casework, catalogue_publication, keys
from open311.actions.addresses import address_list
from open311.actions.upkeep import map_counts
from open311.app import create_app
from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from open311.dev import demo
from open311.model.access.keys import Scope
from open311.settings import shipped
from tests.actors import CLARA
from tests.browser.conftest import Visit
from tests.browser.navigators import Visitor
from tests.browser.town import served
from tests.opendata.live import a_live_core
from tests.pictures import written
from tests.serving import first_city

FOLDER = Path(shipped("docs")) / "pictures"
REPORTS = 6000
# A side of the made-up streets, some six kilometres.
BLOCKS = 55
# Twice the pixels on a telephone, as it has them.
PHONE, PHONE_SHARP = (780, 1688), 2
DESK = (1360, 850)
QUALITY = 78
TOWN = "8.4180,49.4740,8.4520,49.4920"
ADDRESS = "Bismarckstraße 63, 67059 Ludwigshafen"
NO_GUTTER = (
    "addEventListener('DOMContentLoaded', () => (document.documentElement.style.scrollbarGutter = 'auto'))"
)
HERE = ("49.48120", "8.44380")


def a_mattress() -> bytes:
    """A mattress and two bags by a wall."""
    image = Image.new("RGB", (1200, 900), "#c9d6df")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 120, 1200, 560), fill="#b98b6a")
    for row in range(120, 560, 40):
        draw.line((0, row, 1200, row), fill="#a2785a", width=4)
        for column in range(0 if row % 80 else 50, 1200, 100):
            draw.line((column, row, column, row + 40), fill="#a2785a", width=4)
    draw.rectangle((0, 560, 1200, 700), fill="#9aa0a6")
    draw.rectangle((0, 690, 1200, 716), fill="#d7dadd")
    draw.rectangle((0, 716, 1200, 900), fill="#5b6066")
    draw.polygon(((250, 640), (330, 210), (640, 240), (570, 670)), fill="#f3efe4", outline="#8c8677", width=6)
    for step in range(1, 6):
        draw.line((250 + 55 * step, 640 + 4 * step, 330 + 52 * step, 214 + 4 * step), fill="#cfc8b4", width=4)
    for left, top, size in ((660, 470, 190), (820, 520, 150)):
        middle = left + size // 2
        draw.ellipse((left, top, left + size, top + size), fill="#2c3e50", outline="#1d2a36", width=5)
        draw.polygon(((middle - 28, top - 30), (middle + 28, top - 30), (middle, top + 24)), fill="#2c3e50")
    return written(image)


@dataclass(frozen=True)
class City:
    """A site in which much is reported, and one of its reports."""

    base: str
    report: str


@pytest.fixture(scope="module")
def city(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The demo reports, and one with a photo that has been dealt with."""
    folder = tmp_path_factory.mktemp("pictures")
    core = a_live_core(new_database(), OPEN311_DATA_DIR=str(folder))
    catalogue_publication.publish(core)
    made = made_city.make(folder / "city.osm.pbf", BLOCKS)
    importing.import_map(
        core, first_city(), made, ImportOptions(attribution="Erfundene Stadt"), lambda counts: None
    )
    demo.seed(core, REPORTS)
    map_counts.fold(core)
    table = (
        f"street,house_number,zipcode,city,lat,long\nBismarckstraße,63,67059,Ludwigshafen,{','.join(HERE)}"
    )
    address_list.replace_list(core, first_city(), iter(table.splitlines()))
    key = keys.add_key(core, "pictures", [Scope.REPORT], actor=CLARA)
    with closing(core.database), served(create_app(core)) as base:
        number = _handed_in(base, key)
        clock = core.now
        clock.forward(hours=3)
        casework.set_status(core, int(number), "IN_BEARBEITUNG", CLARA, "Der Wirtschaftsbetrieb holt es ab.")
        clock.forward(hours=20)
        casework.set_status(core, int(number), "GELOEST", CLARA, "Abgeholt. Vielen Dank für den Hinweis!")
        yield City(base, number)


def _handed_in(base: str, key: str) -> str:
    sent = {
        "api_key": key,
        "service_code": "MUELL_WILD",
        "description": "Eine Matratze und zwei Müllsäcke an der Hauswand.",
        "address_string": ADDRESS,
        "lat": HERE[0],
        "long": HERE[1],
    }
    answer = httpx2.post(
        f"{base}/open311/v2/requests.json", data=sent, files={"media": a_mattress()}, timeout=60
    )
    number: str = answer.json()[0]["service_request_id"]
    return number


def keep(visitor: Visitor, name: str) -> None:
    """What is in the window, as a small picture."""
    image = Image.open(BytesIO(visitor.page.screenshot(animations="disabled")))
    FOLDER.mkdir(exist_ok=True)
    image.convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def comes(visit: Visit, city: City, language: str, size: tuple[int, int], colours: str = "light") -> Visitor:
    """Somebody whose browser, like that of a telephone, has no bars beside the page."""
    visitor = visit(language, size, colours, zoom=PHONE_SHARP if size == PHONE else 1, base=city.base)
    visitor.page.add_init_script(NO_GUTTER)
    return visitor


def goes_on(visitor: Visitor, words: str = "Weiter") -> None:
    """Press the button and wait for the next step."""
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name=words, exact=True).last.click()


def test_list_and_map(visit: Visit, city: City) -> None:
    for name, language, size, colours in (
        ("list-desk", "de-DE", DESK, "light"),
        ("list-desk-dark-english", "en-GB", DESK, "dark"),
        ("list-phone", "de-DE", PHONE, "light"),
    ):
        visitor = comes(visit, city, language, size, colours)
        visitor.opens(f"/?bbox={TOWN}")
        visitor.sees_the_map()
        visitor.page.evaluate("scrollTo(0, 0)")
        keep(visitor, name)


def test_one_report(visit: Visit, city: City) -> None:
    for name, size, colours in (("report-desk", DESK, "light"), ("report-phone-dark", PHONE, "dark")):
        visitor = comes(visit, city, "de-DE", size, colours)
        visitor.opens(f"/reports/{city.report}")
        visitor.page.wait_for_load_state("networkidle")
        keep(visitor, name)


def test_steps_of_the_form(visit: Visit, city: City, tmp_path: Path) -> None:
    photo = tmp_path / "matratze.jpg"
    photo.write_bytes(a_mattress())
    visitor = comes(visit, city, "de-DE", PHONE)
    page = visitor.page
    visitor.opens("/report")
    page.locator("[data-pick-map]").scroll_into_view_if_needed()
    page.locator("[data-pick-map][data-ready]").wait_for(timeout=60_000)
    page.evaluate(
        """async ([lat, long]) => {
            const form = document.querySelector("script[src$='/form.js']").src;
            (await import(form.replace("form.js", "form-place.js"))).setPosition(document.forms[0], lat, long);
        }""",
        list(HERE),
    )
    page.locator("[data-position] .link-button").wait_for()
    page.locator("[data-pick-map][aria-busy=false]").wait_for(timeout=60_000)
    page.locator("#address").evaluate("field => scrollTo(0, field.getBoundingClientRect().top - 90)")
    keep(visitor, "form-place")
    goes_on(visitor)
    page.locator("#words").fill("müll")
    keep(visitor, "form-category")
    page.get_by_label("Wilde Müllablagerung").check()
    goes_on(visitor)
    page.locator("#description").fill("Eine Matratze und zwei Müllsäcke an der Hauswand.")
    page.locator("#photos").set_input_files(photo)
    page.locator("[data-previews] img").wait_for()
    page.locator("#description").evaluate("field => scrollTo(0, field.getBoundingClientRect().top - 120)")
    keep(visitor, "form-details")
    goes_on(visitor)
    goes_on(visitor)
    keep(visitor, "form-check")
