"""The outbox of mails: a row for each follower and event, so that nothing is sent twice, nor after a restore."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from open311.storage.tables import mail_messages

_m = mail_messages.c


def claim(conn: Connection, event_id: int, follower_ids: Sequence[int]) -> list[int]:
    """Those of the followers for whom no mail about the event was ordered before; now it is."""
    if not follower_ids:
        return []
    # One argument: a statement takes 65,535 of them at most.
    followers = func.unnest(bindparam("ids", list(follower_ids), ARRAY(BigInteger)))
    rows = insert(mail_messages).from_select(
        ["follower_id", "event_id"], select(followers, literal(event_id))
    )
    # The key says who was told: a job that runs a second time, or in a second worker, claims nobody again.
    added = rows.on_conflict_do_nothing().returning(_m.follower_id)
    return sorted(conn.execute(added).scalars())


def is_sent(conn: Connection, follower_id: int, event_id: int) -> bool:
    sent = select(_m.sent_datetime).where(_m.follower_id == follower_id, _m.event_id == event_id)
    return conn.execute(sent).scalar() is not None


def mark_sent(conn: Connection, follower_id: int, event_id: int, now: datetime) -> None:
    mine = (_m.follower_id == follower_id, _m.event_id == event_id)
    conn.execute(update(mail_messages).where(*mine).values(sent_datetime=now))


def forget(conn: Connection, before: datetime) -> int:
    """Delete what was ordered long ago; returns how many."""
    return conn.execute(delete(mail_messages).where(_m.created_datetime < before)).rowcount
