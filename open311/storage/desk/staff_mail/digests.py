"""Which mails of the day a unit has had."""

from datetime import date, datetime

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects.postgresql import insert

from open311.storage.tables import unit_digests

_d = unit_digests.c


def begin(conn: Connection, jurisdiction_id: str, unit: str, day: date) -> bool:
    """Note that the mail of this day is to be sent; False when it was noted before."""
    new = insert(unit_digests).values(jurisdiction_id=jurisdiction_id, unit=unit, day=day)
    return conn.execute(new.on_conflict_do_nothing().returning(_d.unit)).first() is not None


def claim(conn: Connection, jurisdiction_id: str, unit: str, day: date, now: datetime) -> bool:
    """Note that it is being sent; False when it was, since one too few is better than the same mail twice."""
    mine = (_d.jurisdiction_id == jurisdiction_id, _d.unit == unit, _d.day == day, _d.sent_datetime.is_(None))
    return conn.execute(update(unit_digests).where(*mine).values(sent_datetime=now)).rowcount > 0


def release(conn: Connection, jurisdiction_id: str, unit: str, day: date) -> None:
    """Note that it could not be sent, so that it is tried again."""
    mine = (_d.jurisdiction_id == jurisdiction_id, _d.unit == unit, _d.day == day)
    conn.execute(update(unit_digests).where(*mine).values(sent_datetime=None))


def prune(conn: Connection, before: date) -> None:
    """Forget the mails of days gone by."""
    conn.execute(delete(unit_digests).where(_d.day < before))
