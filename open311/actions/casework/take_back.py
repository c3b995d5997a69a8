"""Undo of the last act, before its mails have left."""

from typing import Any

from open311.actions.casework.opening import locked_together
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model.access.actor import Actor
from open311.model.casework.cases import Case
from open311.model.events.event_kinds import EventKind
from open311.model.media import MediaVisibility
from open311.model.service_request import Location
from open311.storage import events, media
from open311.storage.desk.case import undo

# What an undo must never bring back: how often something happened, and what counts revisions.
KEPT = ("revision", "touched_datetime", "stage", "awaits")


def take_back(core: Core, service_request_id: int, actor: Actor) -> int:
    """Undo the last act of the same person, within a minute; its mails are not sent. Returns the new revision.

    With a merge, the original and the duplicates that were moved to it are as they were.

    What was redacted stays redacted, and letters that were sent stay sent. Raises `Invalid` when it is too late, or
    when anything has happened since.
    """
    with core.database.begin() as conn:
        seen = undo.find(conn, service_request_id)
        works = locked_together(core, conn, {service_request_id, *(seen.parts if seen else ())}, actor)
        work, last = works[service_request_id], undo.find(conn, service_request_id)
        # Read again under the lock: which reports to lock stood in the undo that was read without one.
        if last != seen or last is None or last.actor != str(actor) or last.revision != work.case.revision:
            raise Invalid(problem("error.take_back.nothing", service_request_id=service_request_id))
        if core.now() >= last.until:
            raise Invalid(problem("error.take_back.late", service_request_id=service_request_id))
        for number, part in last.parts.items():
            _require_unchanged(works[number], part)
            works[number].is_part = True
            _undo(works[number], part)
        _undo(work, last)
        # An undo of the undo would be a redo, which nobody asked for.
        undo.drop(conn, service_request_id)
    return work.case.revision


def _require_unchanged(work: Work, part: undo.Undo) -> None:
    """Raise `Invalid` if others went on from what the act did to another report."""
    changed = part.columns or part.photos or set(part.case) - set(KEPT)
    if changed and part.revision != work.case.revision:
        raise Invalid(problem("error.take_back.nothing", service_request_id=work.number))


def _undo(work: Work, last: undo.Undo) -> None:
    work.is_undo = True
    _put_back(work, last)
    events.take_back(work.conn, last.events)
    for event_id in last.events:
        media.keep_internal(work.conn, work.number, event_id)
    work.tell_staff(EventKind.TAKEN_BACK, in_feed=bool(last.columns), events=list(last.events))
    work.write()


def _put_back(work: Work, last: undo.Undo) -> None:
    columns: dict[str, Any] = dict(last.columns)
    if "location" in columns and columns["location"] is not None:
        columns["location"] = Location(*columns["location"])
    if columns:
        work.change(**columns)
    case = {name: value for name, value in last.case.items() if name not in KEPT}
    if case:
        work.change_case(**{**_parsed(work.case, case)})
    for media_id, visibility in last.photos.items():
        media.change(work.conn, media_id, visibility=MediaVisibility(visibility))
    if last.photos:
        shown = media.public_paths(work.conn, work.number) if work.is_public else []
        work.change(photos=shown)


def _parsed(case: Case, values: dict[str, Any]) -> dict[str, Any]:
    whole = Case.from_row(case.row() | values)
    return {name: getattr(whole, name) for name in values}
