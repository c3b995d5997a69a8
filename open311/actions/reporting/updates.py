"""Updates from outside (georeport.md 5.8): taken in, and where the sender may not decide, checked by staff."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from open311.actions.casework.opening import opened, taken_up
from open311.actions.casework.progress import status_moves
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.actions.photos.media import Files
from open311.actions.reporting import claims
from open311.adapters.photos.images import Photo
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import PUBLIC, Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.events import Event, is_decided
from open311.model.events.event_kinds import EventKind
from open311.model.intake.submission import REPORT_BYTES, text_bytes
from open311.model.service_request import Reporter, ServiceRequest
from open311.model.updates import UpdateSubmission, moves_to
from open311.storage import events
from open311.storage import media as photos
from open311.storage.database import Connection
from open311.storage.events import updates

# What somebody outside has written, and staff decide about.
CLAIMS = (EventKind.CLAIMED, EventKind.REPLY_RECEIVED)


@dataclass(frozen=True, slots=True)
class Claim:
    """An update that awaits moderation, and who sent it; for staff."""

    event: Event
    updater: Reporter


def post(
    core: Core, catalogue: Catalogue, sent: UpdateSubmission, actor: Actor, pictures: Sequence[Photo] = ()
) -> int:
    """Take in an update; returns its id, the same one each time the sender repeats itself.

    Who may change the status moves the request and is believed; any other makes a claim, which staff look at.
    Its pictures, in place of any `media_urls`, are seen with it, never before. Raises `NotFound` for a request that is
    not public.
    """
    if catalogue.jurisdiction.harvested_from:
        raise Invalid(problem("error.jurisdiction.elsewhere", url=catalogue.jurisdiction.harvested_from))
    if text_bytes((sent.description, *sent.media_urls)) > REPORT_BYTES:
        raise Invalid(problem("error.report.too_large", most=REPORT_BYTES // 1024))
    owner = catalogue.jurisdiction.jurisdiction_id
    believed = actor.may(Right.SET_STATUS, owner)
    if not believed:
        actor.require(Right.INTAKE, owner)
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        updates.lock_sender(conn, actor.key_id, sent.update_id)
        repeated = updates.find_sent(conn, actor.key_id, owner, sent.update_id)
        if repeated is not None:
            return repeated
        request = claims.public_request(conn, catalogue.jurisdiction, sent.service_request_id)
        if actor == PUBLIC:
            claims.require_room(conn, catalogue.jurisdiction, sent.service_request_id)
        # Locked already, and in the same transaction: what is claimed is about the status that was read.
        work = taken_up(core, conn, request, actor)
        details = _details(sent, files, shown=believed)
        if believed:
            _believe(work, sent, details)
        else:
            work.tell_staff(EventKind.CLAIMED, details | {"claimed_status": sent.update_status})
        work.write()
        update_id = work.events[-1]
        media.attach(core, conn, sent.service_request_id, files, shown=believed, update_id=update_id)
        updates.add(conn, update_id, actor.key_id, owner, sent)
    return update_id


def _details(sent: UpdateSubmission, files: Files, *, shown: bool) -> dict[str, Any]:
    details: dict[str, Any] = {"sent_datetime": sent.sent_datetime.isoformat()}
    details |= {"status_notes": sent.description} if sent.description else {}
    if files.all:
        return details | ({"photos": files.paths} if shown else {})
    return details | ({"media_urls": list(sent.media_urls)} if sent.media_urls else {})


def _believe(work: Work, sent: UpdateSubmission, details: Mapping[str, Any]) -> None:
    new_status = moves_to(sent.update_status, work.request, work.catalogue)
    if new_status and is_overtaken(work.conn, work.request, sent.sent_datetime):
        new_status, details = None, {**details, "claimed_status": sent.update_status}
    if new_status:
        status_moves.move(work, new_status, sent.description or None, details)
    else:
        work.tell_status(EventKind.UPDATED, {}, details)


def is_overtaken(conn: Connection, request: ServiceRequest, told_at: datetime | None) -> bool:
    """Whether an update is older than the status that a request has: the history takes it, the status stays."""
    since = events.status_told_at(conn, request.service_request_id)
    return told_at is not None and since is not None and told_at < since


def held(core: Core, catalogue: Catalogue, limit: int, actor: Actor) -> list[Claim]:
    """The updates of a jurisdiction that await moderation, the oldest first, at most `limit`."""
    for right in (Right.SEE_HELD, Right.SEE_REPORTER):
        actor.require(right, catalogue.jurisdiction.jurisdiction_id)
    with core.database.read() as conn:
        undecided = events.undecided_claims(conn, catalogue.jurisdiction.jurisdiction_id, limit)
        return [Claim(claim, updates.find_updater(conn, claim.id)) for claim in undecided]


def publish(core: Core, update_id: int, actor: Actor, *, expected_revision: int | None = None) -> None:
    """Let everybody read an update, or an answer, that awaited moderation, under the id its sender knows.

    The status stays. Its photos are seen with it, but for those made internal before.
    """
    with _about(core, update_id, actor, expected_revision) as (work, history):
        claim = next(event for event in history if event.id == update_id)
        if claim.kind not in CLAIMS or is_decided(history, update_id):
            raise Invalid(problem("error.update.decided", update_id=update_id))
        details = {name: claim.data[name] for name in ("status_notes", "media_urls") if name in claim.data}
        photos.publish_held(work.conn, work.number, update_id)
        shown = photos.public_paths(work.conn, work.number, update_id)
        details |= {"photos": shown} if shown else {}
        work.tell_status(EventKind.UPDATED, {}, details | {"claim_id": update_id})


def hide(core: Core, update_id: int, actor: Actor, *, expected_revision: int | None = None) -> None:
    """Take an update away from the public, or refuse one that awaits moderation.

    Of an update that moved the request only text and pictures go: the move itself has happened.
    """
    with _about(core, update_id, actor, expected_revision) as (work, history):
        public_updates = [
            event for event in history if event.is_update and event.public and event.update_id == update_id
        ]
        if not public_updates and is_decided(history, update_id):
            raise Invalid(problem("error.update.decided", update_id=update_id))
        # Kept for staff, not deleted: what was taken away may have to be shown to a court.
        photos.keep_internal(work.conn, work.number, update_id)
        for event in public_updates:
            events.withdraw(work.conn, event.id, line_too=event.kind in (EventKind.UPDATED, EventKind.NOTED))
        if public_updates:
            _forget_notes(work, public_updates[0])
        work.tell_staff(EventKind.UPDATE_HIDDEN, in_feed=bool(public_updates), claim_id=update_id)


def _forget_notes(work: Work, hidden: Event) -> None:
    """A public change in any case; the text may also accompany the status of the request."""
    text = hidden.data.get("status_notes")
    if text is not None and work.request.status_notes == text:
        work.change(status_notes=None)
    else:
        work.touch()


@contextmanager
def _about(
    core: Core, update_id: int, actor: Actor, expected_revision: int | None
) -> Iterator[tuple[Work, list[Event]]]:
    """The request that an update belongs to, to work on, and all that happened to it."""
    with core.database.read() as conn:
        event = events.find(conn, update_id)
    if event is None or not (event.is_update or event.kind in CLAIMS):
        raise NotFound(problem("error.update.unknown", update_id=update_id))
    with opened(core, event.service_request_id, actor, Right.CHECK, expected_revision) as work:
        yield work, events.of_request(work.conn, work.number)
