"""The pictures of docs/desk.md. No test: `make pictures` draws them anew, the same each time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx2
import pytest
from PIL import Image, ImageDraw, ImageFont

from open311.actions import casework, catalogue_publication, keys
from open311.dev import demo
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.access.keys import Scope
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from tests.actors import CLARA
from tests.browser.conftest import Visit
from tests.browser.navigators import Visitor
from tests.browser.pictures import DESK, NO_GUTTER, PHONE, PHONE_SHARP, keep
from tests.browser.staff import comes_in
from tests.browser.town import Town, a_town
from tests.jobs import work
from tests.pictures import a_face, written
from tests.staff.desk import Desk, Employee

REPORTS = 400
HERE = (49.4812, 8.4438)
STREET = "Bismarckstraße 63"


def a_van() -> bytes:
    """A van in a street, with its plate, and somebody at a window."""
    image = Image.new("RGB", (1600, 1000), "#b8c4ce")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 640, 1600, 1000), fill="#6b7178")
    draw.rectangle((0, 610, 1600, 650), fill="#a9adb2")
    draw.rectangle((60, 60, 620, 620), fill="#b98b6a")
    draw.rectangle((180, 260, 480, 560), fill="#dfe6ec", outline="#7c5a44", width=12)
    draw.rounded_rectangle((680, 340, 1480, 800), 40, fill="#f4f4f2", outline="#8b8f93", width=5)
    draw.rectangle((740, 390, 940, 520), fill="#9fb4c4")
    for left in (770, 1230):
        draw.ellipse((left, 720, left + 170, 890), fill="#22262a")
        draw.ellipse((left + 50, 770, left + 120, 840), fill="#9aa0a6")
    draw.rectangle((1000, 690, 1210, 745), fill="white", outline="#22262a", width=4)
    draw.text((1012, 690), "LU AB 123", fill="#22262a", font=ImageFont.load_default(42))
    image.paste(a_face(240), (210, 300))
    return written(image)


@dataclass(frozen=True)
class Office:
    """The desk of a city in which much is reported: a report that waits, one that is worked on, who checks."""

    town: Town
    bea: Employee
    waiting: int
    worked_on: int


@pytest.fixture(scope="module")
def office(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with a_town(new_database(), tmp_path_factory.mktemp("pictures")) as town:
        catalogue_publication.publish(town.core)
        demo.seed(town.core, REPORTS)
        bea = Desk(town.core).employee(Role.CHECKER, name="Bea Muster")
        key = keys.add_key(town.core, "pictures", [Scope.REPORT], actor=CLARA)
        words = "Steht seit Wochen ohne Kennzeichen hier. Gehört wohl Herrn Muster, Tel. 0621 5551234."
        worked_on = _reported(town, key, "Weißer Transporter, schon der zweite Winter.")
        actor = Actor(ActorKind.STAFF, str(bea.account_id), ALL_RIGHTS)
        casework.publish(town.core, worked_on, actor)
        casework.add_note(town.core, worked_on, "Halter ermittelt, Frist bis Freitag.", actor)
        casework.answer(town.core, worked_on, "Danke für den Hinweis, wir sind dran.", actor)
        town.works()
        town.clock.forward(hours=2)
        waiting = _reported(town, key, words)
        work(town.core, town.conn, TaskName.MAKE_THUMBNAIL, TaskName.SUGGEST_BOXES)
        town.clock.forward(minutes=25)
        # The session of the morning has ended.
        Desk(town.core).sign_in(bea)
        yield Office(town, bea, waiting, worked_on)


def _reported(town: Town, key: str, description: str) -> int:
    sent = {
        "api_key": key,
        "service_code": "FAHRZEUG_ALT",
        "attribute[FARBE]": "weiss",
        "description": description,
        "address_string": STREET,
        "lat": HERE[0],
        "long": HERE[1],
        "email": "kim@example.org",
    }
    answer = httpx2.post(
        f"{town.base}/open311/v2/requests.json", data=sent, files={"media": a_van()}, timeout=60
    )
    return int(answer.json()[0]["service_request_id"])


def comes(visit: Visit, office: Office, size: tuple[int, int], colours: str = "light") -> Visitor:
    """The checker, whose browser has no bars beside the page."""
    zoom = PHONE_SHARP if size == PHONE else 1
    visitor = visit("de-DE", size, colours, zoom=zoom, base=office.town.base)
    visitor.page.add_init_script(NO_GUTTER)
    return comes_in(visitor, office.bea)


def test_the_check_page(visit: Visit, office: Office) -> None:
    for name, size, colours in (("desk-check", DESK, "light"), ("desk-check-phone", PHONE, "dark")):
        visitor = comes(visit, office, size, colours)
        visitor.opens(f"/staff/check/{office.waiting}")
        visitor.page.locator("[data-offer]").first.wait_for()
        if size == DESK:
            visitor.page.locator("[data-key=f]").first.check()
            visitor.page.evaluate("scrollTo(0, 0)")
        else:
            visitor.page.locator("#photos").evaluate("title => title.scrollIntoView()")
        keep(visitor, name)


def test_similar_reports_and_the_map(visit: Visit, office: Office) -> None:
    visitor = comes(visit, office, DESK)
    visitor.opens(f"/staff/check/{office.waiting}")
    visitor.page.locator("[data-pick-map][data-ready]").wait_for(timeout=60_000)
    visitor.page.locator("[data-neighbour] .compare summary").first.click()
    visitor.page.locator("[data-pick-map][aria-busy=false]").wait_for(timeout=60_000)
    visitor.page.locator("#alike").evaluate("title => scrollBy(0, title.getBoundingClientRect().top - 40)")
    visitor.page.wait_for_function(
        "() => [...document.querySelectorAll('.compare[open] img')].every((image) => image.naturalWidth)"
    )
    keep(visitor, "desk-alike")


def test_lists_and_a_case(visit: Visit, office: Office) -> None:
    visitor = comes(visit, office, DESK)
    for name, path in (
        ("desk-queue", "/staff/check"),
        ("desk-reports", "/staff/reports"),
        ("desk-case", f"/staff/reports/{office.worked_on}"),
    ):
        visitor.opens(path)
        visitor.page.wait_for_load_state("networkidle")
        keep(visitor, name)
