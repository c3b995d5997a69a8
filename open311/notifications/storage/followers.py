"""Who follows which report by mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.notifications.model.followers import Follower
from open311.storage.tables import followers, service_requests

_f, _r = followers.c, service_requests.c
_whole = [column for column in (*followers.c, _r.jurisdiction_id) if column.name in Follower.__slots__]


def add(
    conn: Connection,
    service_request_id: int,
    email: str,
    language: str,
    now: datetime,
    *,
    is_reporter: bool = False,
) -> tuple[Follower, bool]:
    """Somebody wants to follow a report; one who does so already is found again. Says whether they are new."""
    row = {"service_request_id": service_request_id, "email": email, "language": language}
    moments = {"created_datetime": now, "asked_datetime": now, "is_reporter": is_reporter}
    added = conn.execute(insert(followers).values(row | moments).on_conflict_do_nothing().returning(_f.id))
    new = added.first() is not None
    follower = _one(conn, _f.service_request_id == service_request_id, _f.email == email)
    assert follower is not None
    return follower, new


def find(conn: Connection, follower_id: int) -> Follower | None:
    return _one(conn, _f.id == follower_id)


def _one(conn: Connection, *conditions: Any) -> Follower | None:
    row = conn.execute(_select().where(*conditions)).one_or_none()
    return Follower(**row._mapping) if row else None


def _select() -> Any:
    return select(*_whole).join(service_requests, _r.id == _f.service_request_id)


def mark_asked(conn: Connection, follower_id: int, now: datetime) -> None:
    conn.execute(update(followers).where(_f.id == follower_id).values(asked_datetime=now))


def confirm(conn: Connection, follower_id: int, now: datetime) -> None:
    mine = (_f.id == follower_id, _f.confirmed_datetime.is_(None))
    conn.execute(update(followers).where(*mine).values(confirmed_datetime=now))


def remove(conn: Connection, follower_id: int) -> None:
    """Write to this follower no more, and forget the mailbox and its links."""
    conn.execute(delete(followers).where(_f.id == follower_id))


def of_request(conn: Connection, service_request_id: int) -> list[Follower]:
    """Those who are to hear of a report: its own followers, and those of its duplicates."""
    about = or_(_r.id == service_request_id, _r.parent_id == service_request_id)
    query = _select().where(about, _f.confirmed_datetime.is_not(None)).order_by(_f.id)
    return [Follower(**row._mapping) for row in conn.execute(query)]


def language_of(conn: Connection, service_request_id: int, email: str) -> str | None:
    """In which language somebody follows a report; None for who does not."""
    mine = (_f.service_request_id == service_request_id, _f.email == email)
    language: str | None = conn.execute(select(_f.language).where(*mine)).scalar_one_or_none()
    return language


def by_email(conn: Connection, owners: Sequence[str], email: str) -> list[Follower]:
    mine = (func.lower(_f.email) == email.lower(), _r.jurisdiction_id.in_(owners))
    return [Follower(**row._mapping) for row in conn.execute(_select().where(*mine).order_by(_f.id))]


def forget_unconfirmed(conn: Connection, before: datetime) -> None:
    """Delete followers who never confirmed."""
    conn.execute(delete(followers).where(_f.confirmed_datetime.is_(None), _f.asked_datetime < before))
