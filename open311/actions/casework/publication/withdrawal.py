"""The reporter takes a report back."""

from open311.actions.casework.opening import locked
from open311.actions.casework.publication.visibility import take_away
from open311.core import Core
from open311.model.access.actor import REPORTER
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Status, Visibility
from open311.storage import events
from open311.storage.database import Connection

CLAIMED = "cancelled"


def withdraw(core: Core, service_request_id: int, words: str) -> None:
    """Take away what nobody has checked yet; of anything else staff are asked, since others may see it and work on it.

    That the caller is who sent it, its link has shown. Withdrawing twice is no error.
    """
    with core.database.begin() as conn:
        work = locked(core, conn, service_request_id, REPORTER)
        if work.request.visibility == Visibility.HELD:
            work.is_quiet = True
            take_away(work)
            work.tell_staff(EventKind.WITHDRAWN)
        elif work.request.status == Status.OPEN and not _is_asked_for(work.conn, service_request_id):
            work.tell_staff(EventKind.CLAIMED, status_notes=words, claimed_status=CLAIMED)
        work.write()


def _is_asked_for(conn: Connection, service_request_id: int) -> bool:
    return any(
        event.data.get("claimed_status") == CLAIMED and event.actor == str(REPORTER)
        for event in events.of_request(conn, service_request_id)
    )
