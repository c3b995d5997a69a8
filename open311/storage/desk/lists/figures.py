"""How the work goes: what lies where now, and how long things took; never by person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, extract, func, select, tuple_

from open311.model.service_request import Visibility
from open311.storage.desk.lists.case_list import overdue
from open311.storage.desk.scope import NOT_DONE, Scope
from open311.storage.tables import cases, service_requests

_c, _r = cases.c, service_requests.c
# What `grouping` says of a row: which of the two columns it is not about.
ALL, BY_UNIT, BY_SERVICE = 3, 1, 2


@dataclass(frozen=True, slots=True)
class Stock:
    """Open cases of one unit, service and stage, and how many of them are past their deadline."""

    unit: str | None
    service_code: str
    stage: str
    number: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of the reports of a period: of all (`group` 3), of one unit (1), of one service (2).

    Times are seconds since the report came in: the middle one, and that which nine of ten stay below; None without any.
    """

    group: int
    unit: str | None
    service_code: str | None
    received: int
    checked: int
    withheld: int
    duplicates: int
    reopened: int
    done: int
    promised: int
    kept: int
    check_half: float | None
    check_most: float | None
    accept_half: float | None
    accept_most: float | None
    answer_half: float | None
    answer_most: float | None
    done_half: float | None
    done_most: float | None


def stock(conn: Connection, scope: Scope, now: datetime) -> list[Stock]:
    """What is open, read by the indexes of open cases, whatever lies behind them."""
    group = (_c.unit, _c.service_code, _c.stage)
    late = func.count().filter(overdue(now))
    counted: Any = select(*group, func.count(), late).select_from(cases)
    open_cases = counted.where(NOT_DONE, scope.here).group_by(*group)
    return [Stock(*row) for row in conn.execute(scope.join(open_cases))]


def course(conn: Connection, scope: Scope, since: datetime) -> list[Course]:
    """What became of what came in since then."""
    done = _r.closed_datetime.is_not(None)
    promised = done & _c.due_datetime.is_not(None)
    counts = {
        "received": func.count(),
        "checked": func.count(_c.checked_datetime),
        "withheld": func.count().filter(_r.visibility == Visibility.WITHHELD),
        "duplicates": func.count(_r.parent_id),
        "reopened": func.count().filter(_c.reopened > 0),
        "done": func.count(_r.closed_datetime),
        "promised": func.count().filter(promised),
        "kept": func.count().filter(promised, _r.closed_datetime <= _c.due_datetime),
    }
    ends = {
        "check": _c.checked_datetime,
        "accept": _c.accepted_datetime,
        "answer": _c.first_answer_datetime,
        "done": _r.closed_datetime,
    }
    shares = {"half": 0.5, "most": 0.9}
    times = {
        f"{name}_{share}": func.percentile_cont(part).within_group(_seconds(end)).filter(end.is_not(None))
        for name, end in ends.items()
        for share, part in shares.items()
    }
    columns = [column.label(name) for name, column in (counts | times).items()]
    about = func.grouping(_c.unit, _c.service_code).label("group")
    query: Any = select(about, _c.unit, _c.service_code, *columns).select_from(cases)
    sets = func.grouping_sets(tuple_(), tuple_(_c.unit), tuple_(_c.service_code))
    wanted = query.where(scope.here, _c.received_datetime >= since).group_by(sets)
    return [Course(**row) for row in conn.execute(scope.join(wanted, always=True)).mappings()]


def _seconds(end: ColumnElement[datetime]) -> ColumnElement[float]:
    # A clock that was set back makes no time below none. Of what has not ended `greatest` would make one of none.
    return func.greatest(extract("epoch", end - _c.received_datetime), 0)
