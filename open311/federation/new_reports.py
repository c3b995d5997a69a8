"""Requests from elsewhere that are new here: with a case, and as much of a history as they tell."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from open311.federation.references import Arrival
from open311.model.access.visibility import is_everybodys
from open311.model.casework.cases import Case, new_case
from open311.model.catalogue import Catalogue
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import NOBODY, Reporter, ServiceRequest, Status, Visibility
from open311.storage.requests.bulk_load import NewEvent

# What a change of these means to the followers of a request; all else is an edit.
STATUS_FIELDS = ("status", "detailed_status", "status_notes")


class NewReport(NamedTuple):
    """A request from elsewhere as it is stored for the first time."""

    request: ServiceRequest
    case: Case
    reporter: Reporter
    events: Sequence[NewEvent]
    answers: Mapping[str, list[str]] = MappingProxyType({})
    token: str | None = None
    received_datetime: datetime | None = None


def new_reports(
    arrivals: Sequence[Arrival], catalogue: Catalogue, visibility: Visibility, actor: str
) -> list[NewReport]:
    fixed: dict[str, Any] = {
        "service_request_id": 0,
        "jurisdiction_id": catalogue.jurisdiction.jurisdiction_id,
        "visibility": visibility,
        "version": 1,
    }
    first = catalogue.initial_status.code
    requests = [ServiceRequest(**fixed, **arrival.values) for arrival in arrivals]
    areas = catalogue.desk.areas.at_each([request.location for request in requests])
    return [
        NewReport(
            request,
            new_case(request._asdict(), catalogue, from_elsewhere=True, areas=at),
            arrival.reporter or NOBODY,
            _history(request, first, actor),
        )
        for request, at, arrival in zip(requests, areas, arrivals, strict=True)
    ]


def _history(request: ServiceRequest, first_status: str, actor: str) -> list[NewEvent]:
    """The history as far as the request itself tells: handed in, and what has become of it."""
    shown = is_everybodys(request)
    first = {"status": Status.OPEN.value, "detailed_status": first_status}
    came_in = request.requested_datetime
    lines = [NewEvent(EventKind.SUBMITTED, came_in, actor, shown, shown, is_update=False, data=first)]
    if request.detailed_status != first_status or request.status_notes:
        now = {name: value for name in STATUS_FIELDS if (value := getattr(request, name))}
        moment = request.closed_datetime or request.updated_datetime
        lines.append(
            NewEvent(EventKind.STATUS_CHANGED, moment, actor, shown, shown, is_update=True, data=now)
        )
    return lines
