"""Reports that repeat one which is hidden, erased, or shown again: they name it no longer, or once more."""

from open311.core import Core
from open311.model.access.actor import Actor
from open311.model.access.visibility import is_everybodys, strangers_view
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest
from open311.storage import events
from open311.storage.database import Connection
from open311.storage.requests import service_requests


def tell_duplicates(
    core: Core, conn: Connection, before: ServiceRequest, after: ServiceRequest | None, actor: Actor
) -> None:
    """Have all copies of the duplicates renewed, where it has changed how much strangers see of a request.

    The caller has locked the duplicates; `after` is None when the request is erased.
    """
    if after and strangers_view(before) is strangers_view(after):
        return
    now = core.now()
    for duplicate in service_requests.renew_duplicates(conn, before.service_request_id, now):
        shown = is_everybodys(duplicate)
        events.append_to(
            conn, duplicate, EventKind.ORIGINAL_CHANGED, at=now, actor=actor, public=False, in_feed=shown
        )
