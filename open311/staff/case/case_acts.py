"""The acts of the page of a case: what each form sends becomes one act on it."""

from collections.abc import Mapping
from datetime import date

from flask import request

from open311.actions import casework
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy, whole_number
from open311.http import current
from open311.model.casework.cases import Priority
from open311.model.casework.progress import Progress
from open311.staff.blueprint import signed_in
from open311.staff.forms import posted_photos
from open311.staff.seen_case import Act, SeenCase, acting, add_note


def _move_on(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    chosen = map(whole_number, request.form.getlist("published"))
    progress = Progress(
        status=form.get("status", ""),
        status_notes=form.get("status_notes"),
        message=tidy(form.get("message", "")) or None,
        mail=not form.get("without_mail"),
        photos=posted_photos(),
        shown=bool(form.get("shown")),
        published=[media_id for media_id in chosen if media_id is not None],
    )
    casework.move_on(current.core(), seen.number, progress, seen.actor, expected_revision=revision)


def _take(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    """See to it oneself, or give it up."""
    account_id = None if form.get("give_up") else signed_in().account.id
    casework.assign_person(current.core(), seen.number, account_id, seen.actor, expected_revision=revision)


def _give_to_person(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    """Give it to a colleague of the unit, or to nobody."""
    give_to(seen, form.get("person", ""), revision)


def give_to(seen: SeenCase, chosen: str, revision: int | None = None) -> None:
    """The same by the number of an account; raises `Invalid` for who is no colleague of the unit."""
    account_id = whole_number(chosen, 9)
    if chosen and account_id is None:
        raise Invalid(problem("desk.error.person"))
    casework.assign_person(current.core(), seen.number, account_id, seen.actor, expected_revision=revision)


def _set_deadline(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    """Until the end of the city's working day on a day."""
    until = _day(form.get("day", ""))
    if until is None:
        raise Invalid(problem("desk.error.day"))
    due = casework.end_of_day(current.core(), seen.whole.case.jurisdiction_id, until)
    casework.set_deadline(
        current.core(), seen.number, due, form.get("reason", ""), seen.actor, expected_revision=revision
    )


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        raise Invalid(problem("desk.error.day")) from None


def _defer(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    until = _day(form.get("day", ""))
    casework.defer(current.core(), seen.number, until, seen.actor, expected_revision=revision)


def _prioritise(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    priority = Priority.of_word(form.get("priority", ""))
    if priority is None:
        raise Invalid(problem("desk.error.priority"))
    casework.set_priority(current.core(), seen.number, priority, seen.actor, expected_revision=revision)


def _change_note(seen: SeenCase, form: Mapping[str, str], _: int | None) -> None:
    casework.change_note(current.core(), _note_of(seen, form), form.get("text", ""), seen.actor)


def _remove_note(seen: SeenCase, form: Mapping[str, str], _: int | None) -> None:
    casework.remove_note(current.core(), _note_of(seen, form), seen.actor)


def _note_of(seen: SeenCase, form: Mapping[str, str]) -> int:
    """The note of this very case that a form names; raises `NotFound`, also for one that is gone meanwhile."""
    note_id = whole_number(form.get("note_id", ""))
    if note_id not in {note.id for note in seen.whole.notes}:
        raise NotFound(problem("error.note.unknown", note_id=form.get("note_id", "")))
    return note_id


ACTS: Mapping[str, Act] = {
    "status": _move_on,
    "note": add_note,
    "change_note": _change_note,
    "remove_note": _remove_note,
    "answer": acting(casework.answer, "text"),
    "ask": acting(casework.ask, "text"),
    "assign": acting(casework.assign, "unit", reason="reason"),
    "take": _take,
    "person": _give_to_person,
    "deadline": _set_deadline,
    # Every act says that its doer has read what names them; this one says nothing else.
    "mentions": lambda seen, form, revision: None,
    "accept": acting(casework.accept_work),
    "decline": acting(casework.decline, "reason", to="unit"),
    "defer": _defer,
    "priority": _prioritise,
    "take_back": lambda seen, form, revision: casework.take_back(current.core(), seen.number, seen.actor),
    "separate": acting(casework.separate),
    "publish": acting(casework.publish),
    "withhold": acting(casework.withhold, reason="reason-withhold"),
}
