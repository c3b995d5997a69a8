"""Senders whose reports are held back and whose mails are put aside, until a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, and_, bindparam, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from open311.storage.database.freshness import SENDERS, announce
from open311.storage.database.statement import Statement
from open311.storage.tables import blocked_senders

_b = blocked_senders.c
# So many digits at the end tell telephone numbers apart, however the beginning is written.
DIGITS = 8
_any_of = Statement(
    select(
        exists().where(
            _b.jurisdiction_id == bindparam("owner", type_=Text),
            _b.ends_datetime > bindparam("now", type_=_b.ends_datetime.type),
            or_(
                *(
                    and_(_b.kind == kind, _b.pattern == bindparam(kind, type_=Text))
                    for kind in ("email", "domain", "phone", "key")
                )
            ),
        )
    ),
    planned_once=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedSender:
    """Whom staff have blocked: a mail address, all addresses of a domain, a telephone number by its last digits, or an
    API key by its name.
    """

    id: int
    jurisdiction_id: str
    kind: str
    pattern: str
    reason: str
    actor: str
    created_datetime: datetime
    ends_datetime: datetime


def phone_pattern(phone: str) -> str:
    """What is compared of a telephone number; empty for too few digits."""
    digits = "".join(letter for letter in phone if letter.isascii() and letter.isdecimal())[-DIGITS:]
    return digits if len(digits) == DIGITS else ""


def is_blocked(
    conn: Connection,
    jurisdiction_id: str,
    now: datetime,
    *,
    email: str | None = None,
    phone: str | None = None,
    key: str | None = None,
) -> bool:
    patterns = _patterns(email, phone, key)
    return bool(_any_of.fetch(conn, owner=jurisdiction_id, now=now, **patterns)[0][0])


def _patterns(email: str | None, phone: str | None, key: str | None) -> dict[str, str | None]:
    """By what a sender may be blocked: kind → pattern."""
    address = (email or "").strip().lower()
    return {
        "email": address or None,
        "domain": address.rpartition("@")[2] or None,
        "phone": phone_pattern(phone or "") or None,
        "key": key,
    }


class AllBlocked:
    """Everybody who is blocked, to be asked without the database."""

    def __init__(self, ends: Mapping[tuple[str, str, str | None], datetime]) -> None:
        """`ends`: until when, by jurisdiction, kind and pattern."""
        self._ends = ends

    def has(
        self,
        jurisdiction_id: str,
        now: datetime,
        *,
        email: str | None = None,
        phone: str | None = None,
        key: str | None = None,
    ) -> bool:
        """The same as `is_blocked`."""
        patterns = _patterns(email, phone, key)
        ends = (self._ends.get((jurisdiction_id, kind, pattern)) for kind, pattern in patterns.items())
        return any(end is not None and end > now for end in ends)


def all_blocked(conn: Connection, most: int) -> AllBlocked | None:
    """Everybody who is blocked; None when there are more than `most`."""
    query = select(_b.jurisdiction_id, _b.kind, _b.pattern, _b.ends_datetime).limit(most + 1)
    rows = conn.execute(query).all()
    # With more than that, a cache in every process would cost more than one indexed query a report.
    if len(rows) > most:
        return None
    return AllBlocked({(owner, kind, pattern): ends for owner, kind, pattern, ends in rows})


def add(
    conn: Connection,
    jurisdiction_id: str,
    kind: str,
    pattern: str,
    reason: str,
    actor: str,
    now: datetime,
    ends: datetime,
) -> int:
    """Block a sender, or block them until another day."""
    announce(conn, SENDERS)
    # Blocking again replaces reason and end, so that there is one row, and one decision, for each sender.
    values = {"reason": reason, "actor": actor, "created_datetime": now, "ends_datetime": ends}
    row = {"jurisdiction_id": jurisdiction_id, "kind": kind, "pattern": pattern} | values
    statement = insert(blocked_senders).values(row)
    keys = [_b.jurisdiction_id, _b.kind, _b.pattern]
    updated = statement.on_conflict_do_update(index_elements=keys, set_=values).returning(_b.id)
    return int(conn.execute(updated).scalar_one())


def listed(conn: Connection, owners: Sequence[str], limit: int) -> list[BlockedSender]:
    """Who is blocked, the newest first."""
    query = select(*blocked_senders.c).where(_b.jurisdiction_id.in_(owners))
    rows = conn.execute(query.order_by(_b.created_datetime.desc(), _b.id).limit(limit))
    return [BlockedSender(**row._mapping) for row in rows]


def owner_of(conn: Connection, sender_id: int, owners: Sequence[str]) -> str | None:
    """The jurisdiction that has blocked a sender, if it is one of these."""
    mine = (_b.id == sender_id, _b.jurisdiction_id.in_(owners))
    owner: str | None = conn.execute(select(_b.jurisdiction_id).where(*mine)).scalar_one_or_none()
    return owner


def remove(conn: Connection, sender_id: int, owners: Sequence[str]) -> str | None:
    """Block somebody no more; the jurisdiction that had."""
    mine = (_b.id == sender_id, _b.jurisdiction_id.in_(owners))
    announce(conn, SENDERS)
    gone = delete(blocked_senders).where(*mine).returning(_b.jurisdiction_id)
    owner: str | None = conn.execute(gone).scalar_one_or_none()
    return owner


def forget(conn: Connection, now: datetime) -> int:
    return conn.execute(delete(blocked_senders).where(_b.ends_datetime <= now)).rowcount
