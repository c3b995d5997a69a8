"""Internal notes: for staff alone, never in conflict with what others do; whom they name hears of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import IO

from open311.actions.casework.opening import opened
from open311.actions.casework.work import Work
from open311.actions.photos import media
from open311.actions.staff_mail import arrivals
from open311.base.errors import Forbidden, Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right
from open311.model.casework.mentions import mentioned
from open311.model.events.event_kinds import EventKind
from open311.storage.database import Connection
from open311.storage.desk import colleagues
from open311.storage.desk.case import mentions
from open311.storage.desk.case import notes as storage

NOTE_LENGTH = 10_000
# Within this the same words of the same person are a button pressed twice.
PRESSED_TWICE = timedelta(seconds=10)


def add_note(
    core: Core,
    service_request_id: int,
    text: str,
    actor: Actor,
    *,
    about_person: bool = False,
    photos: Sequence[IO[bytes]] = (),
) -> int:
    """Write an internal note, once; returns its id. `about_person`: whoever is named in it may ask for it."""
    words = _words(text)
    pictures, problems = media.read(core, photos)
    Invalid.unless_empty(problems)
    with (
        media.in_store(core, pictures) as files,
        opened(core, service_request_id, actor, Right.NOTE) as work,
    ):
        since = work.now - PRESSED_TWICE
        twin = storage.find_twin(
            work.conn, service_request_id, str(actor), words, since, about_person=about_person
        )
        if twin and not pictures:
            return twin
        note_id = storage.add(
            work.conn, service_request_id, str(actor), words, work.now, about_person=about_person
        )
        _mention(work, note_id, words)
        work.tell_staff(EventKind.NOTE_ADDED, note_id=note_id)
        work.bring(files, shown=False)
    return note_id


def change_note(core: Core, note_id: int, text: str, actor: Actor) -> None:
    """Rewrite a note of one's own."""
    words = _words(text)
    with core.database.begin() as conn:
        number = _require_own(conn, note_id, actor)
    with opened(core, number, actor, Right.NOTE) as work:
        storage.change(work.conn, note_id, words, work.now)
        _mention(work, note_id, words)
        work.tell_staff(EventKind.NOTE_CHANGED, note_id=note_id)


def remove_note(core: Core, note_id: int, actor: Actor) -> None:
    """Take a note of one's own away."""
    with core.database.begin() as conn:
        number = _require_own(conn, note_id, actor)
    with opened(core, number, actor, Right.NOTE) as work:
        storage.remove(work.conn, note_id)
        work.tell_staff(EventKind.NOTE_REMOVED, note_id=note_id)


def read_mentions(core: Core, service_request_id: int, actor: Actor) -> None:
    """Say that one has read the notes of a case that name oneself."""
    if actor.kind is ActorKind.STAFF:
        with core.database.begin() as conn:
            mentions.read(conn, int(actor.id), service_request_id)


def _mention(work: Work, note_id: int, words: str) -> None:
    """Remember whom a note names, of those who may see the case; nobody names oneself."""
    if "@" not in words:
        mentions.put(work.conn, note_id, ())
        return
    rights_of_role = work.core.catalogues.rights_of_role
    others = colleagues.of_case(work.conn, work.case, work.request.visibility, rights_of_role, work.now)
    units: dict[str, frozenset[int]] = {}
    for code, people in others.by_unit.items():
        for language in work.catalogue.jurisdiction.languages:
            units |= {code: people, work.catalogue.unit_name(code, language): people}
    named = mentioned(words, others.names, units)
    if work.actor.kind is ActorKind.STAFF:
        named -= {int(work.actor.id)}
    new = mentions.put(work.conn, note_id, named)
    arrivals.tell_of_mention(work.core, work.conn, work.case, new, work.actor)


def _words(text: str) -> str:
    words = tidy(text)
    if not words:
        raise Invalid(problem("error.note.empty"))
    if len(words) > NOTE_LENGTH:
        raise Invalid(problem("error.edit.length", field="note", most=NOTE_LENGTH))
    return words


def _require_own(conn: Connection, note_id: int, actor: Actor) -> int:
    """The report of a note that the actor wrote; raises `NotFound`, `Forbidden`."""
    note = storage.find(conn, note_id)
    if note is None:
        raise NotFound(problem("error.note.unknown", note_id=note_id))
    if note.author != str(actor):
        raise Forbidden(problem("error.note.others"))
    return note.service_request_id
