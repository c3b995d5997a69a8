"""A round without a network: it is there, what is said waits on the device, is sent once, and goes with signing out."""

from datetime import timedelta
from pathlib import Path

from open311.actions import casework
from open311.model.cases import Flag
from open311.model.rights import Role
from tests.actors import CLARA
from tests.browser.conftest import PHONE, Visit
from tests.browser.staff import signs_in
from tests.browser.town import Town
from tests.pictures import a_photo
from tests.serving import an_api

KEPT = """async () => [
  (await caches.keys()).includes('open311-field'),
  (await indexedDB.databases()).map((each) => each.name),
]"""
READY = "() => navigator.serviceWorker.ready.then((found) => found.scope.endsWith('/staff/field/'))"


def test_a_round_goes_on_without_a_network_and_nothing_is_lost_or_twice(
    visit: Visit, town: Town, tmp_path: Path
) -> None:
    photo = tmp_path / "vorher.jpg"
    photo.write_bytes(a_photo())
    api = an_api(town.core)
    open_one, closed_one = (int(api.report(description=f"Sack {place}")) for place in ("A", "B"))
    owner = town.core.catalogues.in_force[0].jurisdiction.jurisdiction_id
    day = town.core.now().date() + timedelta(days=1)
    round_id = casework.plan_round(town.core, owner, [open_one, closed_one], "Nord", day, CLARA)
    visitor = visit("de", base=town.base, keeps=True, drawing=False, size=PHONE)
    signs_in(visitor, town.core, Role.LEAD)
    page = visitor.page
    visitor.opens(f"/staff/field/{round_id}")
    assert visitor.barriers_of_every_look() == []
    page.wait_for_function(READY)
    page.get_by_role("button", name="Auf dieses Gerät mitnehmen").click()
    page.get_by_text("zwölf Stunden").wait_for()
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    page.context.set_offline(True)
    page.reload()
    for number, act in ((open_one, "done"), (closed_one, "done")):
        stop = page.locator(f"#stop-{number}")
        stop.locator(f"#act-{number}-{act}").check()
        stop.locator("textarea").fill(f"weg {number}")
        if number == open_one:
            stop.locator("input[type=file]").set_input_files(photo)
        stop.get_by_role("button", name="Eintragen").click()
        page.locator("[data-queue] li", has_text=str(number)).wait_for()
    # What waits outlives a page that is closed.
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('[data-queue] li').length === 2")

    casework.set_status(town.core, closed_one, "GELOEST", CLARA)
    page.context.set_offline(False)
    page.get_by_text("war schon abgeschlossen").wait_for()
    page.wait_for_function("() => document.querySelectorAll('[data-queue] li').length === 0")
    for number, flags in ((open_one, {Flag.FIELD_DONE}), (closed_one, frozenset())):
        shown = casework.show(town.core, number, CLARA)
        assert [event.kind for event in shown.history].count("field_reported") == 1
        assert shown.case.flags == flags
    assert page.evaluate(KEPT)[0] is True

    page.get_by_role("button", name="Abmelden").click()
    page.locator("html[data-cleared]").wait_for(state="attached")
    kept, databases = page.evaluate(KEPT)
    assert (kept, "open311-field" in databases) == (False, False)
