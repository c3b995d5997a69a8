"""What staff do with a request."""

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework, keys
from open311.actions.reporting import report
from open311.base.errors import Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import WORKER, key_actor
from open311.model.access.keys import Scope
from open311.model.catalogue import ServiceType
from open311.model.intake.submission import Submission
from open311.model.service_request import Location, Reporter, ServiceRequest, Status, Visibility
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.serving import Clock, MakeCore


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with services that are published at once, checked, and taken over later."""
    return make_core(
        a_catalogue(
            a_service(moderated=False),
            a_service(service_code="GEPRUEFT"),
            a_service(service_code="KANAL", type=ServiceType.BATCH, moderated=False),
            a_service(service_code="GULLY", type=ServiceType.BATCH),
        )
    )


def submit(core: Core, service_code: str = "MUELL_WILD") -> str:
    """Hand in a report; its id, or the token of a batch service."""
    key = keys.find_key(
        core, keys.add_key(core, f"key {core.now()} {service_code}", [Scope.REPORT], actor=CLARA)
    )
    assert key
    submission = Submission(
        service_code=service_code, location=Location(49.48, 8.44), reporter=Reporter(email="kim@example.org")
    )
    receipt = report.submit(core, core.catalogues.in_force[0], submission, key_actor(key))
    return str(receipt.service_request_id or receipt.token)


def seen(core: Core, number: int) -> ServiceRequest:
    return casework.show(core, number, CLARA).request


def kinds(core: Core, number: int) -> list[str]:
    return [note.kind for note in casework.show(core, number, CLARA).history]


def test_closing_sets_the_time(core: Core, clock: Clock) -> None:
    """R-176, R-157."""
    number = int(submit(core))
    closed = clock.forward(days=2)
    casework.set_status(core, number, "fixed", CLARA, "Abgeholt.")
    request = seen(core, number)
    assert (request.status, request.detailed_status, request.status_notes) == (
        Status.CLOSED,
        "fixed",
        "Abgeholt.",
    )
    assert request.updated_datetime == request.closed_datetime == closed


def test_public_change_after_closing_moves_the_time_on_but_not_the_closing(core: Core, clock: Clock) -> None:
    """R-176."""
    number = int(submit(core))
    closed = clock.forward(days=1)
    casework.set_status(core, number, "fixed", CLARA)
    later = clock.forward(days=1)
    casework.set_status(core, number, "fixed", CLARA, "Doch noch ein Rest.")
    request = seen(core, number)
    assert (request.closed_datetime, request.updated_datetime) == (closed, later)


def test_reopening_forgets_the_closing(core: Core, clock: Clock) -> None:
    """R-176."""
    number = int(submit(core))
    casework.set_status(core, number, "fixed", CLARA)
    clock.forward(days=1)
    casework.set_status(core, number, "in_process", CLARA)
    request = seen(core, number)
    assert (request.status, request.closed_datetime) == (Status.OPEN, None)


def test_clock_that_goes_back_does_not_date_a_change_before_the_report(core: Core, clock: Clock) -> None:
    """R-176: never earlier than `requested_datetime`."""
    number = int(submit(core))
    clock.forward(hours=-1)
    casework.set_status(core, number, "fixed", CLARA)
    request = seen(core, number)
    assert request.updated_datetime >= request.requested_datetime
    assert request.closed_datetime
    assert request.closed_datetime >= request.requested_datetime


def test_held_are_listed_oldest_first(core: Core, clock: Clock) -> None:
    """R-174."""
    first = int(submit(core, "GEPRUEFT"))
    clock.forward(minutes=1)
    second = int(submit(core, "GEPRUEFT"))
    submit(core)
    waiting = casework.held(core, core.catalogues.in_force[0], 10, CLARA)
    assert [request.service_request_id for request in waiting] == [first, second]
    casework.publish(core, first, CLARA)
    casework.hide(core, second, CLARA)
    assert casework.held(core, core.catalogues.in_force[0], 10, CLARA) == []


def test_every_move_is_written_down(core: Core) -> None:
    """R-174: with who did it; what the public may not know is not public."""
    number = int(submit(core, "GEPRUEFT"))
    casework.publish(core, number, CLARA)
    casework.assign(core, number, "kvd", CLARA)
    casework.hide(core, number, CLARA, "Name im Text")
    casework.publish(core, number, CLARA)
    history = casework.show(core, number, CLARA).history
    assert [note.kind for note in history] == ["submitted", "published", "assigned", "hidden", "published"]
    assert [note.public for note in history] == [False, True, True, False, True]
    assert {note.actor for note in history[1:]} == {str(CLARA)}


def test_published_is_not_published_again(core: Core) -> None:
    """R-174: a move that is not allowed changes and tells nothing."""
    number = int(submit(core))
    before = casework.show(core, number, CLARA)
    with pytest.raises(Invalid):
        casework.publish(core, number, CLARA)
    assert casework.show(core, number, CLARA) == before


def test_unknown_words_are_refused_with_the_known_ones(core: Core) -> None:
    """R-167."""
    number = int(submit(core))
    with pytest.raises(Invalid) as status:
        casework.set_status(core, number, "erledigt", CLARA)
    with pytest.raises(Invalid) as agency:
        casework.assign(core, number, "nobody", CLARA)
    assert "fixed" in status.value.problems[0].values["known"]
    assert "kvd" in agency.value.problems[0].values["known"]


def test_whoever_looks_for_an_erased_request_is_told_so(core: Core) -> None:
    number = int(submit(core))
    casework.erase(core, number, CLARA)
    with pytest.raises(NotFound) as erased:
        casework.show(core, number, CLARA)
    assert erased.value.problems[0].key == "error.service_request.erased"


def test_unknown_request_is_not_found(core: Core) -> None:
    """R-182."""
    with pytest.raises(NotFound) as unknown:
        casework.show(core, 1, CLARA)
    assert unknown.value.problems[0].key == "error.service_request.none"
    with pytest.raises(NotFound):
        casework.publish(core, 1, CLARA)


def test_staff_see_who_reported(core: Core) -> None:
    """R-135."""
    assert casework.show(core, int(submit(core)), CLARA).reporter["email"] == "kim@example.org"


def test_accepting_publishes_what_nobody_must_check(core: Core) -> None:
    """R-145, R-148."""
    number = casework.accept(core, submit(core, "KANAL"), WORKER)
    assert seen(core, number).visibility == Visibility.PUBLISHED
    assert kinds(core, number) == ["submitted", "accepted", "published"]


def test_accepting_leaves_the_rest_to_those_who_check(core: Core) -> None:
    """R-174."""
    number = casework.accept(core, submit(core, "GULLY"), WORKER)
    assert seen(core, number).visibility == Visibility.HELD


def test_accepting_twice_is_accepting_once(core: Core) -> None:
    """R-145: a job may run twice."""
    token = submit(core, "KANAL")
    number = casework.accept(core, token, WORKER)
    before = casework.show(core, number, CLARA)
    assert casework.accept(core, token, WORKER) == number
    assert casework.show(core, number, CLARA) == before


def test_accepting_does_not_bring_back_what_was_hidden(core: Core, conn: Connection) -> None:
    """R-182."""
    token = submit(core, "KANAL")
    hidden = conn.execute(
        text("select service_request_id from tokens where token = :t"), {"t": token}
    ).scalar_one()
    casework.hide(core, hidden, CLARA)
    assert casework.accept(core, token, WORKER) == hidden
    assert seen(core, hidden).visibility == Visibility.HIDDEN


def test_acceptance_and_publication_stand_or_fall_together(core: Core, conn: Connection) -> None:
    """R-145, R-148: a worker that dies between them must find the token as it was."""
    token = submit(core, "KANAL")
    conn.execute(
        text("create function fails() returns trigger language plpgsql as $$ begin raise 'broken'; end $$")
    )
    conn.execute(
        text("create trigger fails before update on service_requests for each row execute function fails()")
    )
    with pytest.raises(Exception, match="broken"):
        casework.accept(core, token, WORKER)
    conn.execute(text("drop trigger fails on service_requests"))
    number = casework.accept(core, token, WORKER)
    assert seen(core, number).visibility == Visibility.PUBLISHED


def test_unknown_token_is_not_found(core: Core) -> None:
    """R-147."""
    with pytest.raises(NotFound):
        casework.accept(core, "no such token", WORKER)
