"""Somebody else says the same as a report that is there: counted at that report, with how they can be reached."""

from open311.actions.casework.opening import locked
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Reporter, Status, Visibility
from open311.storage.database import Connection
from open311.storage.desk.case import notes


def write_contact(
    core: Core, conn: Connection, service_request_id: int, actor: Actor, channel: str, caller: Reporter
) -> Work:
    """Note a further contact within the caller's transaction; raises `NotFound`, `Forbidden`, and `Invalid` for what is
    closed.

    Who it was is in a note about a person, since only one reporter belongs to a report.
    """
    work = locked(core, conn, service_request_id, actor)
    work.require(Right.INTAKE)
    if work.request.visibility == Visibility.HIDDEN:
        raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
    if work.request.status == Status.CLOSED:
        raise Invalid(problem("error.contact.closed", service_request_id=service_request_id))
    words = tidy(" · ".join(filter(None, (_name(caller), caller.phone, caller.email))))
    note_id = None
    if words:
        note_id = notes.add(conn, service_request_id, str(actor), words, work.now, about_person=True)
    work.tell_staff(EventKind.CONTACTED, channel=channel, note_id=note_id)
    work.write()
    return work


def _name(caller: Reporter) -> str:
    return " ".join(filter(None, (caller.first_name, caller.last_name)))
