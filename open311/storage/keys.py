"""API keys, hashed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from open311.model.keys import Key, Scope
from open311.storage.tables import keys

_k = keys.c
_columns = (_k.id, _k.name, _k.scopes, _k.created_datetime, _k.revoked_datetime)


def _key(row: Row[*tuple[Any, ...]]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(each) for each in row.scopes),
        created_datetime=row.created_datetime,
        revoked_datetime=row.revoked_datetime,
    )


def add(conn: Connection, name: str, digest: str, scopes: Iterable[Scope], at: datetime) -> None:
    """Store a new key."""
    conn.execute(insert(keys).values(name=name, digest=digest, scopes=sorted(scopes), created_datetime=at))


def find(conn: Connection, digest: str) -> Key | None:
    """The key with this digest, unless it was revoked."""
    row = conn.execute(
        select(*_columns).where(_k.digest == digest, _k.revoked_datetime.is_(None))
    ).one_or_none()
    return _key(row) if row else None


def all_keys(conn: Connection) -> list[Key]:
    """Every key, the revoked ones too."""
    return [_key(row) for row in conn.execute(select(*_columns).order_by(_k.id))]


def exists(conn: Connection, name: str) -> bool:
    """Whether a key has this name."""
    return conn.execute(select(_k.id).where(_k.name == name)).first() is not None


def revoke(conn: Connection, name: str, at: datetime) -> bool:
    """Take a key out of force; whether there was one in force."""
    gone = update(keys).where(_k.name == name, _k.revoked_datetime.is_(None)).values(revoked_datetime=at)
    return conn.execute(gone).rowcount > 0
