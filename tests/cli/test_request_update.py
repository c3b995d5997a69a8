"""`open311 request update`, `note`, `merge` and `erase` on the command line."""

from open311.actions import keys
from open311.actions.reporting import updates
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.service_request import Reporter
from open311.model.updates import UpdateSubmission
from tests.actors import CLARA
from tests.cli.test_request import core, shown, staff, submit

__all__ = ["core"]


def claim(core: Core, number: str) -> str:
    """An update from somebody who may not change the status; its id."""
    key = keys.find_key(core, keys.add_key(core, "another site", [Scope.REPORT], actor=CLARA))
    assert key
    sent = UpdateSubmission(
        service_request_id=int(number),
        update_id="FMS-1",
        update_status="fixed",
        sent_datetime=core.now(),
        description="Ist [/schon] weg",
        updater=Reporter(first_name="Ute"),
    )
    return str(updates.post(core, core.catalogues.in_force[0], sent, key_actor(key)))


def test_staff_see_publish_and_hide_an_update(core: Core) -> None:
    """With who sent it and in their own words; a second decision is refused in words."""
    number = submit(core, "MUELL_WILD")
    update = claim(core, number)
    listed = staff(core, "update", "held")
    assert update in listed
    assert "Ute" in listed
    assert "Ist [/schon] weg" in listed
    staff(core, "update", "publish", update)
    assert update not in staff(core, "update", "held")
    assert "does not await a decision" in staff(core, "update", "publish", update, exit_code=1)
    staff(core, "update", "hide", update)
    assert "There is no update" in staff(core, "update", "hide", "999999", exit_code=1)


def test_staff_note_merge_and_erase(core: Core) -> None:
    """Each says what it has done; erasing asks first."""
    number, into = submit(core, "MUELL_WILD"), submit(core, "MARKIERUNG")
    staff(core, "note", number, "Wir kümmern uns.")
    staff(core, "merge", number, into)
    extended = shown(core, number)["extended_attributes"]
    assert isinstance(extended, dict)
    assert extended["parent_service_request_id"] == into
    staff(core, "erase", number, exit_code=1)
    staff(core, "erase", number, "--yes", "--reason", "verlangt")
    assert "was erased on" in staff(core, "show", number, exit_code=1)
