"""What was erased, as ids: triggers write it down, so that it can be repeated in a database restored from a backup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from open311.storage.tables import erasures
from open311.storage.upkeep import unpublished

_e = erasures.c
# A row that came in after the erasure has the number by chance.
_REPEAT = {
    "reporters": text("""
        delete from reporters using service_requests as request
        where request.id = service_request_id and service_request_id = any(:ids) and requested_datetime < :before
        returning service_request_id
    """),
    "updaters": text("""
        delete from updaters using events as event
        where event.id = event_id and event_id = any(:ids) and datetime < :before
        returning event_id
    """),
    # An account that ended after the backup must not come back with it.
    "accounts": text("""
        with gone as (
            update accounts set state = 'left', left_datetime = :before, password_hash = null, totp_secret = null,
                totp_step = null, prefs = '{}'
            where id = any(:ids) and state <> 'left' and created_datetime < :before returning id
        ), codes as (
            delete from account_codes using gone where account_id = gone.id
        ), roles as (
            delete from memberships using gone where account_id = gone.id
        ) select id from gone
    """),
    "followers": text(
        "delete from followers where id = any(:ids) and created_datetime < :before returning id"
    ),
}
_CAME_WITH = {"reporters": unpublished.forget_of_requests, "updaters": unpublished.forget_of_claims}
REQUESTS = "service_requests"
_STILL_THERE = text(
    "select id from service_requests where id = any(:ids) and requested_datetime < :before order by id"
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """Rows of one table that were erased at one moment."""

    id: int
    datetime: datetime
    table_name: str
    ids: Sequence[int]


def not_copied(conn: Connection, most: int) -> list[Erasure]:
    """The oldest that are only in this database yet."""
    chosen = select(_e.id, _e.datetime, _e.table_name, _e.ids).where(~_e.copied).order_by(_e.id).limit(most)
    return [Erasure(*row) for row in conn.execute(chosen)]


def since(conn: Connection, moment: datetime) -> list[Erasure]:
    chosen = select(_e.id, _e.datetime, _e.table_name, _e.ids).where(_e.datetime >= moment).order_by(_e.id)
    return [Erasure(*row) for row in conn.execute(chosen)]


def record(conn: Connection, table_name: str, ids: Sequence[int]) -> None:
    """Write down what no trigger sees: that rows must not come back as they were."""
    conn.execute(insert(erasures).values(table_name=table_name, ids=list(ids)))


def mark_copied(conn: Connection, ids: Sequence[int]) -> None:
    """Mark erasures as copied beside the photos."""
    conn.execute(update(erasures).where(_e.id.in_(ids)).values(copied=True))


def forget(conn: Connection, before: datetime) -> int:
    """Delete those that are older than any backup; returns how many."""
    return conn.execute(delete(erasures).where(_e.copied, _e.datetime < before)).rowcount


def requests_still_there(conn: Connection, erasure: Erasure) -> list[int]:
    """The requests of an erasure that a backup has brought back."""
    parameters: dict[str, Any] = {"ids": list(erasure.ids), "before": erasure.datetime}
    return list(conn.execute(_STILL_THERE, parameters).scalars())


def repeat(conn: Connection, erasure: Erasure) -> int:
    """Delete again the rows about people that a backup has brought back, and what came with them; returns how many.

    Files that nobody needs any more are found by the nightly sweep.
    """
    if erasure.table_name not in _REPEAT:
        return 0
    parameters: dict[str, Any] = {"ids": list(erasure.ids), "before": erasure.datetime}
    gone = list(conn.execute(_REPEAT[erasure.table_name], parameters).scalars())
    if forget := _CAME_WITH.get(erasure.table_name):
        forget(conn, gone)
    return len(gone)
