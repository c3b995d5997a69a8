"""Objections to public reports: taken in, and decided by staff (Digital Services Act, Article 16)."""

from open311.actions.casework.opening import opened, taken_up
from open311.actions.casework.publication.visibility import take_away
from open311.actions.reporting import claims
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import PUBLIC, Actor, Right
from open311.model.casework.objections import Objection, Verdict
from open311.model.catalogue import Catalogue
from open311.model.events import is_decided
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Reporter, Visibility
from open311.model.task_names import TaskName
from open311.model.updates import UNCHANGED, UpdateSubmission
from open311.storage import events, jobs
from open311.storage.database import Connection
from open311.storage.events import updates


def take_in(core: Core, conn: Connection, catalogue: Catalogue, sent: Objection) -> int | None:
    """Put an objection before the staff; returns the id of its event, None where it was sent before.

    Raises `NotFound` for what is not public, `TooManyRequests` where many wait already.
    """
    owner, number = catalogue.jurisdiction.jurisdiction_id, sent.service_request_id
    # A receipt is owed (DSA, Article 16, 4), and so is one decision: the same form, sent twice, is one objection.
    updates.lock_sender(conn, PUBLIC.key_id, sent.sender_id)
    if updates.find_sent(conn, PUBLIC.key_id, owner, sent.sender_id) is not None:
        return None
    request = claims.public_request(conn, catalogue.jurisdiction, number)
    claims.require_room(conn, catalogue.jurisdiction, number)
    work = taken_up(core, conn, request, PUBLIC)
    work.tell_staff(
        EventKind.OBJECTED, status_notes=sent.text, ground=sent.ground.value, language=sent.language
    )
    work.write()
    event_id = work.events[-1]
    updates.add(conn, event_id, PUBLIC.key_id, owner, _as_update(core, sent))
    return event_id


def _as_update(core: Core, sent: Objection) -> UpdateSubmission:
    """Who objects is remembered, shown to staff, and forgotten like the sender of an update."""
    return UpdateSubmission(
        service_request_id=sent.service_request_id,
        update_id=sent.sender_id,
        update_status=UNCHANGED,
        sent_datetime=core.now(),
        description=sent.text,
        updater=Reporter(email=sent.email, last_name=sent.name or None),
    )


def decide(
    core: Core,
    event_id: int,
    verdict: Verdict,
    text: str,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> None:
    """Let a report stay or take it away, and have the objector told why; raises `Invalid` for a second decision."""
    with core.database.read() as conn:
        objection = events.find(conn, event_id)
    if objection is None or objection.kind is not EventKind.OBJECTED:
        raise NotFound(problem("error.update.unknown", update_id=event_id))
    with opened(core, objection.service_request_id, actor, Right.CHECK, expected_revision) as work:
        history = events.of_request(work.conn, work.number)
        if is_decided(history, event_id):
            raise Invalid(problem("error.update.decided", update_id=event_id))
        if verdict is Verdict.UPHELD and work.request.visibility != Visibility.HIDDEN:
            take_away(work)
        work.tell_staff(
            EventKind.OBJECTION_DECIDED, claim_id=event_id, verdict=verdict.value, words=text.strip() or None
        )
        at = work.now + work.mail_delay
        jobs.defer(work.conn, TaskName.WRITE_TO_OBJECTOR, at=at, event_id=event_id, decided=True)
