"""Accounts of the staff, their one-time links and recovery codes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.model.staff.accounts import Account, AccountState, LinkKind
from open311.storage.tables import account_codes, account_links, accounts, memberships

# Of one list; more than the largest city has.
MOST = 10_000

_a, _l, _c, _m = accounts.c, account_links.c, account_codes.c, memberships.c
COLUMNS = (
    _a.id,
    _a.name,
    _a.email,
    _a.language,
    _a.state,
    _a.ends_datetime,
    _a.created_datetime,
    _a.left_datetime,
    _a.totp_secret.is_not(None).label("second_factor"),
    _a.prefs,
    _a.issuer,
)


class Secrets(NamedTuple):
    password_hash: str | None
    totp_secret: str | None
    totp_step: int | None


def account_from(row: Row[Any]) -> Account:
    """The account that a row of `COLUMNS`, or of more than these, describes."""
    values = {name: row._mapping[name] for name in Account.__slots__}
    return Account(**values | {"state": AccountState(row.state)})


def add(conn: Connection, name: str, email: str, language: str, at: datetime) -> int:
    """Store an account that nobody can use yet; its id."""
    values = {"name": name, "email": email, "language": language, "created_datetime": at}
    new = insert(accounts).values(**values, state=AccountState.INVITED.value).returning(_a.id)
    return int(conn.execute(new).scalar_one())


def find(conn: Connection, account_id: int, *, lock: bool = False) -> Account | None:
    """An account by its id, held until the end of the transaction if so wished."""
    query = select(*COLUMNS).where(_a.id == account_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return account_from(row) if row else None


def by_ids(conn: Connection, account_ids: Iterable[int]) -> list[Account]:
    """The accounts among these ids, by their ids."""
    rows = conn.execute(select(*COLUMNS).where(_a.id.in_(list(account_ids))).order_by(_a.id))
    return [account_from(row) for row in rows]


def by_email(conn: Connection, email: str) -> Account | None:
    """An account by its mail address; letter case does not matter."""
    row = conn.execute(select(*COLUMNS).where(func.lower(_a.email) == email.lower())).one_or_none()
    return account_from(row) if row else None


def by_subject(conn: Connection, issuer: str, subject: str) -> Account | None:
    """An account by what an identity provider calls its owner."""
    query = select(*COLUMNS).where(_a.issuer == issuer, _a.subject == subject)
    row = conn.execute(query).one_or_none()
    return account_from(row) if row else None


def secrets_of(conn: Connection, account_id: int) -> Secrets:
    row = conn.execute(
        select(_a.password_hash, _a.totp_secret, _a.totp_step).where(_a.id == account_id)
    ).one_or_none()
    return Secrets(*row) if row else Secrets(None, None, None)


def all_accounts(conn: Connection, jurisdictions: Sequence[str] | None = None) -> list[Account]:
    """Accounts by name: all, or those with a role in one of these jurisdictions; those who have left at the end."""
    query = select(*COLUMNS).order_by(_a.state == AccountState.LEFT.value, func.lower(_a.name), _a.id)
    if jurisdictions is not None:
        member = select(_m.account_id).where(_m.jurisdiction_id.in_(jurisdictions))
        query = query.where(_a.id.in_(member))
    return [account_from(row) for row in conn.execute(query.limit(MOST))]


def change(conn: Connection, account_id: int, **values: Any) -> None:
    """Write some columns of an account."""
    conn.execute(update(accounts).where(_a.id == account_id).values(**values))


def use_step(conn: Connection, account_id: int, step: int) -> bool:
    """Take a step of the one-time codes; False when it, or a later one, was taken before."""
    # One statement that asks and takes: the same code in two windows at once opens one of them (RFC 6238, 5.2).
    fresh = update(accounts).where(_a.id == account_id, func.coalesce(_a.totp_step, -1) < step)
    return conn.execute(fresh.values(totp_step=step)).rowcount > 0


def put_link(conn: Connection, account_id: int, kind: LinkKind, digest: str, ends: datetime) -> None:
    """Give an account a one-time link; one it had before is void."""
    values = {"kind": kind.value, "digest": digest, "ends_datetime": ends}
    new = upsert(account_links).values(account_id=account_id, **values)
    conn.execute(new.on_conflict_do_update(index_elements=[_l.account_id], set_=values))


def link(conn: Connection, digest: str, now: datetime) -> tuple[int, LinkKind] | None:
    """Whose link this is, and what for; None when it was used, replaced or has ended."""
    row = conn.execute(
        select(_l.account_id, _l.kind).where(_l.digest == digest, _l.ends_datetime > now)
    ).one_or_none()
    return (row.account_id, LinkKind(row.kind)) if row else None


def remove_link(conn: Connection, account_id: int, digest: str | None = None) -> bool:
    """Make a link void, or any that the account has; whether there was one."""
    gone = delete(account_links).where(_l.account_id == account_id)
    return conn.execute(gone if digest is None else gone.where(_l.digest == digest)).rowcount > 0


def prune_links(conn: Connection, now: datetime) -> None:
    """Delete the links whose time is up."""
    conn.execute(delete(account_links).where(_l.ends_datetime <= now))


def put_codes(conn: Connection, account_id: int, digests: Iterable[str]) -> None:
    conn.execute(delete(account_codes).where(_c.account_id == account_id))
    rows = [{"account_id": account_id, "digest": digest} for digest in digests]
    if rows:
        conn.execute(insert(account_codes), rows)


def use_code(conn: Connection, account_id: int, digest: str) -> bool:
    """Take a recovery code; whether there was such a one."""
    gone = delete(account_codes).where(_c.account_id == account_id, _c.digest == digest)
    return conn.execute(gone).rowcount > 0


def count_codes(conn: Connection, account_id: int) -> int:
    """How many recovery codes are left."""
    counted = select(func.count()).select_from(account_codes).where(_c.account_id == account_id)
    return int(conn.execute(counted).scalar_one())


def names(conn: Connection, account_ids: Iterable[int]) -> Mapping[int, str]:
    """The names behind ids, for those accounts that there still are."""
    rows = conn.execute(select(_a.id, _a.name).where(_a.id.in_(list(account_ids))))
    return {row.id: row.name for row in rows}


def end_due(conn: Connection, now: datetime) -> list[int]:
    """Close the accounts whose last day is over; which."""
    over = update(accounts).where(_a.state != AccountState.LEFT.value, _a.ends_datetime <= now)
    return list(conn.execute(over.values({**LEFT, "left_datetime": now}).returning(_a.id)).scalars())


# What an account keeps after somebody has left: the name, for the history, and nothing to sign in with.
LEFT: Mapping[str, Any] = {
    "state": AccountState.LEFT.value,
    "password_hash": None,
    "totp_secret": None,
    "totp_step": None,
    "prefs": {},
}


def forget_left(conn: Connection, before: datetime) -> int:
    """Delete the accounts of those who left before a moment, and of people who never signed in."""
    gone = delete(accounts).where(_a.state == AccountState.LEFT.value, _a.left_datetime < before)
    return conn.execute(gone).rowcount
