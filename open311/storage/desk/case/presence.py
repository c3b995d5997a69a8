"""Who looks at a report just now: said to others for minutes, never written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from open311.storage.tables import case_presence

_p = case_presence.c
# A page says so again while it is open; closing it says nothing.
LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Presence:
    """Who looks at a report, and until when that is believed."""

    actor: str
    until: datetime


def claim(conn: Connection, service_request_id: int, actor: str, now: datetime) -> str | None:
    """Say that somebody looks at a report; returns who else does, who then stays the one that is named."""
    row = {"actor": actor, "until_datetime": now + LASTS}
    free = (_p.until_datetime <= now) | (_p.actor == actor)
    mine = insert(case_presence).values(service_request_id=service_request_id, **row)
    # One statement that asks and takes: two who open a case at once do not both learn that they are alone.
    taken = mine.on_conflict_do_update(index_elements=["service_request_id"], set_=row, where=free)
    if conn.execute(taken.returning(_p.actor)).first() is not None:
        return None
    holder = conn.execute(select(_p.actor).where(_p.service_request_id == service_request_id)).scalar()
    return None if holder in (None, actor) else str(holder)


def take_over(conn: Connection, service_request_id: int, actor: str, now: datetime) -> None:
    """Be the one that is named from now on, whoever was before."""
    row = {"actor": actor, "until_datetime": now + LASTS}
    mine = insert(case_presence).values(service_request_id=service_request_id, **row)
    conn.execute(mine.on_conflict_do_update(index_elements=["service_request_id"], set_=row))


def leave(conn: Connection, service_request_id: int, actor: str) -> None:
    """Say that somebody looks at it no more."""
    conn.execute(delete(case_presence).where(_p.service_request_id == service_request_id, _p.actor == actor))


def forget(conn: Connection, now: datetime) -> None:
    conn.execute(delete(case_presence).where(_p.until_datetime <= now))
