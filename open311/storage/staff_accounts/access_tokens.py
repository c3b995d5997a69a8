"""Tokens of accounts, under their digests."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from open311.model.access.actor import Right
from open311.model.staff.access_tokens import AccessToken
from open311.model.staff.accounts import Account
from open311.model.staff.rights import Membership
from open311.model.staff.roles import RightsOfRole
from open311.storage.staff_accounts import accounts as account_storage
from open311.storage.staff_accounts import memberships as membership_storage
from open311.storage.tables import account_tokens, accounts, memberships

_t, _a, _m = account_tokens.c, accounts.c, memberships.c
_COLUMNS = (_t.id, _t.account_id, _t.name, _t.rights, _t.created_datetime, _t.ends_datetime)
_LABELLED = [column.label(f"t_{column.name}") for column in _COLUMNS]


class TokenHolder(NamedTuple):
    """A token, whose it is, and their memberships in force."""

    token: AccessToken
    account: Account
    memberships: tuple[Membership, ...]


def add(conn: Connection, account_id: int, digest: str, **values: Any) -> None:
    """Store a token: its `name`, `rights`, `created_datetime` and `ends_datetime`."""
    rights: Iterable[Right] = values.pop("rights")
    conn.execute(
        insert(account_tokens).values(account_id=account_id, digest=digest, rights=sorted(rights), **values)
    )


def find(conn: Connection, digest: str, rights_of_role: RightsOfRole, now: datetime) -> TokenHolder | None:
    """The token under this digest with all that a request needs, in one statement; None once its time is up."""
    current = (_m.account_id == _a.id) & membership_storage.in_force_at(now)
    joined = account_tokens.join(accounts, _a.id == _t.account_id).outerjoin(memberships, current)
    query = select(*account_storage.COLUMNS, *_LABELLED, *membership_storage.JOINED).select_from(joined)
    rows = conn.execute(query.where(_t.digest == digest, _t.ends_datetime > now).order_by(_m.id)).all()
    if not rows:
        return None
    token = _token({column.name: rows[0]._mapping[f"t_{column.name}"] for column in _COLUMNS})
    held = membership_storage.of_joined(rows, rights_of_role)
    return TokenHolder(token, account_storage.account_from(rows[0]), held)


def _token(values: dict[str, Any]) -> AccessToken:
    # A right that this release knows no more opens nothing.
    rights = frozenset(Right(word) for word in values["rights"] if word in set(Right))
    return AccessToken(**values | {"rights": rights})


def of_account(conn: Connection, account_id: int, now: datetime) -> Sequence[AccessToken]:
    """The tokens of an account that are good still, the oldest first."""
    query = select(*_COLUMNS).where(_t.account_id == account_id, _t.ends_datetime > now).order_by(_t.id)
    return [_token(dict(row._mapping)) for row in conn.execute(query)]


def count(conn: Connection, account_id: int) -> int:
    counted = select(func.count()).select_from(account_tokens).where(_t.account_id == account_id)
    return int(conn.execute(counted).scalar_one())


def remove(conn: Connection, account_id: int, token_id: int) -> str | None:
    """Void a token of this account; its name, or None when there was none."""
    gone = delete(account_tokens).where(_t.account_id == account_id, _t.id == token_id)
    return conn.execute(gone.returning(_t.name)).scalar_one_or_none()


def remove_all(conn: Connection, account_id: int) -> None:
    conn.execute(delete(account_tokens).where(_t.account_id == account_id))


def prune(conn: Connection, now: datetime) -> None:
    """Forget the tokens whose time is up."""
    conn.execute(delete(account_tokens).where(_t.ends_datetime <= now))
