"""What becomes of a report: its status, and what the public is told."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from open311.actions.casework.opening import opened, taken_up
from open311.actions.casework.owned import require_ours
from open311.actions.casework.progress import planning
from open311.actions.casework.progress.separation import let_go
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model import status
from open311.model.access.actor import WORKER, Actor, ActorKind, Right
from open311.model.casework.cases import Flag, Stage
from open311.model.casework.gaps import require_filled
from open311.model.casework.ownership import Part
from open311.model.catalogue import DetailedStatus
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest, Status
from open311.storage import events
from open311.storage.database import Connection


def status_of(work: Work, code: str) -> DetailedStatus:
    """A status of the catalogue; raises `Invalid`."""
    if code not in work.catalogue.statuses:
        known = ", ".join(work.catalogue.statuses)
        raise Invalid(problem("error.status.unknown", status=code, known=known))
    return work.catalogue.statuses[code]


def require_words(work: Work, to: DetailedStatus, status_notes: str | None, *, needed: bool = False) -> None:
    """Raise `Invalid` where a report is closed and nobody reads why; staff always need words."""
    needed = needed or work.actor.kind is ActorKind.STAFF
    if needed and to.status == Status.CLOSED and not tidy(status_notes or ""):
        raise Invalid(problem("error.status.words"))


def move(
    work: Work,
    to: DetailedStatus,
    status_notes: str | None,
    data: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Change the status within an act. Work on a duplicate is work on a report of its own again.

    Whoever moves a report on has taken it up, and waits for no answer any more.
    """
    require_ours(work, Part.STATUS)
    before = work.request
    if to.status == Status.OPEN and before.parent_id is not None:
        let_go(work)
    changes = status.change_status(before, to, status_notes, work.now)
    work.change(**changes)
    if work.case.stage is Stage.ACCEPT:
        work.change_case(accepted_datetime=work.now)
    # What was proposed in the field is settled by whatever staff make of it.
    work.change_case(flags=work.case.flags - {Flag.FIELD_DONE})
    planning.resume(work)
    if before.status == Status.CLOSED and to.status == Status.OPEN:
        _reopen(work)
    _note_first_answer(work)
    work.tell_status(EventKind.STATUS_CHANGED, changes, {**data, "from": before.detailed_status})


def _reopen(work: Work) -> None:
    # The old promise is kept or broken; what is done again gets the time of what is new.
    promised = work.catalogue.promise(work.request.service_code, work.now)
    work.change_case(reopened=work.case.reopened + 1, due_datetime=promised or work.case.due_datetime)


def note(
    core: Core,
    service_request_id: int,
    text: str,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Tell the public something about a request without moving it."""
    require_filled(text)
    with opened(core, service_request_id, actor, Right.WRITE_PUBLIC, expected_revision) as work:
        _note_first_answer(work)
        work.tell_status(EventKind.NOTED, {}, {"status_notes": text})
    return work.case.revision


def apply_remote_update(
    core: Core,
    conn: Connection,
    request: ServiceRequest,
    to: DetailedStatus | None,
    status_notes: str | None,
    actor: Actor,
    **data: Any,
) -> Work:
    """Do, within the caller's transaction, as another server has done: move a locked request, or only tell of it."""
    work = taken_up(core, conn, request, actor)
    work.require(Right.SET_STATUS)
    if to:
        move(work, to, status_notes, data)
    else:
        work.tell_status(EventKind.NOTED, {}, {**data, "status_notes": status_notes})
    work.write()
    return work


def hand_on(core: Core, conn: Connection, request: ServiceRequest, details: Mapping[str, Any]) -> None:
    """Note that another server has a locked request: while it is there, nobody here has to do anything."""
    events.append_to(conn, request, EventKind.FORWARDED, at=core.now(), actor=WORKER, public=False, **details)
    work = taken_up(core, conn, request, WORKER)
    # The case alone: the public sees no difference, so no answer of its is made again.
    work.change_case(flags=work.case.flags | {Flag.FORWARDED})
    work.write_case()


def go_on_here(core: Core, conn: Connection, request: ServiceRequest, host: str, actor: Actor) -> None:
    """Note that a locked request is no longer with another server."""
    work = taken_up(core, conn, request, actor)
    work.is_final = True
    work.change_case(flags=work.case.flags - {Flag.FORWARDED})
    work.tell_staff(EventKind.RELEASED, {"from": host})
    work.write()


def _note_first_answer(work: Work) -> None:
    if work.case.first_answer_datetime is None:
        work.change_case(first_answer_datetime=work.now)
