"""The audit log: append-only rows, chained by digests."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from open311.model.staff.audit import BEGINNING, SIGN_INS, AuditKind, AuditLine
from open311.storage.database import advisory_locks
from open311.storage.tables import audit

_a = audit.c
_A_PORTION = 1000


def append(
    conn: Connection,
    at: datetime,
    actor: str,
    kind: AuditKind,
    subject: str | None = None,
    data: Mapping[str, Any] | None = None,
    ip_prefix: str | None = None,
) -> None:
    """Write a line, in the transaction of what it tells of."""
    # Held until the commit: two lines that follow the same digest would break the chain for good.
    conn.execute(select(func.pg_advisory_xact_lock(advisory_locks.AUDIT_LOG)))
    last = conn.execute(select(_a.digest).order_by(_a.id.desc()).limit(1)).scalar_one_or_none()
    line = AuditLine(
        datetime=at,
        actor=actor,
        kind=kind.value,
        subject=subject,
        data=dict(data or {}),
        ip_prefix=ip_prefix,
        previous=last or BEGINNING,
    )
    values = asdict(replace(line, digest=line.reckoned_digest()))
    del values["id"]
    conn.execute(insert(audit).values(values))


def page(
    conn: Connection,
    *,
    actor: str | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[AuditLine]:
    """Lines, the newest first: of one actor or all, of one kind or all, before a line."""
    query = select(audit).order_by(_a.id.desc()).limit(limit)
    if actor is not None:
        query = query.where(_a.actor == actor)
    if kind is not None:
        query = query.where(_a.kind == kind)
    if before is not None:
        query = query.where(_a.id < before)
    return [_line(row) for row in conn.execute(query)]


def every_line(conn: Connection) -> Iterator[AuditLine]:
    """All lines, the oldest first, in portions."""
    last = 0
    while True:
        rows = conn.execute(select(audit).where(_a.id > last).order_by(_a.id).limit(_A_PORTION)).all()
        yield from map(_line, rows)
        if len(rows) < _A_PORTION:
            return
        last = rows[-1].id


def forget(conn: Connection, *, sign_ins_before: datetime, all_before: datetime) -> int:
    """Empty the lines about sign-ins that are too old, and delete what is older still; returns how many.

    Lines are deleted from the beginning of the chain only, so what remains is still one.
    """
    old = and_(_a.kind.in_(SIGN_INS), _a.datetime < sign_ins_before)
    nothing: dict[str, Any] = {
        "actor": None,
        "subject": None,
        "data": {},
        "ip_prefix": None,
        "forgotten": True,
    }
    emptied = conn.execute(update(audit).where(old, _a.forgotten.is_(False)).values(nothing)).rowcount
    # Clocks are set back: a line may look old and be behind younger ones, and a gap would look like a deed.
    first_kept = select(func.min(_a.id)).where(_a.datetime >= all_before).scalar_subquery()
    gone = delete(audit).where(_a.datetime < all_before, func.coalesce(_a.id < first_kept, True))
    return emptied + conn.execute(gone).rowcount


def _line(row: Row[Any]) -> AuditLine:
    return AuditLine(**row._mapping)
