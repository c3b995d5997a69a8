"""Drafts: reports that are still being written."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.model.access.secret_tokens import digest
from open311.model.intake.drafts import Draft, DraftPhoto
from open311.model.media import StoredFile
from open311.storage.tables import draft_photos, drafts

_d, _p = drafts.c, draft_photos.c


def lock_network(conn: Connection, network: str) -> None:
    """Let a network begin drafts one after the other, until the transaction ends."""
    # Counted and begun under one lock: in a burst, all would be counted before any of them is begun.
    conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"drafts {network}", 0))))


def count_begun(conn: Connection, network: str, since: datetime) -> int:
    """How many drafts a network has begun since then."""
    query = select(func.count()).where(_d.network == digest(network), _d.created_datetime > since)
    return int(conn.execute(query).scalar_one())


def photo_bytes(conn: Connection, token: str) -> int:
    """How many bytes the photos take in all drafts of the network that this one was begun from."""
    network = select(_d.network).where(_d.digest == digest(token)).scalar_subquery()
    query = select(func.coalesce(func.sum(_p.bytes), 0)).join(drafts, _d.digest == _p.digest)
    return int(conn.execute(query.where(_d.network == network)).scalar_one())


def add(
    conn: Connection,
    token: str,
    jurisdiction_id: str,
    secret: str,
    state: Mapping[str, Any],
    network: str,
    now: datetime,
) -> None:
    """Begin a draft, unless there is one under this token."""
    moments = {"created_datetime": now, "touched_datetime": now}
    row = {
        "digest": digest(token),
        "jurisdiction_id": jurisdiction_id,
        "secret": secret,
        "state": dict(state),
        "network": digest(network),
    }
    conn.execute(insert(drafts).values(row | moments).on_conflict_do_nothing())


def find(conn: Connection, token: str, jurisdiction_id: str, *, lock: bool = False) -> Draft | None:
    mine = (_d.digest == digest(token), _d.jurisdiction_id == jurisdiction_id)
    query = select(drafts).where(*mine)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    return Draft(
        token=token,
        jurisdiction_id=row.jurisdiction_id,
        secret=row.secret,
        state=row.state,
        photos=tuple(_photos(conn, row.digest)),
        service_request_id=row.service_request_id,
        created_datetime=row.created_datetime,
    )


def _photos(conn: Connection, owner: str) -> Iterable[DraftPhoto]:
    for row in conn.execute(select(draft_photos).where(_p.digest == owner).order_by(_p.id)):
        yield DraftPhoto(row.id, StoredFile(**{name: getattr(row, name) for name in StoredFile.__slots__}))


def write(conn: Connection, token: str, state: Mapping[str, Any], now: datetime) -> None:
    """Keep what was typed; nothing in a draft that was sent."""
    mine = (_d.digest == digest(token), _d.service_request_id.is_(None))
    conn.execute(update(drafts).where(*mine).values(state=dict(state), touched_datetime=now))


def finish(conn: Connection, token: str, service_request_id: int, state: Mapping[str, Any]) -> None:
    """Leave of a draft no more than what became of it; its photos belong to somebody else now, or to nobody."""
    conn.execute(delete(draft_photos).where(_p.digest == digest(token)))
    values = {"service_request_id": service_request_id, "state": dict(state)}
    conn.execute(update(drafts).where(_d.digest == digest(token)).values(values))


def add_photo(conn: Connection, token: str, file: StoredFile) -> bool:
    """Add a photo, unless the draft has it already."""
    row = asdict(file) | {"digest": digest(token)}
    done = conn.execute(insert(draft_photos).values(row).on_conflict_do_nothing().returning(_p.id))
    return done.first() is not None


def remove_photo(conn: Connection, token: str, photo_id: int) -> str | None:
    """Remove a photo; returns the name of its file."""
    mine = delete(draft_photos).where(_p.digest == digest(token), _p.id == photo_id)
    key: str | None = conn.execute(mine.returning(_p.key)).scalar_one_or_none()
    return key


def remove_older(
    conn: Connection, touched_before: datetime, begun_before: datetime, limit: int
) -> tuple[int, list[str]]:
    """Remove drafts that nobody has touched since, and old ones; returns how many, and the names of their files."""
    expired = or_(_d.touched_datetime < touched_before, _d.created_datetime < begun_before)
    old = select(_d.digest).where(expired).limit(limit)
    # One that is being sent just now is left: whoever sends it holds its lock, and it is finished afterwards.
    ids = list(conn.execute(old.with_for_update(skip_locked=True)).scalars())
    keys = list(conn.execute(select(_p.key).where(_p.digest.in_(ids))).scalars())
    conn.execute(delete(drafts).where(_d.digest.in_(ids)))
    return len(ids), keys


def count(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(drafts)).scalar_one())
