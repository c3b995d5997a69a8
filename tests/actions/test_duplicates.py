"""Requests that repeat another one, and requests that are erased."""

import secrets

import pytest
from sqlalchemy import text

from open311.actions import casework, keys
from open311.actions.reporting import report
from open311.base.errors import Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import key_actor
from open311.model.access.keys import Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location, Reporter, Status
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.serving import MakeCore, first_city


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """Two cities on one server."""
    other = a_catalogue(a_service(moderated=False), jurisdiction=a_jurisdiction(jurisdiction_id="speyer.de"))
    return make_core(first_city(), other)


def submit(core: Core, city: int = 0) -> int:
    """Hand in a report that is public at once; its id."""
    key = keys.find_key(core, keys.add_key(core, secrets.token_hex(4), [Scope.REPORT], None, actor=CLARA))
    assert key
    sent = Submission(
        service_code="MUELL_WILD",
        location=Location(49.48, 8.44),
        description="Geheimnis",
        reporter=Reporter(email="kim@example.org"),
    )
    number = report.submit(core, core.catalogues.in_force[city], sent, key_actor(key)).service_request_id
    assert number
    return number


@pytest.fixture
def numbers(core: Core) -> list[int]:
    """Three reports of the first city."""
    return [submit(core) for _ in range(3)]


def test_a_duplicate_is_closed_and_names_the_other(core: Core, numbers: list[int]) -> None:
    """In the status the catalogue has for duplicates."""
    casework.merge(core, numbers[0], numbers[1], CLARA)
    request = casework.show(core, numbers[0], CLARA).request
    assert (request.status, request.detailed_status, request.parent_id) == (
        Status.CLOSED,
        "DUBLETTE",
        numbers[1],
    )
    assert casework.show(core, numbers[1], CLARA).request.status == Status.OPEN


def test_the_status_of_duplicates_takes_the_other_report(core: Core, numbers: list[int]) -> None:
    """Alone it would tell people to look somewhere, and not where."""
    with pytest.raises(Invalid):
        casework.set_status(core, numbers[0], "DUBLETTE", CLARA)
    casework.merge(core, numbers[0], numbers[1], CLARA)
    casework.set_status(core, numbers[0], "DUBLETTE", CLARA, "Siehe dort.")
    assert casework.show(core, numbers[0], CLARA).request.status_notes == "Siehe dort."


def test_nothing_is_a_duplicate_of_itself_or_of_a_duplicate(core: Core, numbers: list[int]) -> None:
    """So no two requests can point to each other."""
    one, other, third = numbers
    casework.merge(core, one, other, CLARA)
    for number, into in ((one, one), (other, one), (third, one)):
        with pytest.raises(Invalid):
            casework.merge(core, number, into, CLARA)
    with pytest.raises(NotFound):
        casework.merge(core, third, 10**12, CLARA)


def test_a_duplicate_stays_in_its_city(core: Core, numbers: list[int]) -> None:
    """Ids are unique across jurisdictions, merging is not."""
    with pytest.raises(Invalid):
        casework.merge(core, numbers[0], submit(core, city=1), CLARA)


def test_erasing_deletes_all_that_is_known(core: Core) -> None:
    """Request, reporter and submission; of the history only that it happened. The reason stays with staff."""
    number = submit(core)
    casework.set_status(core, number, "GELOEST", CLARA, "Geheimnis gelüftet")
    casework.erase(core, number, CLARA, "Art. 17 DSGVO")
    with pytest.raises(NotFound):
        casework.show(core, number, CLARA)
    with pytest.raises(NotFound):
        casework.erase(core, number, CLARA)
    with core.database.read() as conn:
        for table in ("submissions", "reporters", "updaters"):
            left = f"select count(*) from {table} where service_request_id = {number}"
            assert conn.execute(text(left)).scalar() == 0
        rows = conn.execute(
            text(f"select kind, data, in_feed from events where service_request_id = {number} order by id")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("submitted", {}, True),
        ("status_changed", {}, True),
        ("erased", {"reason": "Art. 17 DSGVO"}, True),
    ]
