"""Questions to reporters: each link of a mail by its digest, so that nobody who reads the table can answer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from open311.model.access.secret_tokens import digest
from open311.storage.requests.cases import ANSWER_WITHIN
from open311.storage.tables import case_questions, events

_q, _e = case_questions.c, events.c


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked; `text` is empty when the question was taken back or erased."""

    service_request_id: int
    event_id: int
    text: str
    ends_datetime: datetime


def add(conn: Connection, token: str, service_request_id: int, event_id: int, now: datetime) -> None:
    """Remember the link of a mail that is about to be sent; a second try of the mail has a link of its own."""
    row = {"digest": digest(token), "service_request_id": service_request_id, "event_id": event_id}
    ends = now + ANSWER_WITHIN
    conn.execute(insert(case_questions).values(**row, asked_datetime=now, ends_datetime=ends))


def find(conn: Connection, token: str, now: datetime) -> Question | None:
    """The question behind a link, while it can be answered."""
    query = (
        select(_q.service_request_id, _q.event_id, _e.data["text"].astext, _q.ends_datetime)
        .join(events, _e.id == _q.event_id)
        .where(
            _q.digest == digest(token),
            _q.answered_datetime.is_(None),
            _q.ends_datetime > now,
            _e.kind == "asked",
            _e.data["taken_back"].is_(None),
        )
    )
    row = conn.execute(query).one_or_none()
    return Question(row[0], row[1], row[2] or "", row[3]) if row else None


def answer(conn: Connection, token: str, now: datetime) -> bool:
    """Note that a question was answered, by whichever of its links; False when it was before."""
    # By the event: a mail that was sent twice has two links to one question.
    event_id = select(_q.event_id).where(_q.digest == digest(token)).scalar_subquery()
    unanswered = (_q.event_id == event_id, _q.answered_datetime.is_(None))
    return conn.execute(update(case_questions).where(*unanswered).values(answered_datetime=now)).rowcount > 0


def answer_event(conn: Connection, event_id: int, now: datetime) -> bool:
    """The same for the question of an event, answered by mail; False for what was no question, or is open no more."""
    open_ones = (_q.event_id == event_id, _q.answered_datetime.is_(None), _q.ends_datetime > now)
    return conn.execute(update(case_questions).where(*open_ones).values(answered_datetime=now)).rowcount > 0


def forget(conn: Connection, now: datetime) -> None:
    """Delete links that have ended or were used."""
    over = or_(_q.ends_datetime < now, _q.answered_datetime < now - ANSWER_WITHIN)
    conn.execute(delete(case_questions).where(over))
