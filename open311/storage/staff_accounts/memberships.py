"""Memberships: who has which role where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select

from open311.model.staff.rights import Membership
from open311.model.staff.roles import RightsOfRole
from open311.storage.tables import memberships

_m = memberships.c
COLUMNS = (
    _m.id,
    _m.jurisdiction_id,
    _m.role,
    _m.units,
    _m.services,
    _m.areas,
    _m.ends_datetime,
    _m.source,
)
# The same beside the columns of an account, some of which have the same names.
JOINED = tuple(column.label(f"m_{column.name}") for column in COLUMNS)


def in_force_at(now: datetime) -> ColumnElement[bool]:
    """The condition that a membership has not ended."""
    return or_(_m.ends_datetime.is_(None), _m.ends_datetime > now)


def of_joined(rows: Sequence[Row[Any]], rights_of_role: RightsOfRole) -> tuple[Membership, ...]:
    """The memberships in rows with the columns `JOINED`; people without any come in one row."""
    names = [column.name for column in COLUMNS]
    return tuple(
        membership_from({name: row._mapping[f"m_{name}"] for name in names}, rights_of_role)
        for row in rows
        if row.m_id is not None
    )


def membership_from(values: Any, rights_of_role: RightsOfRole) -> Membership:
    """A membership with the rights that its role has now."""
    lists: Any = {name: _codes(values[name]) for name in ("units", "services", "areas")}
    plain = {name: values[name] for name in ("id", "jurisdiction_id", "ends_datetime", "source")}
    return Membership(role=values["role"], **plain, **lists).with_rights(rights_of_role)


def _codes(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def add(conn: Connection, account_id: int, membership: Membership) -> int:
    """Store a membership; its id."""
    lists = {name: _list(getattr(membership, name)) for name in ("units", "services", "areas")}
    new = insert(memberships).values(
        account_id=account_id,
        jurisdiction_id=membership.jurisdiction_id,
        role=str(membership.role),
        source=membership.source,
        ends_datetime=membership.ends_datetime,
        **lists,
    )
    return int(conn.execute(new.returning(_m.id)).scalar_one())


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def of_accounts(
    conn: Connection, account_ids: Sequence[int], rights_of_role: RightsOfRole, now: datetime | None = None
) -> dict[int, list[Membership]]:
    """The memberships of some accounts: all, or those in force now."""
    by_account: dict[int, list[Membership]] = {account_id: [] for account_id in account_ids}
    query = select(_m.account_id, *COLUMNS).where(_m.account_id.in_(account_ids)).order_by(_m.id)
    if now is not None:
        query = query.where(in_force_at(now))
    for row in conn.execute(query):
        by_account[row.account_id].append(membership_from(row._mapping, rights_of_role))
    return by_account


def of_account(
    conn: Connection, account_id: int, rights_of_role: RightsOfRole, now: datetime | None = None
) -> tuple[Membership, ...]:
    """The same of one account."""
    return tuple(of_accounts(conn, [account_id], rights_of_role, now)[account_id])


def find(conn: Connection, membership_id: int, rights_of_role: RightsOfRole) -> tuple[int, Membership] | None:
    row = conn.execute(select(_m.account_id, *COLUMNS).where(_m.id == membership_id)).one_or_none()
    return (row.account_id, membership_from(row._mapping, rights_of_role)) if row else None


def remove(conn: Connection, membership_id: int) -> None:
    conn.execute(delete(memberships).where(_m.id == membership_id))


def remove_all(conn: Connection, account_id: int) -> None:
    """Take every membership of an account away."""
    conn.execute(delete(memberships).where(_m.account_id == account_id))


def roles_given(conn: Connection, now: datetime) -> dict[str, dict[str, int]]:
    """How often which role is given, by jurisdiction."""
    counted = select(_m.jurisdiction_id, _m.role, func.count()).where(in_force_at(now))
    given: dict[str, dict[str, int]] = {}
    for jurisdiction_id, role, number in conn.execute(counted.group_by(_m.jurisdiction_id, _m.role)):
        given.setdefault(jurisdiction_id, {})[role] = number
    return given


def in_jurisdiction(
    conn: Connection, jurisdiction_id: str, rights_of_role: RightsOfRole, now: datetime
) -> dict[int, list[Membership]]:
    """Everybody who has a role in a jurisdiction now, with those roles; people who have left have none."""
    by_account: dict[int, list[Membership]] = {}
    query = select(_m.account_id, *COLUMNS).where(_m.jurisdiction_id == jurisdiction_id, in_force_at(now))
    for row in conn.execute(query.order_by(_m.account_id, _m.id)):
        by_account.setdefault(row.account_id, []).append(membership_from(row._mapping, rights_of_role))
    return by_account
