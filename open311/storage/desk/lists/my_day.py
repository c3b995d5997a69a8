"""What waits for one person and their units: read by the indexes of open cases, whatever the size of the stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from open311.model.casework.cases import Stage
from open311.storage.desk.lists.case_list import overdue
from open311.storage.desk.scope import NOT_DONE, Scope
from open311.storage.tables import cases

_c = cases.c


@dataclass(frozen=True, slots=True)
class Mine:
    """The open cases of one person: all, those past their deadline, those to be taken up again by today."""

    open: int
    overdue: int
    resumed: int


@dataclass(frozen=True, slots=True)
class OfUnit:
    """The open cases of one unit: all, those past their deadline, those that it has not said to take."""

    unit: str
    open: int
    overdue: int
    to_accept: int


def mine(conn: Connection, scope: Scope, account_id: int, now: datetime, today: date) -> Mine:
    resumed = func.count().filter(_c.resume_date <= today)
    counted: Any = select(func.count(), func.count().filter(overdue(now)), resumed).select_from(cases)
    row = conn.execute(scope.join(counted.where(NOT_DONE, _c.assignee_id == account_id, scope.here))).one()
    return Mine(*row)


def follow_ups(conn: Connection, scope: Scope, units: Sequence[str], today: date) -> dict[str, int]:
    """The open cases of these units to be taken up again by today that are nobody's, by unit."""
    due = (NOT_DONE, _c.resume_date <= today, _c.unit.in_(units), _c.assignee_id.is_(None), scope.here)
    counted: Any = select(_c.unit, func.count()).select_from(cases).where(*due).group_by(_c.unit)
    return dict(conn.execute(scope.join(counted)).all())


def of_units(conn: Connection, scope: Scope, units: Sequence[str], now: datetime) -> list[OfUnit]:
    """What these units have to do; those without an open case are missing."""
    late = func.count().filter(overdue(now))
    to_accept = func.count().filter(_c.stage == Stage.ACCEPT.value)
    counted: Any = select(_c.unit, func.count(), late, to_accept).select_from(cases)
    chosen = counted.where(NOT_DONE, _c.unit.in_(units), scope.here).group_by(_c.unit).order_by(_c.unit)
    return [OfUnit(*row) for row in conn.execute(scope.join(chosen))]
