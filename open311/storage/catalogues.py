"""Digests and changesets of the catalogues in force, and every service there ever was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from open311.storage.database import advisory_locks
from open311.storage.tables import catalogues, services

# In the place of a jurisdiction: which of them there are. No jurisdiction has an empty id.
ALL = ""


def lock(conn: Connection) -> None:
    """Wait until no other process publishes a catalogue; released with the transaction."""
    conn.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": advisory_locks.CATALOGUE})


def find(conn: Connection, jurisdiction_id: str) -> tuple[str, datetime] | None:
    """The digest in force and since when."""
    c = catalogues.c
    row = conn.execute(
        select(c.digest, c.changeset).where(c.jurisdiction_id == jurisdiction_id)
    ).one_or_none()
    return (row.digest, row.changeset) if row else None


def keep_text_search(conn: Connection, jurisdiction_id: str, text_search: str) -> bool:
    """Note by which configuration words are stored from now on; whether those of older rows are in another one."""
    c = catalogues.c
    changed = update(catalogues).where(c.jurisdiction_id == jurisdiction_id, c.text_search != text_search)
    return conn.execute(changed.values(text_search=text_search)).rowcount > 0


def newest(conn: Connection) -> datetime | None:
    """The newest changeset there ever was, also of what is no longer in force."""
    changeset: datetime | None = conn.execute(select(func.max(catalogues.c.changeset))).scalar_one()
    return changeset


def record(conn: Connection, jurisdiction_id: str, digest: str, changeset: datetime) -> None:
    """Remember the digest that came into force."""
    row = insert(catalogues).values(jurisdiction_id=jurisdiction_id, digest=digest, changeset=changeset)
    news = {"digest": digest, "changeset": changeset}
    conn.execute(row.on_conflict_do_update(index_elements=["jurisdiction_id"], set_=news))


def keep_services(
    conn: Connection, jurisdiction_id: str, names: Mapping[str, Mapping[str, str]], at: datetime
) -> None:
    """Remember the services by code and names; those missing from `names` are retired, not forgotten."""
    s = services.c
    rows = [
        {"jurisdiction_id": jurisdiction_id, "service_code": code, "service_name": dict(name)}
        for code, name in names.items()
    ]
    if rows:
        row = insert(services).values(rows)
        # A service that comes back is no longer retired, and its old reports are its own again.
        news: dict[str, Any] = {"service_name": row.excluded.service_name, "retired_datetime": None}
        conn.execute(row.on_conflict_do_update(index_elements=["jurisdiction_id", "service_code"], set_=news))
    gone = update(services).where(
        s.jurisdiction_id == jurisdiction_id, s.service_code.not_in(list(names)), s.retired_datetime.is_(None)
    )
    conn.execute(gone.values(retired_datetime=at))


def retired_services(conn: Connection, jurisdiction_id: str) -> dict[str, Mapping[str, str]]:
    """Code → names of services that the catalogue no longer has."""
    s = services.c
    query = select(s.service_code, s.service_name).where(
        s.jurisdiction_id == jurisdiction_id, s.retired_datetime.is_not(None)
    )
    return {row.service_code: row.service_name for row in conn.execute(query)}
