"""A case to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from open311.actions.casework.opening import usual_case
from open311.base.errors import NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.cases import Case
from open311.model.catalogue import Catalogue
from open311.model.events import Event
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest
from open311.storage import events
from open311.storage.requests import cases, service_requests


@dataclass(frozen=True, slots=True)
class RequestForStaff:
    """A request as staff see it: whatever its visibility, with its case, the reporter and the whole history."""

    request: ServiceRequest
    case: Case
    reporter: Mapping[str, Any]
    history: Sequence[Event]


def show(core: Core, service_request_id: int, actor: Actor) -> RequestForStaff:
    """A request for staff; raises `NotFound`."""
    with core.database.read() as conn:
        request = service_requests.find_any(conn, service_request_id)
        if request is None:
            raise _missing(service_request_id, events.of_request(conn, service_request_id))
        for right in (Right.SEE_HELD, Right.SEE_REPORTER):
            actor.require(right, request.jurisdiction_id)
        case = cases.find(conn, service_request_id) or usual_case(core, request)
        reporter = service_requests.find_reporter(conn, service_request_id)
        return RequestForStaff(request, case, reporter, events.of_request(conn, service_request_id))


def _missing(number: int, history: Sequence[Event]) -> NotFound:
    erased = [event.datetime for event in history if event.kind is EventKind.ERASED]
    if not erased:
        return NotFound(problem("error.service_request.none", service_request_id=number))
    day = erased[-1].date().isoformat()
    return NotFound(problem("error.service_request.erased", service_request_id=number, day=day))


def held(core: Core, catalogue: Catalogue, limit: int, actor: Actor) -> list[ServiceRequest]:
    """The requests of a jurisdiction that await moderation, the oldest first, at most `limit`."""
    actor.require(Right.SEE_HELD, catalogue.jurisdiction.jurisdiction_id)
    with core.database.read() as conn:
        return service_requests.held(conn, catalogue.jurisdiction.jurisdiction_id, limit)
