"""Reports of the same thing: one goes on, the others point to it."""

from open311.actions.casework.opening import locked, locked_together, opened, require_revision
from open311.actions.casework.progress import status_moves
from open311.actions.casework.progress.separation import let_go
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model import status
from open311.model.access.actor import Actor, Right
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Status, Visibility
from open311.model.updates import duplicate_status
from open311.storage.requests import service_requests


def merge(
    core: Core,
    service_request_id: int,
    into: int,
    actor: Actor,
    *,
    reopen: bool = False,
    expected_revision: int | None = None,
) -> int:
    """Close a request as the duplicate of another one, which goes on; both keep their ids.

    Its own duplicates become duplicates of the other one, so that all their followers hear of it. Raises
    `Invalid` when the other one is itself a duplicate, of another jurisdiction, hidden, or closed without `reopen`.
    """
    with core.database.begin() as conn:
        works = locked_together(core, conn, {service_request_id, into}, actor)
        work, original = works[service_request_id], works[into]
        work.require(Right.MERGE)
        require_revision(work, expected_revision)
        join(work, original, reopen=reopen)
        # The original first: `work.write` keeps its undo as a part of this act's.
        original.write()
        work.write()
    return work.case.revision


def join(work: Work, original: Work, *, reopen: bool = False) -> None:
    """Merge within an act that writes both, and has locked the duplicates of the first with them."""
    _require_original(work, original)
    if original.request.status == Status.CLOSED:
        _take_up_again(original, reopen=reopen)
    work.include(original)
    former = work.request.parent_id
    for number in service_requests.duplicates_of(work.conn, work.number):
        duplicate = locked(work.core, work.conn, number, work.actor)
        work.include(duplicate)
        duplicate.change(parent_id=original.number)
        duplicate.tell_staff(EventKind.MERGED, {"from": work.number, "into": original.number}, in_feed=True)
        original.tell_staff(EventKind.JOINED, duplicate=number)
        duplicate.write()
    changes = status.change_status(work.request, duplicate_status(work.catalogue), None, work.now)
    changes |= {"parent_id": original.number}
    if work.request.visibility == Visibility.HELD:
        # It was looked at: that is all the queue waits for.
        changes |= status.change_visibility(work.request, Visibility.WITHHELD)
        work.change_case(checked_datetime=work.now)
    work.change(**changes)
    work.tell_status(EventKind.MERGED, changes, {"from": former, "into": original.number})
    original.tell_staff(EventKind.JOINED, duplicate=work.number)


def _require_original(work: Work, original: Work) -> None:
    numbers = {"service_request_id": work.number, "into": original.number}
    same_city = work.request.jurisdiction_id == original.request.jurisdiction_id
    # One step deep: followers are looked up through `parent_id` once, not along a chain.
    if work.number == original.number or original.request.parent_id or not same_city:
        raise Invalid(problem("error.merge.target", **numbers))
    if original.request.visibility == Visibility.HIDDEN:
        raise Invalid(problem("error.merge.unseen", **numbers))


def _take_up_again(original: Work, *, reopen: bool) -> None:
    if not reopen:
        raise Invalid(problem("error.merge.closed", into=original.number))
    original.require(Right.SET_STATUS)
    status_moves.move(original, original.catalogue.published_status, None)


def separate(
    core: Core,
    service_request_id: int,
    actor: Actor,
    *,
    reopen: bool = True,
    expected_revision: int | None = None,
) -> int:
    """Take back that a request is a duplicate; with `reopen` it is worked on again."""
    with opened(core, service_request_id, actor, Right.MERGE, expected_revision) as work:
        if work.request.parent_id is None:
            raise Invalid(problem("error.merge.none", service_request_id=service_request_id))
        if reopen:
            status_moves.move(work, work.catalogue.published_status, None)
        else:
            let_go(work)
    return work.case.revision
