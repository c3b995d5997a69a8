"""Which moves of a request are allowed, and what each one changes."""

from datetime import datetime
from typing import Any

from open311.base.errors import Invalid, problem
from open311.model.catalogue import DetailedStatus
from open311.model.service_request import ServiceRequest, Status, Visibility

ALLOWED_VISIBILITY = {
    # Nothing returns to the queue of the unchecked.
    Visibility.HELD: {Visibility.PUBLISHED, Visibility.WITHHELD, Visibility.HIDDEN},
    Visibility.PUBLISHED: {Visibility.WITHHELD, Visibility.HIDDEN},
    Visibility.WITHHELD: {Visibility.PUBLISHED, Visibility.HIDDEN},
    # A report hidden by mistake comes back.
    Visibility.HIDDEN: {Visibility.PUBLISHED, Visibility.WITHHELD},
}


def change_status(
    request: ServiceRequest, to: DetailedStatus, notes: str | None, at: datetime
) -> dict[str, Any]:
    """The values that a move to another detailed status changes: any may follow any, since closed cases open again."""
    target = Status(to.status)
    closed = None
    if target is Status.CLOSED:
        # A status after it was closed does not close it again; and what comes from elsewhere may say that it was
        # closed before it came in.
        closed = request.closed_datetime or max(at, request.requested_datetime)
    changes = {"status": target, "detailed_status": to.code, "closed_datetime": closed}
    # A note says why the status is what it is: it goes with the status, and no later event repeats it.
    if notes is not None or to.code != request.detailed_status:
        changes["status_notes"] = notes
    return changes


def change_visibility(request: ServiceRequest, to: Visibility) -> dict[str, Any]:
    """The values that publishing or hiding changes; raises `Invalid` when it is not allowed."""
    if to not in ALLOWED_VISIBILITY[Visibility(request.visibility)]:
        now, wanted = (problem(f"desk.visibility.{visibility}") for visibility in (request.visibility, to))
        raise Invalid(problem("error.visibility.move", now=now, wanted=wanted))
    return {"visibility": to}
