"""What one can do about a report: find it by its number, count, say more, object, hear of the area, withdraw."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from open311.actions import keys
from open311.base.i18n import translate
from open311.basemap import importing
from open311.basemap.importing import ImportOptions
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.basemap.extracts import an_extract, forget_maps
from tests.browser.conftest import DESK, Visit
from tests.browser.test_report import Look, a_report
from tests.browser.town import Town
from tests.serving import first_city

SMALL_PHONE = (360, 740)
WAYS = pytest.mark.parametrize(
    ("language", "size", "scripts"),
    [
        pytest.param("de", SMALL_PHONE, True, id="German-phone"),
        pytest.param("en", DESK, False, id="English-desk-without-scripts"),
    ],
)


def a_public_report(town: Town, description: str) -> str:
    """Its number."""
    key = keys.add_key(town.core, description, [Scope.REPORT], actor=CLARA)
    sent = {"service_code": "MUELL_WILD", "lat": "49.481", "long": "8.444", "description": description}
    answer = httpx2.post(f"{town.base}/open311/v2/requests.json", data=sent | {"api_key": key}, timeout=60)
    number: str = answer.json()[0]["service_request_id"]
    return number


@pytest.fixture
def a_map(town: Town, tmp_path: Path) -> Iterator[None]:
    """Streets, without which no map is offered."""
    file = an_extract(tmp_path / "town.osm.pbf")
    importing.import_map(town.core, first_city(), file, ImportOptions(), lambda counts: None)
    yield
    forget_maps(town.core)


@WAYS
def test_a_report_is_found_by_its_number_and_counted_for(
    visit: Visit, town: Town, language: str, size: tuple[int, int], scripts: bool
) -> None:
    number = a_public_report(town, f"Ein Sofa {language}")
    say = partial(translate, language=language)
    visitor = visit(language, size, scripts=scripts, drawing=False, base=town.base)
    visitor.opens("/")
    look_up = visitor.page.get_by_role("link", name=say("page.home.look_up"))
    assert look_up.is_visible() == (size == SMALL_PHONE)
    if size == SMALL_PHONE:
        look_up.click()
        expect(visitor.page.locator("#q")).to_be_focused()
        expect(visitor.page.locator("#q")).to_be_in_viewport()
    visitor.searches(f"Nr. {number[:3]} {number[3:]}")
    assert visitor.path == f"/reports/{number}#content"
    visitor.presses(say("page.affected.button"))
    told = visitor.page.get_by_role("status")
    expect(told.filter(has_text=say("page.affected.done"))).to_be_visible()
    visitor.presses(say("page.affected.button"))
    expect(told.filter(has_text=say("page.affected.before"))).to_be_visible()
    assert town.stored("select affected from service_requests where id = %(id)s", id=int(number)) == [(1,)]


@WAYS
def test_ways_to_say_more_have_no_barriers_and_arrive(
    visit: Visit, town: Town, language: str, size: tuple[int, int], scripts: bool
) -> None:
    number = a_public_report(town, f"Ein Sessel {language}")
    say = partial(translate, language=language)
    visitor = visit(language, size, scripts=scripts, drawing=False, base=town.base)
    look = Look(visitor, f"part-{language}", every_look=False)

    def sees(page: str) -> None:
        # What looks for barriers is a script itself.
        if scripts:
            look(page)

    town.works()
    visitor.opens(f"/reports/{number}")
    visitor.follows(say("page.update.link"))
    town.clock.forward(seconds=5)
    visitor.presses(say("page.update.send"))
    sees("update-wrong")
    visitor.chooses("kind-mended")
    visitor.presses(say("page.update.send"))
    sees("update-sent")
    visitor.opens(f"/reports/{number}")
    visitor.follows(say("page.objection.link"))
    visitor.chooses("ground-personal")
    visitor.types(text="Mein Name steht dort.", email=f"nora.{language}@example.org")
    visitor.chooses("faith")
    town.clock.forward(seconds=5)
    visitor.presses(say("page.objection.send"))
    sees("objected")
    town.works()
    assert number in town.mailbox.mails[-1]["Subject"]
    visitor.opens("/alerts")
    sees("alerts")
    visitor.chooses("where-city")
    expect(visitor.page.locator("#address")).to_be_hidden()
    visitor.types(email=f"ali.{language}@example.org")
    town.clock.forward(seconds=5)
    visitor.presses(say("page.alerts.send"))
    sees("alerts-asked")
    town.works()
    visitor.opens(town.mailbox.link("/alerts/"))
    sees("alerts-link")
    assert look.barriers == {}
    waits = "select awaits from cases where service_request_id = %(id)s"
    [[awaits]] = town.stored(waits, id=int(number))
    assert set(awaits) >= {"claim", "objection"}


@WAYS
def test_what_was_sent_is_withdrawn_from_the_page_behind_it(
    visit: Visit, town: Town, language: str, size: tuple[int, int], scripts: bool
) -> None:
    say = partial(translate, language=language)
    visitor = visit(language, size, scripts=scripts, drawing=False, base=town.base)
    number = a_report(visitor, say, town, f"wim.{language}@example.org")
    visitor.page.locator("summary", has_text=say("page.withdraw.title")).click()
    visitor.presses(say("page.withdraw.button"))
    expect(visitor.page.get_by_role("status").filter(has_text=say("page.withdraw.done"))).to_be_visible()
    assert not scripts or visitor.barriers() == []
    state = "select visibility from service_requests where id = %(id)s"
    assert town.stored(state, id=number) in ([], [("hidden",)])


@pytest.mark.parametrize("language", ["de", "en"])
def test_search_and_map_share_a_screen_of_a_telephone(
    visit: Visit, town: Town, language: str, a_map: None
) -> None:
    visitor = visit(language, SMALL_PHONE, base=town.base)
    visitor.opens("/report")
    field, place = visitor.page.locator("#address"), visitor.page.locator("[data-pick-map]")
    place.wait_for()
    box = place.bounding_box()
    assert box is not None
    expect(field).to_be_in_viewport(ratio=1)
    assert box["y"] < SMALL_PHONE[1] - 50
    assert visitor.overflow() <= 0
