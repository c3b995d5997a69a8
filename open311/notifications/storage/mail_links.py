"""Links in mails, by the digests of their tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from open311.model.access.secret_tokens import digest, is_token
from open311.notifications.model.mail_links import VALID_FOR, MailLink, Purpose
from open311.storage.tables import mail_links

_l = mail_links.c
_columns = [column for column in _l if column.name != "digest"]


def add(
    conn: Connection,
    purpose: Purpose,
    jurisdiction_id: str,
    language: str,
    now: datetime,
    *,
    email: str | None = None,
    follower_id: int | None = None,
    alert_id: int | None = None,
    token: str | None = None,
) -> int:
    """Keep a link that is valid from now on; returns its id. Without a token nobody can open it yet."""
    row: dict[str, Any] = {
        "digest": digest(token) if token else None,
        "purpose": purpose,
        "jurisdiction_id": jurisdiction_id,
        "language": language,
        "email": email,
        "follower_id": follower_id,
        "alert_id": alert_id,
        "created_datetime": now,
        "expires_datetime": now + VALID_FOR[purpose],
    }
    return int(conn.execute(insert(mail_links).values(row).returning(_l.id)).scalar_one())


def find(conn: Connection, token: str, now: datetime) -> MailLink | None:
    # Nothing that is no token goes to the database.
    return _one(conn, _select(now).where(_l.digest == digest(token))) if is_token(token) else None


def find_by_id(conn: Connection, link_id: int, now: datetime) -> MailLink | None:
    return _one(conn, _select(now).where(_l.id == link_id))


def _select(now: datetime) -> Select[Any]:
    return select(*_columns).where(_l.expires_datetime > now)


def _one(conn: Connection, query: Select[Any]) -> MailLink | None:
    row = conn.execute(query).one_or_none()
    return MailLink(**row._asdict() | {"purpose": Purpose(row.purpose)}) if row else None


def give_token(conn: Connection, link_id: int, token: str) -> None:
    """Let a link be opened by this token, and by no earlier one."""
    conn.execute(update(mail_links).where(_l.id == link_id).values(digest=digest(token)))


def become(conn: Connection, link_id: int, purpose: Purpose, now: datetime) -> None:
    """Let a link open something else from now on."""
    values = {"purpose": purpose, "expires_datetime": now + VALID_FOR[purpose]}
    conn.execute(update(mail_links).where(_l.id == link_id).values(**values))


def remove(conn: Connection, link_id: int) -> None:
    """Let a link open nothing more."""
    conn.execute(delete(mail_links).where(_l.id == link_id))


def remove_of_mailbox(conn: Connection, email: str) -> None:
    """Let no link of a mailbox open anything more."""
    conn.execute(delete(mail_links).where(func.lower(_l.email) == email.lower()))


def prune(conn: Connection, now: datetime) -> None:
    conn.execute(delete(mail_links).where(_l.expires_datetime <= now))
