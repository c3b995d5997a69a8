"""What a report is about and where it lies, put right by staff; what follows from it is recalculated."""

from open311.actions.casework.opening import opened
from open311.actions.casework.owned import require_ours
from open311.actions.casework.responsibility import routing
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.ownership import Part
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Location
from open311.storage.requests import service_requests

ADDRESS_LENGTH = 500


def recategorise(
    core: Core,
    service_request_id: int,
    service_code: str,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Move a request to another service that is offered; the promise and what rules decide follow."""
    with opened(core, service_request_id, actor, Right.EDIT, expected_revision) as work:
        move_to_service(work, service_code)
    return work.case.revision


def move_to_service(work: Work, service_code: str) -> None:
    """Recategorise within an act. Answers that are not public under the new service are kept for staff."""
    service = work.catalogue.find_service(service_code)
    if service is None:
        raise Invalid(problem("error.service_code.unknown", service_code=service_code))
    before = work.request.service_code
    if service_code == before:
        return
    require_ours(work, Part.SERVICE)
    public = {attribute.code for attribute in service.attributes if attribute.public}
    answers = work.request.attributes
    # Kept, since the same mistake may be put right once more; for staff alone, since nobody was told that they are
    # public.
    lost = {code: values for code, values in answers.items() if code not in public}
    if lost:
        service_requests.keep_internal_answers(work.conn, work.number, lost)
    work.change(
        service_code=service_code,
        attributes={code: values for code, values in answers.items() if code in public},
    )
    promise_anew(work)
    work.tell_staff(EventKind.RECATEGORISED, {"from": before, "to": service_code}, in_feed=True)
    routing.route_anew(work)


def relocate(
    core: Core,
    service_request_id: int,
    location: Location,
    actor: Actor,
    address: str | None = None,
    *,
    outside: bool = False,
    expected_revision: int | None = None,
) -> int:
    """Put a request somewhere else; `outside` lets it lie beyond the boundary."""
    with opened(core, service_request_id, actor, Right.EDIT, expected_revision) as work:
        move_to_place(work, location, address, outside=outside)
    return work.case.revision


def move_to_place(
    work: Work, location: Location | None, address: str | None = None, *, outside: bool = False
) -> None:
    """Relocate within an act. The history says that it was moved, not where it lay: it may have been a home."""
    city = work.catalogue.jurisdiction
    if location is not None and not outside and not city.contains(location.lat, location.long):
        raise Invalid(problem("error.location.outside", jurisdiction=city.name))
    fields = []
    if location is not None and location != work.request.location:
        work.change(location=location)
        fields.append("location")
    if address is not None and tidy(address)[:ADDRESS_LENGTH] != work.request.address:
        work.change(address=tidy(address)[:ADDRESS_LENGTH], address_id=None, zipcode=None)
        fields.append("address")
    if fields:
        require_ours(work, Part.PLACE)
        promise_anew(work)
        work.tell_staff(EventKind.RELOCATED, in_feed=True, fields=fields)
        routing.route_anew(work)


def promise_anew(work: Work) -> None:
    """Reckon from the receipt until when the public may expect it to be finished, as the catalogue says now."""
    promised = work.catalogue.promise(work.request.service_code, work.request.requested_datetime)
    if promised != work.request.expected_datetime:
        work.change(expected_datetime=promised)
