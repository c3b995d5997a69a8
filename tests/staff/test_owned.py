"""What another system owns of a report is changed there: our desk says whose it is, and refuses."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.base.errors import Invalid
from open311.core import Core
from open311.federation.forwarding import release
from open311.model.access.actor import Actor, ActorKind, forward_actor
from open311.model.casework.ownership import Owner, Part, owner_of
from open311.model.forwards import Forward
from open311.model.service_request import Location
from open311.model.staff.roles import Role
from open311.storage.requests import service_requests
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.serving import MakeCore, an_api
from tests.staff.desk import Desk

THERE = Forward(url="https://licht.example/open311/v2", service_code="LAMP")
KEY = Actor(ActorKind.KEY, "app", CLARA.rights)


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    lamps = a_service(service_code="LAMPE", forward=THERE)
    return make_core(a_catalogue(lamps, a_service(), jurisdiction=a_jurisdiction()))


@pytest.fixture
def number(core: Core, conn: Connection) -> int:
    """A published report that the other server has."""
    made = int(an_api(core).report(service_code="LAMPE"))
    conn.execute(
        text(
            "insert into forwards (service_request_id, url, state, client_request_id, created_datetime,"
            " due_datetime) values (:n, :url, 'sent', 'c', now(), now())"
        ),
        {"n": made, "url": THERE.url},
    )
    request = service_requests.find_any(conn, made, lock=True)
    assert request
    casework.hand_on(core, conn, request, {"url": THERE.url})
    return made


CHANGES: dict[Part, Any] = {
    Part.STATUS: lambda core, number: casework.set_status(core, number, "fixed", CLARA),
    Part.PLACE: lambda core, number: casework.relocate(core, number, Location(49.5, 8.5), CLARA),
    Part.SERVICE: lambda core, number: casework.recategorise(core, number, "MUELL_WILD", CLARA),
}


@pytest.mark.parametrize("part", CHANGES)
def test_what_was_handed_on_is_changed_there_until_it_is_taken_back(
    core: Core, number: int, part: Part
) -> None:
    before = casework.show(core, number, CLARA).request
    with pytest.raises(Invalid) as refused:
        CHANGES[part](core, number)
    [problem] = refused.value.problems
    assert (problem.key, problem.values) == (f"error.owned.{part}", {"owner": "licht.example"})
    assert casework.show(core, number, CLARA).request == before
    release.take_back(core, number, CLARA)
    CHANGES[part](core, number)
    assert casework.show(core, number, CLARA).request != before


def test_personal_words_can_be_taken_out_of_what_we_show(core: Core, number: int) -> None:
    casework.edit(core, number, {"description": "ohne Namen"}, CLARA)
    assert casework.show(core, number, CLARA).request.description == "ohne Namen"


def test_the_other_system_itself_moves_it(core: Core, conn: Connection, number: int) -> None:
    request = service_requests.find_any(conn, number, lock=True)
    fixed = core.catalogues.in_force[0].statuses["fixed"]
    assert request
    casework.apply_remote_update(core, conn, request, fixed, None, forward_actor("licht.example"))
    assert casework.show(core, number, CLARA).request.status == "closed"


@pytest.mark.parametrize(("updates", "forbidden"), [("pulled", True), ("pushed", False)])
def test_a_key_speaks_for_the_other_system_where_that_tells_us(updates: str, forbidden: bool) -> None:
    forward = replace(THERE, updates=updates)
    catalogue = a_catalogue(a_service(service_code="LAMPE", forward=forward))
    owner = owner_of(catalogue, "LAMPE", {"forwarded"})
    assert owner
    assert owner.forbids(Part.STATUS, KEY) is forbidden
    assert owner.forbids(Part.STATUS, CLARA)


def test_everything_of_a_harvested_report_is_its_sources() -> None:
    elsewhere = a_jurisdiction(harvested_from="https://speyer.example/open311/v2")
    owner = owner_of(a_catalogue(a_service(), jurisdiction=elsewhere), "MUELL_WILD", ())
    assert owner == Owner("speyer.example", frozenset(Part))


def test_the_desk_says_whose_it_is_and_offers_no_form(core: Core, number: int) -> None:
    bea = Desk(core).employee(Role.CHECKER, Role.WORKER)
    page = bea.get(f"/staff/reports/{number}").text
    assert "Bei licht.example" in page
    assert 'id="act-status"' not in page
    bea.post(f"/staff/reports/{number}/status", 400, status="fixed")
    assert "licht.example" in bea.text
    outside = bea.get(f"/staff/reports/{number}/outside").text
    assert "dort angekommen" in outside
    assert "1 offene Meldung liegt bei einem anderen System" in bea.get("/staff/outside").text
    bea.post(f"/staff/reports/{number}/outside/take_back", 303)
    page = bea.get(f"/staff/reports/{number}").text
    assert "Bei licht.example" not in page
    assert "bei einem anderen System" not in bea.get("/staff/outside").text
    assert 'id="act-status"' in page
