"""Units of a city: how many people and how many open cases each has."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from open311.storage.desk.scope import NOT_DONE
from open311.storage.staff_accounts import memberships as membership_storage
from open311.storage.tables import cases, memberships

_c, _m = cases.c, memberships.c


def members(conn: Connection, jurisdiction_id: str, now: datetime) -> Mapping[str, int]:
    """How many people belong to each unit by name."""
    # Whoever belongs to every unit (null) belongs to none by name, and is not counted.
    unit = func.unnest(_m.units).label("unit")
    in_force = membership_storage.in_force_at(now)
    unit_members = (
        select(_m.account_id, unit).where(_m.jurisdiction_id == jurisdiction_id, in_force).subquery()
    )
    counted = select(unit_members.c.unit, func.count(unit_members.c.account_id.distinct())).group_by(
        unit_members.c.unit
    )
    return {str(code): int(number) for code, number in conn.execute(counted)}


def open_cases(conn: Connection, jurisdiction_id: str) -> Mapping[str, int]:
    counted = select(_c.unit, func.count()).where(
        _c.jurisdiction_id == jurisdiction_id, NOT_DONE, _c.unit.is_not(None)
    )
    return {str(code): int(number) for code, number in conn.execute(counted.group_by(_c.unit))}
