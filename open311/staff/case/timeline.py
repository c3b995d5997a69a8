"""The line of time of a case: events and notes in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeGuard

from open311.base.i18n import messages
from open311.http import current
from open311.model.access.actor import ActorKind
from open311.model.catalogue import Catalogue
from open311.model.desk.deadline_steps import Deadline
from open311.model.events import Event
from open311.model.events.event_kinds import EventKind
from open311.site.words import calendar_day, catalogue_text, day_and_time, words
from open311.staff import actor_names
from open311.staff.blueprint import staff
from open311.staff.catalogue_names import role_name
from open311.storage.desk.case.notes import Note
from open311.storage.mails.sent_mails import MailLine

STEPS = {
    Deadline.CHECK: "desk.step.check",
    Deadline.ACCEPT: "desk.step.accept",
    Deadline.WORK: "desk.step.work",
}
NOBODY_NAMED: Mapping[str, str] = {
    EventKind.DECLINED: "desk.role.checker",
    EventKind.PERSON_CHANGED: "desk.person.nobody",
    EventKind.ASSIGNED: "desk.unit.none",
}
# Where an event says what came after.
AFTER = ("to", "role", "into", "detailed_status")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What happened, when, by whom, what was before and after, and the words that were written."""

    moment: datetime
    who: str
    what: str
    before: str
    after: str
    text: str
    public: bool
    kind: str = ""
    # Of a note: whether whoever asks wrote it, and when it was changed last.
    note_id: int | None = None
    is_own: bool = False
    edited: datetime | None = None
    mails: Sequence[MailLine] = ()


def lines(
    line_of_time: Iterable[Event | Note], catalogue: Catalogue, mails: Iterable[MailLine] = ()
) -> list[HistoryLine]:
    """The history, the last first, with what became of the mails about each event.

    Mails about none, such as receipts, stand where the history begins.
    """
    whole, by_event = list(line_of_time), dict[int, list[MailLine]]()
    first = next((entry.id for entry in whole if isinstance(entry, Event)), 0)
    for mail in mails:
        by_event.setdefault(mail.event_id or first, []).append(mail)
    sides = ("from", "to")
    persons = (_person(entry.data.get(side)) for entry in whole if _is_about_person(entry) for side in sides)
    actors = (entry.actor if isinstance(entry, Event) else entry.author for entry in whole)
    # All at once: a long history would otherwise ask for each name by itself.
    names = actor_names.of_actors([*actors, *filter(None, persons)])
    return [
        replace(line(entry, catalogue, names), mails=by_event.get(entry.id, ()))
        if isinstance(entry, Event)
        else _note(entry, names)
        for entry in reversed(whole)
    ]


def _is_about_person(entry: Event | Note) -> TypeGuard[Event]:
    return isinstance(entry, Event) and entry.kind == EventKind.PERSON_CHANGED


def _person(account_id: Any) -> str:
    return f"staff:{account_id}" if account_id is not None else ""


def _note(note: Note, known: Mapping[str, str]) -> HistoryLine:
    who = known.get(note.author, note.author)
    what = words("desk.event.note_about_person" if note.about_person else "desk.event.note_added")
    return HistoryLine(
        note.created_datetime,
        who,
        what,
        "",
        "",
        note.text,
        public=False,
        kind="note",
        note_id=note.id,
        is_own=note.author == f"staff:{staff().account_id}",
        edited=note.edited_datetime,
    )


def line(event: Event, catalogue: Catalogue, known: Mapping[str, str]) -> HistoryLine:
    data = event.data
    happened = what(event.kind)
    before = _side(
        event,
        data.get("from") or (data.get("unit") if event.kind == EventKind.DECLINED else None),
        catalogue,
        known,
    )
    after = _side(event, next(filter(None, map(data.get, AFTER)), None), catalogue, known)
    return HistoryLine(
        moment=event.datetime,
        who=_contractor(event.actor, catalogue) or known.get(event.actor, event.actor),
        what=f"{happened}: {detail}" if (detail := _outcome(event)) else happened,
        before=before,
        after=after or (_nobody(event.kind) if before else ""),
        text=str(data.get("status_notes") or data.get("text") or _why(data, catalogue)),
        public=event.public,
        kind=event.kind,
    )


def what(kind: str) -> str:
    key = f"desk.event.{kind}"
    # A newer release beside this one may record kinds that this one has no words for.
    return words(key) if key in messages(current.language()) else kind


def _contractor(actor: str, catalogue: Catalogue) -> str:
    """The name of the firm that acted, if it was one."""
    kind, _, code = actor.partition(":")
    return catalogue.unit_name(code, current.language()) if kind == ActorKind.CONTRACTOR else ""


def _side(event: Event, value: Any, catalogue: Catalogue, known: Mapping[str, str]) -> str:
    """What was before or after, as its kind writes it."""
    if value in (None, ""):
        return ""
    match event.kind:
        case EventKind.PERSON_CHANGED:
            return known.get(_person(value), "")
        case EventKind.ESCALATED:
            return role_name(str(value), catalogue.jurisdiction.jurisdiction_id)
        case EventKind.PRIORITY_CHANGED:
            return words(f"desk.priority.{value}")
        case EventKind.DEFERRED:
            return calendar_day(date.fromisoformat(value))
        case EventKind.DEADLINE_CHANGED:
            return day_and_time(datetime.fromisoformat(value))
        case _:
            return _value(value, catalogue)


def _nobody(kind: str) -> str:
    """Who has it now that nobody was named."""
    return words(NOBODY_NAMED[kind]) if kind in NOBODY_NAMED else ""


def _outcome(event: Event) -> str:
    """What was decided, or said of how it ended."""
    if event.kind == EventKind.FIELD_REPORTED:
        return words(f"desk.field.act.{event.data.get('act')}")
    if event.kind in (EventKind.REMINDED, EventKind.ESCALATED) and event.data.get("deadline"):
        kind, percent = event.data["deadline"], event.data.get("percent")
        return words(STEPS[kind], percent=percent)
    if event.kind == EventKind.RATED:
        return words("desk.rating.yes" if event.data.get("satisfied") else "desk.rating.no")
    key = f"desk.outcome.{event.data.get('outcome')}" if event.kind == EventKind.CHECKED else ""
    return words(key) if key in messages(current.language()) else ""


def _why(data: Mapping[str, Any], catalogue: Catalogue) -> str:
    return (
        words("desk.route.by_rule", rule=data["rule"])
        if data.get("rule")
        else _reason(data.get("reason"), catalogue)
    )


def _reason(code: Any, catalogue: Catalogue) -> str:
    reason = catalogue.desk.reasons.get(str(code or ""))
    return catalogue_text(reason.label) if reason else str(code or "")


def _value(value: Any, catalogue: Catalogue) -> str:
    """A code of the catalogue in its words; anything else as it is recorded."""
    if value is None or value == "":
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_value(item, catalogue) for item in value)
    if isinstance(value, dict):
        return ", ".join(str(item) for item in value.values() if item not in (None, ""))
    code = str(value)
    if code in catalogue.statuses:
        return catalogue_text(catalogue.statuses[code].label)
    if code in catalogue.services:
        return catalogue_text(catalogue.services[code].service_name)
    if code in catalogue.units or code in catalogue.desk.contractors:
        return catalogue.unit_name(code, current.language())
    return code
