"""Passkeys of accounts: public keys alone, which open nothing by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from open311.storage.tables import account_passkeys

_p = account_passkeys.c
_COLUMNS = (
    _p.id,
    _p.account_id,
    _p.credential_id,
    _p.public_key,
    _p.sign_count,
    _p.name,
    _p.created_datetime,
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key by the name that its owner gave it."""

    id: int
    account_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    created_datetime: datetime


def of_account(conn: Connection, account_id: int) -> Sequence[Passkey]:
    """The keys of an account, the oldest first."""
    rows = conn.execute(select(*_COLUMNS).where(_p.account_id == account_id).order_by(_p.id))
    return [Passkey(**row._mapping) for row in rows]


def find(conn: Connection, credential_id: bytes) -> Passkey | None:
    row = conn.execute(select(*_COLUMNS).where(_p.credential_id == credential_id)).one_or_none()
    return Passkey(**row._mapping) if row else None


def add(conn: Connection, account_id: int, now: datetime, **key: Any) -> None:
    """Store a key: its `name`, `credential_id`, `public_key` and `sign_count`."""
    conn.execute(insert(account_passkeys).values(account_id=account_id, created_datetime=now, **key))


def use(conn: Connection, passkey_id: int, sign_count: int, challenge: int) -> bool:
    """Note that a key has answered a challenge; False when it answered that one, or a later one, before."""
    fresh = update(account_passkeys).where(_p.id == passkey_id, _p.challenge < challenge)
    return conn.execute(fresh.values(sign_count=sign_count, challenge=challenge)).rowcount > 0


def remove(conn: Connection, account_id: int, passkey_id: int) -> bool:
    gone = delete(account_passkeys).where(_p.id == passkey_id, _p.account_id == account_id)
    return conn.execute(gone).rowcount > 0


def remove_all(conn: Connection, account_id: int) -> None:
    conn.execute(delete(account_passkeys).where(_p.account_id == account_id))
