"""The end of a request, with all that is known about it."""

from typing import Any

from open311.actions.casework.duplicates_told import tell_duplicates
from open311.base.errors import NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest
from open311.model.staff.audit import AuditKind
from open311.model.task_names import TaskName
from open311.storage import events, jobs, media
from open311.storage.database import Connection
from open311.storage.mails import inbox
from open311.storage.requests import service_requests
from open311.storage.staff_accounts import audit


def erase(core: Core, service_request_id: int, actor: Actor, reason: str | None = None) -> None:
    """Delete a request with all that is known about it; its events keep no more than that they happened.

    Replicas are told, if they ever knew of it. `reason` is for staff.
    """
    with core.database.begin() as conn:
        request = service_requests.find_any(conn, service_request_id, lock=True)
        if request is None:
            raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
        erase_locked(core, conn, request, actor, **({"reason": reason} if reason else {}))
        # The number alone: whatever else stood there would outlive what is erased.
        subject = f"request:{service_request_id}"
        audit.append(conn, core.now(), str(actor), AuditKind.ERASED, subject, {"what": "report"})


def erase_locked(core: Core, conn: Connection, request: ServiceRequest, actor: Actor, **data: Any) -> None:
    """The same within the caller's transaction, which has locked the request."""
    actor.require(Right.ERASE, request.jurisdiction_id)
    number = request.service_request_id
    # Asked before the lines are bared: replicas that had it must drop it, and others must not learn that it was
    # there.
    was_public = events.was_public(conn, number)
    files = [*media.keys_of_request(conn, number), *inbox.forget_of_requests(conn, [number])]
    if files:
        jobs.defer(conn, TaskName.FORGET_MEDIA, keys=files)
    # Foreign keys take along whatever hangs on it (`on delete cascade`); a new table needs one, too.
    service_requests.erase(conn, number)
    tell_duplicates(core, conn, request, None, actor)
    events.redact(conn, number)
    events.append_to(
        conn, request, EventKind.ERASED, at=core.now(), actor=actor, public=False, in_feed=was_public, **data
    )
