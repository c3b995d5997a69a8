"""Updates from outside (georeport.md 5.8): taken in, and where the sender may not decide, checked by staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from open311.actions import media
from open311.actions.media import Files
from open311.adapters.images import Photo
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model import status, visibility
from open311.model.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.events import Event
from open311.model.jurisdiction import Jurisdiction
from open311.model.service_request import Reporter, ServiceRequest, Visibility
from open311.model.submission import REPORT_BYTES, text_bytes
from open311.model.updates import UpdateSubmission, moves_to
from open311.model.visibility import View
from open311.storage import events, service_requests, updates
from open311.storage import media as photos
from open311.storage.database import Connection


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
        request = _published(conn, sent.service_request_id, catalogue.jurisdiction)
        said = _said(sent, files, shown=believed)
        if believed:
            update_id = _believe(core, conn, catalogue, request, sent, actor, said)
        else:
            update_id = _claim(core, conn, request, sent, actor, said)
        media.attach(core, conn, sent.service_request_id, files, shown=believed, update_id=update_id)
        updates.add(conn, update_id, actor.key_id, owner, sent)
    return update_id


def _published(conn: Connection, service_request_id: int, jurisdiction: Jurisdiction) -> ServiceRequest:
    request = service_requests.find_any(conn, service_request_id, lock=True)
    if request is None or visibility.view_of(request, jurisdiction) is not View.FULL:
        raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
    return request


def _said(sent: UpdateSubmission, files: Files, *, shown: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"sent_datetime": sent.sent_datetime.isoformat()}
    said |= {"status_notes": sent.description} if sent.description else {}
    if files.all:
        return said | ({"photos": files.paths} if shown else {})
    return said | ({"media_urls": list(sent.media_urls)} if sent.media_urls else {})


def _believe(
    core: Core,
    conn: Connection,
    catalogue: Catalogue,
    request: ServiceRequest,
    sent: UpdateSubmission,
    actor: Actor,
    said: Mapping[str, Any],
) -> int:
    wanted = moves_to(sent.word, request, catalogue)
    if wanted and is_overtaken(conn, request, sent.sent_datetime):
        wanted, said = None, {**said, "claimed_status": sent.word}
    changes = status.change_status(request, wanted, sent.description or None, core.now()) if wanted else {}
    service_requests.change(conn, request, core.now(), **changes)
    kind = "status_changed" if wanted else "updated"
    return _append_update(core, conn, request._replace(**changes), kind, actor, **said)


def is_overtaken(conn: Connection, request: ServiceRequest, told_at: datetime | None) -> bool:
    """Whether an update is older than the status that a request has: the history takes it, the status stays."""
    since = events.status_told_at(conn, request.service_request_id)
    return told_at is not None and since is not None and told_at < since


def _claim(
    core: Core,
    conn: Connection,
    request: ServiceRequest,
    sent: UpdateSubmission,
    actor: Actor,
    said: Mapping[str, Any],
) -> int:
    claimed = {**said, "claimed_status": sent.word}
    return events.append_to(conn, request, "claimed", at=core.now(), actor=actor, public=False, **claimed)


def _append_update(
    core: Core, conn: Connection, after: ServiceRequest, kind: str, actor: Actor, **more: Any
) -> int:
    more |= {"status": after.status, "detailed_status": after.detailed_status}
    return events.append_to(
        conn,
        after,
        kind,
        at=core.now(),
        actor=actor,
        public=after.visibility == Visibility.PUBLISHED,
        is_update=True,
        **more,
    )


def held(core: Core, catalogue: Catalogue, limit: int, actor: Actor) -> list[Claim]:
    """The updates of a jurisdiction that await moderation, the oldest first, at most `limit`."""
    for right in (Right.SEE_HELD, Right.SEE_REPORTER):
        actor.require(right, catalogue.jurisdiction.jurisdiction_id)
    with core.database.read() as conn:
        claims = events.undecided_claims(conn, catalogue.jurisdiction.jurisdiction_id, limit)
        return [Claim(each, updates.find_updater(conn, each.id)) for each in claims]


def publish(core: Core, update_id: int, actor: Actor) -> None:
    """Let everybody read an update that awaited moderation, under the id its sender knows; the status stays.

    Its photos are seen with it, but for those made internal before.
    """
    with core.database.begin() as conn:
        request, history = _history(conn, update_id)
        actor.require(Right.CHECK, request.jurisdiction_id)
        claim = next(each for each in history if each.id == update_id)
        if claim.kind != "claimed" or any(each.claim_id == update_id for each in history):
            raise Invalid(problem("error.update.decided", update_id=update_id))
        said = {name: claim.data[name] for name in ("status_notes", "media_urls") if name in claim.data}
        photos.publish_held(conn, request.service_request_id, update_id)
        shown = photos.public_paths(conn, request.service_request_id, update_id)
        said |= {"photos": shown} if shown else {}
        service_requests.change(conn, request, core.now())
        _append_update(core, conn, request, "updated", actor, claim_id=update_id, **said)


def hide(core: Core, update_id: int, actor: Actor) -> None:
    """Take an update away from the public, or refuse one that awaits moderation.

    Of an update that moved the request only text and pictures go: the move itself has happened.
    """
    with core.database.begin() as conn:
        request, history = _history(conn, update_id)
        actor.require(Right.CHECK, request.jurisdiction_id)
        told = [each for each in history if each.is_update and each.public and each.update_id == update_id]
        if not told and any(each.claim_id == update_id for each in history):
            raise Invalid(problem("error.update.decided", update_id=update_id))
        photos.keep_internal(conn, request.service_request_id, update_id)
        for each in told:
            events.withdraw(conn, each.id, line_too=each.kind in ("updated", "noted"))
        if told:
            _forget_notes(core, conn, request, told[0])
        shown = bool(told) and request.visibility == Visibility.PUBLISHED
        events.append_to(
            conn,
            request,
            "update_hidden",
            at=core.now(),
            actor=actor,
            public=False,
            in_feed=shown,
            claim_id=update_id,
        )


def _forget_notes(core: Core, conn: Connection, request: ServiceRequest, hidden: Event) -> None:
    """A public change in any case; the text may also stand beside the status of the request."""
    text = hidden.data.get("status_notes")
    repeated = text is not None and request.status_notes == text
    changes = {"status_notes": None} if repeated else {}
    service_requests.change(conn, request, core.now(), **changes)


def _history(conn: Connection, update_id: int) -> tuple[ServiceRequest, list[Event]]:
    """The request an update belongs to, locked, and all that happened to it."""
    event = events.find(conn, update_id)
    request = service_requests.find_any(conn, event.service_request_id, lock=True) if event else None
    if event is None or request is None or not (event.is_update or event.kind == "claimed"):
        raise NotFound(problem("error.update.unknown", update_id=update_id))
    return request, events.of_request(conn, event.service_request_id)
