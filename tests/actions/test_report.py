"""Taking in a report: all or nothing, and one report however often it is sent."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework, keys
from open311.actions.reporting import report
from open311.base.errors import Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import Actor, key_actor
from open311.model.access.keys import Scope
from open311.model.catalogue import ServiceType
from open311.model.intake.submission import Submission
from open311.model.service_request import Location, Reporter, Status, Visibility
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service, a_vehicle_service, words
from tests.serving import Clock, MakeCore

PLACE = Location(49.4811, 8.4464)


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with a service of each type."""
    return make_core(
        a_catalogue(
            a_service(moderated=False, response_time=timedelta(days=3), agency="kvd"),
            a_vehicle_service(),
            a_service(service_code="KANAL", type=ServiceType.BATCH, moderated=False),
            a_service(service_code="LOB", type=ServiceType.BLACKBOX, service_notice=words("Danke.")),
        )
    )


@pytest.fixture
def sender(core: Core) -> Actor:
    """Anna's app."""
    found = keys.find_key(core, keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA))
    assert found
    return key_actor(found)


def a_submission(**fields: object) -> Submission:
    """Illegal dumping at a known place."""
    return Submission(**{"service_code": "MUELL_WILD", "location": PLACE} | fields)


def submit(core: Core, sender: Actor, **fields: object) -> int:
    receipt = report.submit(core, core.catalogues.in_force[0], a_submission(**fields), sender)
    assert receipt.service_request_id
    return receipt.service_request_id


def keys_of(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.key for problem in refused.value.problems]


def test_new_report_is_open_and_dated(core: Core, sender: Actor, clock: Clock) -> None:
    """R-103, R-176: with the agency and the date that the catalogue promises."""
    request = casework.show(core, submit(core, sender, description="Sofa"), CLARA).request
    assert (request.status, request.visibility) == (Status.OPEN, Visibility.PUBLISHED)
    assert request.requested_datetime == request.updated_datetime == clock.now
    assert request.expected_datetime == clock.now + timedelta(days=3)
    assert request.agency_responsible == "kvd"
    assert request.location == PLACE


def test_point_is_stored_long_first(core: Core, sender: Actor, conn: Connection) -> None:
    """R-111: the swap is the classic bug."""
    number = submit(core, sender)
    point = conn.execute(text("select st_astext(geom) from service_requests where id = :id"), {"id": number})
    assert point.scalar_one() == "POINT(8.4464 49.4811)"


def test_who_reported_is_in_the_history_by_the_name_of_the_key(core: Core, sender: Actor) -> None:
    """R-135."""
    [event] = casework.show(
        core, submit(core, sender, reporter=Reporter(email="kim@example.org")), CLARA
    ).history
    assert (event.kind, event.actor, event.public) == ("submitted", "key:Annas App", True)
    assert "kim" not in str(event)


@pytest.mark.parametrize(
    ("service_code", "shown"), [("MUELL_WILD", Visibility.PUBLISHED), ("FAHRZEUG_ALT", Visibility.HELD)]
)
def test_visibility_follows_the_service(
    core: Core, sender: Actor, service_code: str, shown: Visibility
) -> None:
    """R-174."""
    number = submit(core, sender, service_code=service_code, answers={"FARBE": ["blau"]})
    assert casework.show(core, number, CLARA).request.visibility == shown


def test_each_type_promises_one_thing(core: Core, sender: Actor) -> None:
    """R-099, R-100, R-101."""
    given = {
        code: report.submit(core, core.catalogues.in_force[0], a_submission(service_code=code), sender)
        for code in ("MUELL_WILD", "KANAL", "LOB")
    }
    kinds = {code: (bool(request.service_request_id), bool(request.token)) for code, request in given.items()}
    assert kinds == {"MUELL_WILD": (True, False), "KANAL": (False, True), "LOB": (False, False)}
    assert given["LOB"].service_notice.in_language("de") == "Danke."


def test_all_problems_come_at_once(core: Core, sender: Actor) -> None:
    """R-137."""
    with pytest.raises(Invalid) as refused:
        submit(core, sender, service_code="FAHRZEUG_ALT", location=None, answers={"ZUSTAND": ["rost"]})
    assert keys_of(refused) == [
        "error.location.required",
        "error.attribute.value_unknown",
        "error.attribute.required",
    ]


def test_unknown_service_is_not_found(core: Core, sender: Actor) -> None:
    """R-115."""
    with pytest.raises(NotFound):
        submit(core, sender, service_code="NIRGENDS")


def test_nothing_is_half_stored(core: Core, sender: Actor, conn: Connection) -> None:
    """R-138: the report, who sent it, the event and the job stand or fall together."""
    conn.execute(
        text("create function fails() returns trigger language plpgsql as $$ begin raise 'broken'; end $$")
    )
    conn.execute(text("create trigger fails before insert on tokens for each row execute function fails()"))
    with pytest.raises(Exception, match="broken"):
        report.submit(core, core.catalogues.in_force[0], a_submission(service_code="KANAL"), sender)
    for table in ("service_requests", "submissions", "reporters", "events", "procrastinate_jobs"):
        assert conn.execute(text(f"select count(*) from {table}")).scalar_one() == 0


def test_repetition_within_a_day_is_the_same_report(core: Core, sender: Actor, clock: Clock) -> None:
    """R-143."""
    first = submit(core, sender, client_request_id="c-1")
    clock.forward(hours=23, minutes=59, seconds=59)
    assert submit(core, sender, client_request_id="c-1", description="noch einmal") == first
    clock.forward(seconds=2)
    assert submit(core, sender, client_request_id="c-1") != first


def test_report_that_was_refused_may_be_sent_again(core: Core, sender: Actor) -> None:
    """R-143: only what was stored is remembered."""
    with pytest.raises(Invalid):
        submit(core, sender, client_request_id="c-1", location=None)
    assert submit(core, sender, client_request_id="c-1")
