"""What staff are still to be told of by mail."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.model.casework.cases import Case
from open311.model.casework.staff_notices import Notice, NoticeKind, Recipient
from open311.model.desk.deadline_steps import Deadline
from open311.model.staff.accounts import Account, AccountState, MailChoice
from open311.storage.desk.scope import Scope
from open311.storage.staff_accounts import accounts as account_storage
from open311.storage.tables import account_digests, accounts, cases, staff_notices

_n, _c, _a, _d = staff_notices.c, cases.c, accounts.c, account_digests.c


def add(conn: Connection, recipient: Recipient, notices: Iterable[Notice], now: datetime) -> None:
    """Remember what somebody is to be told."""
    rows = [
        {
            "service_request_id": notice.service_request_id,
            "jurisdiction_id": recipient.jurisdiction_id,
            "unit": recipient.unit,
            "account_id": recipient.account_id,
            "kind": notice.kind.value,
            "deadline": notice.deadline and notice.deadline.value,
            "created_datetime": now,
        }
        for notice in notices
    ]
    if rows:
        conn.execute(insert(staff_notices), rows)


def take(conn: Connection, recipient: Recipient) -> list[Notice]:
    """What somebody is to be told, of each case and deadline the last; it is forgotten here, so nobody hears twice."""
    gone = delete(staff_notices).where(*_of(recipient))
    returned = gone.returning(_n.id, _n.service_request_id, _n.kind, _n.deadline)
    # By their ids, since `returning` promises no order, and the last thing that happened is the one to tell.
    last = {(row.service_request_id, row.deadline or row.kind): row for row in sorted(conn.execute(returned))}
    return [
        Notice(row.service_request_id, NoticeKind(row.kind), Deadline(row.deadline) if row.deadline else None)
        for row in last.values()
    ]


def _of(recipient: Recipient) -> Sequence[ColumnElement[bool]]:
    if recipient.account_id is not None:
        return (_n.account_id == recipient.account_id,)
    return (_n.jurisdiction_id == recipient.jurisdiction_id, _n.unit == recipient.unit)


def cases_of(conn: Connection, scope: Scope, numbers: Iterable[int]) -> Mapping[int, Case]:
    """The cases among these numbers that the scope lets see."""
    query: Any = select(*cases.c).where(_c.service_request_id.in_(list(numbers)), scope.here)
    rows = conn.execute(scope.join(query))
    return {row.service_request_id: Case.from_row(dict(row._mapping)) for row in rows}


def wanting_a_day(conn: Connection) -> list[Account]:
    chosen = _a.prefs["mails"].astext == MailChoice.DAILY.value
    query = select(*account_storage.COLUMNS).where(_a.state == AccountState.ACTIVE.value, chosen)
    return [account_storage.account_from(row) for row in conn.execute(query.order_by(_a.id))]


def had_their_day(conn: Connection, day: date) -> frozenset[int]:
    return frozenset(conn.execute(select(_d.account_id).where(_d.day >= day)).scalars())


def begin_day(conn: Connection, account_id: int, day: date) -> bool:
    """Note that somebody gets the mail of a day; False when they had it."""
    new = upsert(account_digests).values(account_id=account_id, day=day)
    changed = new.on_conflict_do_update(index_elements=[_d.account_id], set_={"day": day}, where=_d.day < day)
    return conn.execute(changed.returning(_d.account_id)).first() is not None


def release_day(conn: Connection, account_id: int, day: date) -> None:
    """Note that the mail of a day could not be sent, so that it is tried again."""
    mine = (_d.account_id == account_id, _d.day == day)
    conn.execute(update(account_digests).where(*mine).values(day=_d.day - 1))
