"""What staff do with a request: check, publish, hide, assign, move on, close."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model import status
from open311.model.actor import Actor, Right
from open311.model.catalogue import Catalogue, DetailedStatus
from open311.model.events import Event, data_of
from open311.model.service_request import ServiceRequest, Visibility
from open311.model.task_names import TaskName
from open311.model.updates import duplicate_status
from open311.storage import events, jobs, media, service_requests, tokens
from open311.storage.database import Connection

Decision = Callable[[ServiceRequest, Catalogue], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A request as staff see it: whatever its visibility, with the reporter and the whole history."""

    request: ServiceRequest
    reporter: Mapping[str, Any]
    history: Sequence[Event]


def show(core: Core, service_request_id: int, actor: Actor) -> Case:
    """A request for staff; raises `NotFound`."""
    with core.database.read() as conn:
        request = _known(service_requests.find_any(conn, service_request_id), service_request_id)
        for right in (Right.SEE_HELD, Right.SEE_REPORTER):
            actor.require(right, request.jurisdiction_id)
        reporter = service_requests.find_reporter(conn, service_request_id)
        return Case(request, reporter, events.of_request(conn, service_request_id))


def held(core: Core, catalogue: Catalogue, limit: int, actor: Actor) -> list[ServiceRequest]:
    """The requests of a jurisdiction that await moderation, the oldest first, at most `limit`."""
    actor.require(Right.SEE_HELD, catalogue.jurisdiction.jurisdiction_id)
    with core.database.read() as conn:
        return service_requests.held(conn, catalogue.jurisdiction.jurisdiction_id, limit)


def publish(core: Core, service_request_id: int, actor: Actor) -> None:
    """Let everybody see a checked request; one that is new moves to the status checked requests have."""
    _change(core, service_request_id, "published", actor, Right.CHECK, _published(core), is_update=True)


def _published(core: Core) -> Decision:
    def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
        changes = status.change_visibility(request, Visibility.PUBLISHED)
        if request.detailed_status == catalogue.initial_status.code:
            changes |= status.change_status(request, catalogue.published_status, None, core.now())
        return changes

    return decide


def hide(core: Core, service_request_id: int, actor: Actor, reason: str | None = None) -> None:
    """Take a request out of every public answer."""

    def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
        return status.change_visibility(request, Visibility.HIDDEN)

    _change(core, service_request_id, "hidden", actor, Right.CHECK, decide, reason=reason)


def set_status(
    core: Core, service_request_id: int, to: str, actor: Actor, status_notes: str | None = None
) -> None:
    """Move a request to a detailed status of its catalogue, with a public note."""

    def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
        wanted = catalogue.statuses.get(to)
        if wanted is None:
            known = ", ".join(catalogue.statuses)
            raise Invalid(problem("error.status.unknown", status=to, known=known))
        return status.change_status(request, wanted, status_notes, core.now())

    _change(core, service_request_id, "status_changed", actor, Right.SET_STATUS, decide, is_update=True)


def note(core: Core, service_request_id: int, text: str, actor: Actor) -> None:
    """Tell the public something about a request without moving it."""

    def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
        return {}

    _change(
        core,
        service_request_id,
        "noted",
        actor,
        Right.WRITE_PUBLIC,
        decide,
        is_update=True,
        status_notes=text,
    )


def merge(core: Core, service_request_id: int, into: int, actor: Actor) -> None:
    """Close a request as the duplicate of another one, which goes on; both keep their ids.

    Raises `Invalid` when the other one is itself a duplicate, or of another jurisdiction.
    """
    with core.database.begin() as conn:
        found = {
            number: service_requests.find_any(conn, number, lock=True)
            for number in sorted({service_request_id, into})
        }
        request, parent = _known(found[service_request_id], service_request_id), _known(found[into], into)
        actor.require(Right.MERGE, request.jurisdiction_id)
        if request == parent or parent.parent_id or request.jurisdiction_id != parent.jurisdiction_id:
            raise Invalid(problem("error.merge.target", service_request_id=service_request_id, into=into))

        def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
            closed = status.change_status(request, duplicate_status(catalogue), None, core.now())
            return closed | {"parent_id": parent.service_request_id}

        _change_locked(core, conn, request, "merged", actor, decide, is_update=True)


def erase(core: Core, service_request_id: int, actor: Actor, reason: str | None = None) -> None:
    """Delete a request with all that is known about it; its events keep no more than that they happened.

    Replicas are told, if they ever knew of it. `reason` is for staff.
    """
    with core.database.begin() as conn:
        request = _known(service_requests.find_any(conn, service_request_id, lock=True), service_request_id)
        erase_locked(core, conn, request, actor, **({"reason": reason} if reason else {}))


def erase_locked(core: Core, conn: Connection, request: ServiceRequest, actor: Actor, **told: Any) -> None:
    """The same within the caller's transaction, which has locked the request."""
    actor.require(Right.ERASE, request.jurisdiction_id)
    number = request.service_request_id
    was_public = events.was_public(conn, number)
    files = media.keys_of_request(conn, number)
    if files:
        jobs.defer(conn, TaskName.FORGET_MEDIA, keys=files)
    service_requests.erase(conn, number)
    events.redact(conn, number)
    events.append_to(
        conn, request, "erased", at=core.now(), actor=actor, public=False, in_feed=was_public, **told
    )


def assign(core: Core, service_request_id: int, agency: str, actor: Actor) -> None:
    """Make an agency of the catalogue responsible."""

    def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
        if agency not in catalogue.agencies:
            known = ", ".join(catalogue.agencies)
            raise Invalid(problem("error.agency.unknown", agency=agency, known=known))
        return {"agency_responsible": agency}

    _change(core, service_request_id, "assigned", actor, Right.ASSIGN_UNIT, decide)


def follow(
    core: Core,
    conn: Connection,
    request: ServiceRequest,
    to: DetailedStatus | None,
    status_notes: str | None,
    actor: Actor,
    **told: Any,
) -> None:
    """Do, within the caller's transaction, as another server has done: move a locked request, or only tell of it."""

    actor.require(Right.SET_STATUS if to else Right.WRITE_PUBLIC, request.jurisdiction_id)

    def decide(request: ServiceRequest, catalogue: Catalogue) -> dict[str, Any]:
        return status.change_status(request, to, status_notes, core.now()) if to else {}

    kind = "status_changed" if to else "noted"
    _change_locked(
        core, conn, request, kind, actor, decide, is_update=True, status_notes=status_notes, **told
    )


def accept(core: Core, token: str, actor: Actor) -> int:
    """Give out the id behind the token of a batch service (GeoReport v2, GET service_request_id from a token).

    Returns the id; accepting twice changes nothing. Raises `NotFound` for an unknown token.
    """
    with core.database.begin() as conn:
        accepted = tokens.accept(conn, token, core.now())
        found = accepted or tokens.find_id(conn, token)
        request = _known(service_requests.find_any(conn, found, lock=True) if found else None, token)
        actor.require(Right.INTAKE, request.jurisdiction_id)
        if accepted:
            events.append_to(conn, request, "accepted", at=core.now(), actor=actor, public=False)
            catalogue = core.catalogues.owner(request.jurisdiction_id)
            service = catalogue.services.get(request.service_code)
            # In the same transaction: a worker that dies must not leave an accepted request unpublished for ever.
            if service and not service.moderated and request.visibility == Visibility.HELD:
                _change_locked(core, conn, request, "published", actor, _published(core), is_update=True)
    return request.service_request_id


def _change(
    core: Core, service_request_id: int, kind: str, actor: Actor, right: Right, decide: Decision, **told: Any
) -> None:
    """Lock, see whether the actor may, decide, write, and append to the stream, all in one transaction."""
    with core.database.begin() as conn:
        request = _known(service_requests.find_any(conn, service_request_id, lock=True), service_request_id)
        actor.require(right, request.jurisdiction_id)
        _change_locked(core, conn, request, kind, actor, decide, **told)


def _change_locked(
    core: Core,
    conn: Connection,
    request: ServiceRequest,
    kind: str,
    actor: Actor,
    decide: Decision,
    *,
    is_update: bool = False,
    **told: Any,
) -> None:
    """Write what was decided; `told` goes into the event beside it."""
    changes = decide(request, core.catalogues.owner(request.jurisdiction_id))
    shown = _photos_shown(conn, request, changes)
    service_requests.change(conn, request, core.now(), **changes, **shown)
    after = request._replace(**changes)
    data = {name: value for name, value in told.items() if value is not None}
    data |= data_of(after, changes, is_update=is_update)
    visible = after.visibility == Visibility.PUBLISHED
    events.append_to(
        conn,
        request,
        kind,
        at=core.now(),
        actor=actor,
        public=visible,
        in_feed=visible or request.visibility == Visibility.PUBLISHED,
        is_update=is_update,
        **data,
    )


def _photos_shown(conn: Connection, request: ServiceRequest, changes: Mapping[str, Any]) -> dict[str, Any]:
    """With a request, its photos become public, but for those that staff keep to themselves."""
    if changes.get("visibility") != Visibility.PUBLISHED:
        return {}
    media.publish_held(conn, request.service_request_id)
    return {"photos": media.public_paths(conn, request.service_request_id)}


def _known(request: ServiceRequest | None, asked: object) -> ServiceRequest:
    if request is None:
        raise NotFound(problem("error.service_request.unknown", service_request_id=asked))
    return request
