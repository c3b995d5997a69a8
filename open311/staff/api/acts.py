"""The acts on a case: what each is called, which right it asks for, what comes along with it, and how it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from open311.actions import casework
from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Priority
from open311.model.casework.decisions import Decision, PhotoEdit
from open311.model.casework.progress import Progress
from open311.model.photo_boxes import Box
from open311.model.service_request import Location
from open311.staff.api import bodies
from open311.staff.case.case_acts import give_to
from open311.staff.seen_case import Act as Do
from open311.staff.seen_case import SeenCase, acting, add_note, require_original

Sent = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One act. Notes never clash with what others do, so they need no revision."""

    name: str
    right: Right
    body: type[Schema]
    do: Do
    summary: str
    needs_revision: bool = True


def _give_to_person(seen: SeenCase, sent: Sent, revision: int | None) -> None:
    account_id = sent["account_id"]
    give_to(seen, "" if account_id is None else str(account_id), revision)


def _set_deadline(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    due = casework.end_of_day(current.core(), seen.whole.case.jurisdiction_id, sent["day"])
    return casework.set_deadline(
        current.core(), seen.number, due, sent["reason"], seen.actor, expected_revision=revision
    )


def _prioritise(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    priority = Priority[sent["priority"].upper()]
    return casework.set_priority(
        current.core(), seen.number, priority, seen.actor, expected_revision=revision
    )


def _edit(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    texts = {name: text for name, text in sent.items() if name != "reason"}
    reason = sent.get("reason") or None
    return casework.edit(current.core(), seen.number, texts, seen.actor, reason, expected_revision=revision)


def _relocate(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    location = Location(sent["lat"], sent["long"])
    more = {name: sent[name] for name in ("address", "outside") if name in sent}
    return casework.relocate(
        current.core(), seen.number, location, seen.actor, **more, expected_revision=revision
    )


def _edit_photo(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    if sent["media_id"] not in {photo.id for photo in seen.whole.photos}:
        raise NotFound(problem("error.photo.unknown", media_id=sent["media_id"]))
    boxes = [Box(**box) for box in sent["boxes"]] if "boxes" in sent else None
    edit = PhotoEdit(media_id=sent["media_id"], public=sent.get("public"), alt=sent.get("alt"), boxes=boxes)
    return casework.decide(
        current.core(), seen.number, Decision(photos=[edit]), seen.actor, expected_revision=revision
    )


def _take_back(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    return casework.take_back(current.core(), seen.number, seen.actor)


def _merge(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    reopen = bool(sent.get("reopen"))
    require_original(sent["into"], reopen=reopen)
    return casework.merge(
        current.core(), seen.number, sent["into"], seen.actor, reopen=reopen, expected_revision=revision
    )


def _decide(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    texts = {name: sent[name] for name in ("title", "description") if name in sent}
    beside = {name: value for name, value in sent.items() if name not in texts}
    if "priority" in sent:
        beside["priority"] = Priority[sent["priority"].upper()]
    decision = Decision(texts=texts, **beside)
    if decision.parent_id is not None:
        require_original(decision.parent_id, reopen=decision.reopen_parent)
    return casework.decide(current.core(), seen.number, decision, seen.actor, expected_revision=revision)


def _move_on(seen: SeenCase, sent: Sent, revision: int | None) -> object:
    return casework.move_on(
        current.core(), seen.number, Progress(**sent), seen.actor, expected_revision=revision
    )


ACTS = (
    Act("decide", Right.CHECK, bodies.DecideBody, _decide, "Decide about a report that waits for it."),
    Act("publish", Right.CHECK, bodies.Nothing, acting(casework.publish), "Show a report to everybody."),
    Act(
        "withhold",
        Right.CHECK,
        bodies.ReasonBody,
        acting(casework.withhold, reason="reason"),
        "Work on a report that the public does not see.",
    ),
    Act(
        "hide",
        Right.CHECK,
        bodies.ReasonBody,
        acting(casework.hide, reason="reason"),
        "Take a report away from everywhere.",
    ),
    Act(
        "status",
        Right.SET_STATUS,
        bodies.StatusBody,
        _move_on,
        "Set the status, with public words.",
    ),
    Act("note", Right.NOTE, bodies.NoteBody, add_note, "Write a note for colleagues.", needs_revision=False),
    Act(
        "answer",
        Right.WRITE_REPORTER,
        bodies.TextBody,
        acting(casework.answer, "text"),
        "Write to the reporter.",
    ),
    Act(
        "ask",
        Right.WRITE_REPORTER,
        bodies.TextBody,
        acting(casework.ask, "text"),
        "Ask the reporter, and wait.",
    ),
    Act(
        "assign",
        Right.ASSIGN_UNIT,
        bodies.AssignBody,
        acting(casework.assign, "unit", reason="reason"),
        "Give it to a unit.",
    ),
    Act(
        "person",
        Right.ASSIGN_PERSON,
        bodies.PersonBody,
        _give_to_person,
        "Give it to a colleague of the unit.",
    ),
    Act("accept", Right.ACCEPT, bodies.Nothing, acting(casework.accept_work), "Take it up for the unit."),
    Act(
        "decline",
        Right.ACCEPT,
        bodies.DeclineBody,
        acting(casework.decline, "reason", to="unit"),
        "Say that it is not the unit's.",
    ),
    Act("defer", Right.PLAN, bodies.DayBody, acting(casework.defer, "day"), "Come back to it on a day."),
    Act("priority", Right.PLAN, bodies.PriorityBody, _prioritise, "Say what comes first."),
    Act("deadline", Right.PLAN, bodies.DeadlineBody, _set_deadline, "Set another deadline."),
    Act("edit", Right.EDIT, bodies.EditBody, _edit, "Change public words of the report."),
    Act(
        "recategorise",
        Right.EDIT,
        bodies.ServiceBody,
        acting(casework.recategorise, "service_code"),
        "Move it to another service.",
    ),
    Act("relocate", Right.EDIT, bodies.PlaceBody, _relocate, "Put it somewhere else."),
    Act(
        "photo",
        Right.EDIT,
        bodies.PhotoBody,
        _edit_photo,
        "Blacken or describe a photo, or say whether everybody sees it.",
    ),
    Act(
        "merge",
        Right.MERGE,
        bodies.MergeBody,
        _merge,
        "Make it a duplicate of another report.",
    ),
    Act(
        "separate",
        Right.MERGE,
        bodies.Nothing,
        acting(casework.separate),
        "Make it a report of its own again.",
    ),
    Act(
        "order",
        Right.ORDER,
        bodies.OrderBody,
        acting(casework.order, "contractor", "text", due="day"),
        "Order something from a contractor.",
    ),
    # Of the least right that whoever acts has: only one's own last act goes back, and only while nothing followed.
    Act(
        "take_back",
        Right.NOTE,
        bodies.Nothing,
        _take_back,
        "Undo one's own last act, within a minute.",
        needs_revision=False,
    ),
)
