"""How much lies where now, read by the indexes of open cases; never by person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from open311.storage.desk.lists.case_list import overdue
from open311.storage.desk.scope import NOT_DONE, Scope
from open311.storage.tables import cases

_c = cases.c


@dataclass(frozen=True, slots=True)
class Stock:
    """Open cases of one unit, service and stage, and how many of them are past their deadline."""

    unit: str | None
    service_code: str
    stage: str
    number: int
    overdue: int


def stock(conn: Connection, scope: Scope, now: datetime) -> list[Stock]:
    """What is open, whatever lies behind it."""
    group = (_c.unit, _c.service_code, _c.stage)
    late = func.count().filter(overdue(now))
    counted: Any = select(*group, func.count(), late).select_from(cases)
    open_cases = counted.where(NOT_DONE, scope.here).group_by(*group)
    return [Stock(*row) for row in conn.execute(scope.join(open_cases))]
