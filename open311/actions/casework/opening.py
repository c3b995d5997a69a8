"""Opening reports for an act: locked in one order, each with its case, in the transaction of the act."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from open311.actions.casework.work import Work
from open311.base.errors import Conflict, NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.cases import Case, new_case
from open311.model.service_request import ServiceRequest
from open311.storage import events
from open311.storage.database import Connection
from open311.storage.requests import cases, service_requests


@contextmanager
def opened(
    core: Core,
    service_request_id: int,
    actor: Actor,
    right: Right,
    expected_revision: int | None = None,
) -> Iterator[Work]:
    """A report to work on, in a transaction of its own; written when the block ends without an error.

    Raises `NotFound`, `Forbidden`, and `Conflict` when others have changed it since `expected_revision`.
    """
    with core.database.begin() as conn:
        work = locked(core, conn, service_request_id, actor)
        work.require(right)
        require_revision(work, expected_revision)
        yield work
        work.write()


def locked(core: Core, conn: Connection, service_request_id: int, actor: Actor) -> Work:
    """A report to work on within the caller's transaction, who writes it; raises `NotFound`."""
    return locked_together(core, conn, [service_request_id], actor)[service_request_id]


def locked_together(core: Core, conn: Connection, numbers: Collection[int], actor: Actor) -> dict[int, Work]:
    """Several reports for one act, by number; nobody else changes their duplicates meanwhile either."""
    requests = service_requests.locked(conn, numbers)
    for number in numbers:
        if number not in requests:
            raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    return {number: taken_up(core, conn, request, actor) for number, request in requests.items()}


def taken_up(core: Core, conn: Connection, request: ServiceRequest, actor: Actor) -> Work:
    """The same for a request that the caller has locked."""
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    return Work(core, conn, actor, catalogue, request, cases.ensure(conn, usual_case(core, request)))


def usual_case(core: Core, request: ServiceRequest) -> Case:
    """The case of a request that a process of an earlier release has stored without one."""
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    number, place = request.service_request_id, request.location
    return new_case(request._asdict(), catalogue, number, place=place, from_elsewhere=True)


def keep_up(core: Core, conn: Connection, service_request_id: int, actor: Actor) -> None:
    """Have a case follow its request, which was changed past the acts of this package: its own server owns it."""
    locked(core, conn, service_request_id, actor).write_case()


def require_revision(work: Work, expected_revision: int | None) -> None:
    """Optimistic locking: raise `Conflict` when the case has moved on from the revision that somebody looked at."""
    if expected_revision is None or expected_revision == work.case.revision:
        return
    history = events.of_request(work.conn, work.number)
    # The page of the conflict shows what others did, so that nobody has to compare two versions by eye.
    meanwhile = [event for event in history if int(event.data.get("revision", 0)) > expected_revision]
    raise Conflict(
        problem("error.case.changed", service_request_id=work.number),
        revision=work.case.revision,
        meanwhile=meanwhile,
    )
