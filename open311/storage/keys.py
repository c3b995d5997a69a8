"""API keys, hashed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, insert, select, update

from open311.model.access.keys import Key, Scope
from open311.storage.database.freshness import SENDERS, announce
from open311.storage.database.statement import Statement
from open311.storage.tables import keys

_k = keys.c
_columns = (_k.id, _k.name, _k.scopes, _k.created_datetime, _k.revoked_datetime, _k.jurisdictions)


# Run for every POST; SQLAlchemy's own execution takes longer than the database.
_in_force = Statement(
    select(*_columns).where(_k.digest == bindparam("digest", type_=Text), _k.revoked_datetime.is_(None))
)


def _key(row: Sequence[Any]) -> Key:
    number, name, scopes, created, revoked, jurisdictions = row
    return Key(
        id=number,
        name=name,
        scopes=frozenset(map(Scope, scopes)),
        created_datetime=created,
        revoked_datetime=revoked,
        jurisdictions=None if jurisdictions is None else frozenset(jurisdictions),
    )


def add(
    conn: Connection,
    name: str,
    digest: str,
    scopes: Iterable[Scope],
    jurisdictions: Iterable[str] | None,
    at: datetime,
) -> None:
    bound = None if jurisdictions is None else sorted(jurisdictions)
    values = {"name": name, "digest": digest, "scopes": sorted(scopes), "jurisdictions": bound}
    announce(conn, SENDERS)
    conn.execute(insert(keys).values(**values, created_datetime=at))


def find(conn: Connection, digest: str) -> Key | None:
    rows = _in_force.fetch(conn, digest=digest)
    return _key(rows[0]) if rows else None


def all_keys(conn: Connection) -> list[Key]:
    """Every key, the revoked ones too."""
    return [_key(tuple(row)) for row in conn.execute(select(*_columns).order_by(_k.id))]


def exists(conn: Connection, name: str) -> bool:
    return conn.execute(select(_k.id).where(_k.name == name)).first() is not None


def revoke(conn: Connection, name: str, at: datetime) -> bool:
    """Take a key out of force; whether there was one in force."""
    announce(conn, SENDERS)
    gone = update(keys).where(_k.name == name, _k.revoked_datetime.is_(None)).values(revoked_datetime=at)
    return conn.execute(gone).rowcount > 0
