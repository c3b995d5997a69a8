"""Internal notes about a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from open311.storage.tables import case_notes

_n = case_notes.c
_COLUMNS = (
    _n.id,
    _n.service_request_id,
    _n.author,
    _n.text,
    _n.about_person,
    _n.created_datetime,
    _n.edited_datetime,
)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote for colleagues; `author` as events name actors."""

    id: int
    service_request_id: int
    author: str
    text: str
    about_person: bool
    created_datetime: datetime
    edited_datetime: datetime | None


def add(
    conn: Connection,
    service_request_id: int,
    author: str,
    text: str,
    created: datetime,
    *,
    about_person: bool,
) -> int:
    """Store a note; returns its id."""
    row = insert(case_notes).values(
        service_request_id=service_request_id,
        author=author,
        text=text,
        about_person=about_person,
        created_datetime=created,
    )
    return int(conn.execute(row.returning(_n.id)).scalar_one())


def find_twin(
    conn: Connection,
    service_request_id: int,
    author: str,
    text: str,
    since: datetime,
    *,
    about_person: bool,
) -> int | None:
    """The note of this author at this report that says the same, and was written since."""
    mine = (_n.service_request_id == service_request_id, _n.author == author)
    same = (_n.text == text, _n.about_person == about_person, _n.created_datetime > since)
    return conn.execute(select(_n.id).where(*mine, *same).limit(1)).scalar()


def find(conn: Connection, note_id: int) -> Note | None:
    row = conn.execute(select(*_COLUMNS).where(_n.id == note_id)).one_or_none()
    return Note(*row) if row else None


def of_request(conn: Connection, service_request_id: int) -> Sequence[Note]:
    """The notes of a report, the oldest first."""
    mine = _n.service_request_id == service_request_id
    return [Note(*row) for row in conn.execute(select(*_COLUMNS).where(mine).order_by(_n.id))]


def change(conn: Connection, note_id: int, text: str, edited: datetime) -> None:
    conn.execute(update(case_notes).where(_n.id == note_id).values(text=text, edited_datetime=edited))


def remove(conn: Connection, note_id: int) -> None:
    conn.execute(delete(case_notes).where(_n.id == note_id))
