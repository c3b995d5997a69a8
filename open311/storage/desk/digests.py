"""Which mails of the day a unit has had, and of which late cases its leads were told."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, and_, any_, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.model.accounts import Account, AccountState
from open311.model.cases import Stage
from open311.model.rights import Role
from open311.storage import accounts as account_storage
from open311.storage.tables import accounts, case_escalations, cases, memberships, unit_digests

_d, _e, _c, _a, _m = unit_digests.c, case_escalations.c, cases.c, accounts.c, memberships.c


def begin(conn: Connection, jurisdiction_id: str, unit: str, day: date) -> bool:
    """Note that the mail of this day is to be sent; False when it was noted before."""
    new = insert(unit_digests).values(jurisdiction_id=jurisdiction_id, unit=unit, day=day)
    return conn.execute(new.on_conflict_do_nothing().returning(_d.unit)).first() is not None


def claim(conn: Connection, jurisdiction_id: str, unit: str, day: date, now: datetime) -> bool:
    """Note that it is being sent; False when it was, since one too few is better than the same mail twice."""
    mine = (_d.jurisdiction_id == jurisdiction_id, _d.unit == unit, _d.day == day, _d.sent_datetime.is_(None))
    return conn.execute(update(unit_digests).where(*mine).values(sent_datetime=now)).rowcount > 0


def release(conn: Connection, jurisdiction_id: str, unit: str, day: date) -> None:
    """Note that it could not be sent, so that it is tried again."""
    mine = (_d.jurisdiction_id == jurisdiction_id, _d.unit == unit, _d.day == day)
    conn.execute(update(unit_digests).where(*mine).values(sent_datetime=None))


def escalate(
    conn: Connection, jurisdiction_id: str, unit: str, before: datetime, now: datetime, most: int
) -> list[int]:
    """The open cases of a unit whose deadline passed before a moment and whose leads were not told yet of that.

    They are noted as told; another deadline counts anew.
    """
    late = select(_c.service_request_id, _c.due_datetime).where(
        _c.jurisdiction_id == jurisdiction_id,
        _c.unit == unit,
        _c.stage.in_((Stage.WORK.value, Stage.ACCEPT.value)),
        _c.due_datetime < before,
    )
    told = select(_e.service_request_id).where(
        _e.service_request_id == _c.service_request_id, _e.deadline == _c.due_datetime
    )
    rows = conn.execute(
        late.where(~told.exists()).order_by(_c.due_datetime, _c.service_request_id).limit(most)
    ).all()
    for number, moment in rows:
        new = insert(case_escalations).values(service_request_id=number, deadline=moment, told_datetime=now)
        changed = {"deadline": moment, "told_datetime": now}
        conn.execute(new.on_conflict_do_update(index_elements=[_e.service_request_id], set_=changed))
    return [number for number, _ in rows]


def leads(conn: Connection, jurisdiction_id: str, unit: str, now: datetime) -> Sequence[Account]:
    """Who leads a unit and can sign in."""
    theirs = or_(_m.units.is_(None), literal(unit) == any_(_m.units))
    in_force = or_(_m.ends_datetime.is_(None), _m.ends_datetime > now)
    lead = select(_m.account_id).where(
        and_(_m.jurisdiction_id == jurisdiction_id, _m.role == Role.LEAD.value, theirs, in_force)
    )
    wanted = select(*account_storage.COLUMNS).where(_a.id.in_(lead), _a.state == AccountState.ACTIVE.value)
    return [account_storage.account_from(row) for row in conn.execute(wanted.order_by(_a.id))]


def prune(conn: Connection, before: date) -> None:
    """Forget the mails of days gone by."""
    conn.execute(delete(unit_digests).where(_d.day < before))
