"""Sessions of the staff, under the digests of their cookies."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from open311.model.staff.accounts import Account, Session, Stage
from open311.model.staff.rights import Membership
from open311.model.staff.roles import RightsOfRole
from open311.storage.staff_accounts import accounts as account_storage
from open311.storage.staff_accounts import memberships as membership_storage
from open311.storage.tables import accounts, memberships, sessions

_s, _a, _m = sessions.c, accounts.c, memberships.c
_COLUMNS = (
    _s.id.label("session_id"),
    _s.stage,
    _s.client,
    _s.created_datetime.label("session_created"),
    _s.seen_datetime,
    _s.ends_datetime.label("session_ends"),
    _s.confirmed_datetime,
)


class SessionHolder(NamedTuple):
    """A session, whose it is, and their memberships in force."""

    session: Session
    account: Account
    memberships: tuple[Membership, ...]


def add(
    conn: Connection, digest: str, account_id: int, stage: Stage, client: str, now: datetime, ends: datetime
) -> None:
    """Begin a session; the password was given just now."""
    conn.execute(
        insert(sessions).values(
            digest=digest,
            account_id=account_id,
            stage=stage.value,
            client=client,
            created_datetime=now,
            seen_datetime=now,
            ends_datetime=ends,
            confirmed_datetime=now,
        )
    )


def find(conn: Connection, digest: str, rights_of_role: RightsOfRole, now: datetime) -> SessionHolder | None:
    """The session under this digest with all that a request needs, in one statement."""
    current = (_m.account_id == _a.id) & membership_storage.in_force_at(now)
    joined = sessions.join(accounts, _a.id == _s.account_id).outerjoin(memberships, current)
    query = select(*account_storage.COLUMNS, *_COLUMNS, *membership_storage.JOINED).select_from(joined)
    # Run for every click of every employee: one statement, although it repeats the account for each role.
    rows = conn.execute(query.where(_s.digest == digest).order_by(_m.id)).all()
    if not rows:
        return None
    session, account = _session(rows[0]._mapping), account_storage.account_from(rows[0])
    return SessionHolder(session, account, membership_storage.of_joined(rows, rights_of_role))


def _session(values: Any) -> Session:
    return Session(
        id=values["session_id"],
        stage=Stage(values["stage"]),
        client=values["client"],
        created_datetime=values["session_created"],
        seen_datetime=values["seen_datetime"],
        ends_datetime=values["session_ends"],
        confirmed_datetime=values["confirmed_datetime"],
    )


def of_account(conn: Connection, account_id: int, idle: timedelta, now: datetime) -> list[Session]:
    """The sessions of an account that have not ended, the newest first."""
    # Sessions that have ended are not listed, though their rows stay until they are pruned.
    alive = (_s.account_id == account_id, _s.ends_datetime > now, _s.seen_datetime > now - idle)
    rows = conn.execute(select(*_COLUMNS).where(*alive).order_by(_s.id.desc()))
    return [_session(row._mapping) for row in rows]


def touch(conn: Connection, digest: str, seen: datetime) -> None:
    conn.execute(update(sessions).where(_s.digest == digest).values(seen_datetime=seen))


def confirm(conn: Connection, digest: str, now: datetime) -> None:
    """Note that the password was given again."""
    conn.execute(update(sessions).where(_s.digest == digest).values(confirmed_datetime=now))


def end(conn: Connection, digest: str) -> None:
    """End a session; ending it twice is no error."""
    conn.execute(delete(sessions).where(_s.digest == digest))


def end_one(conn: Connection, account_id: int, session_id: int) -> bool:
    """End a session of this account; whether there was one."""
    gone = delete(sessions).where(_s.account_id == account_id, _s.id == session_id)
    return conn.execute(gone).rowcount > 0


def end_all(conn: Connection, account_id: int, *, but: str | None = None) -> int:
    """End every session of an account, but for one if so wished; how many."""
    gone = delete(sessions).where(_s.account_id == account_id)
    return conn.execute(gone if but is None else gone.where(_s.digest != but)).rowcount


def prune(conn: Connection, now: datetime, idle: timedelta) -> int:
    over = delete(sessions).where(or_(_s.ends_datetime <= now, _s.seen_datetime <= now - idle))
    return conn.execute(over).rowcount
