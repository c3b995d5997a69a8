"""Mails that strangers have asked for, counted over all processes."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from open311.model.access.secret_tokens import digest
from open311.model.mailbox import counted_as
from open311.storage.tables import mail_requests

_m = mail_requests.c


def subject_of(email: str) -> str:
    """What a mailbox is counted under."""
    return digest(counted_as(email))


def lock(conn: Connection, subjects: Mapping[str, str]) -> None:
    """Let those that share a subject be counted one after the other, until the transaction ends."""
    # In one order: otherwise two requests that share mailbox and network could deadlock.
    for name in sorted(f"mail {column} {value}" for column, value in subjects.items()):
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def nth_latest(
    conn: Connection, column: str | None, value: str, most: int, window: timedelta, now: datetime
) -> datetime | None:
    """When the earliest of the latest `most` mails in a window was asked for; None when there are fewer."""
    same = () if column is None else (_m[column] == value,)
    query = select(_m.datetime).where(*same, _m.datetime > now - window)
    moment: datetime | None = conn.execute(
        query.order_by(_m.datetime.desc()).offset(most - 1).limit(1)
    ).scalar_one_or_none()
    return moment


def add(conn: Connection, purpose: str, subjects: Mapping[str, str], now: datetime) -> None:
    conn.execute(insert(mail_requests).values(**subjects, purpose=purpose, datetime=now))


def remove_of_mailbox(conn: Connection, email: str) -> None:
    conn.execute(delete(mail_requests).where(_m.mailbox == subject_of(email)))


def prune(conn: Connection, before: datetime) -> None:
    """Forget mails that no window counts any more."""
    conn.execute(delete(mail_requests).where(_m.datetime < before))
