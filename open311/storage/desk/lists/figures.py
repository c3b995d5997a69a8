"""How the work goes: what lies where now, and how long things took; never by person."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    case,
    cast,
    extract,
    func,
    literal_column,
    select,
    tuple_,
)

from open311.model.events.event_kinds import EventKind
from open311.model.intake.channels import Channel
from open311.model.service_request import Visibility
from open311.storage.desk.lists.case_list import overdue
from open311.storage.desk.scope import NOT_DONE, Scope
from open311.storage.tables import cases, events, service_requests

_c, _r = cases.c, service_requests.c
# What `grouping` says of a row: which of the two columns it is not about.
ALL, BY_UNIT, BY_SERVICE = 3, 1, 2
# The same of three.
BY_CHANNEL, BY_AREA, BY_WEEK = 3, 5, 6


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
    received = query.where(scope.here, _c.received_datetime >= since).group_by(sets)
    return [Course(**row) for row in conn.execute(scope.join(received, always=True)).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How many reports came in by one way (`group` 3), in one district (5), in one week (6), and their outcome.

    `channel` is one of ours; None stands for all others.
    """

    group: int
    channel: str | None
    areas: list[str] | None
    week: date | None
    received: int
    done: int
    promised: int
    kept: int
    withheld: int


def spread(conn: Connection, scope: Scope, since: datetime, until: datetime, zone: tzinfo) -> list[Spread]:
    """What came in within a time, by way of receipt, by district, and by week of the city; read once for all three."""
    promised = _r.closed_datetime.is_not(None) & _c.due_datetime.is_not(None)
    # Reckoned below and grouped above: said twice, its parameters would be two expressions to PostgreSQL.
    rows: Any = (
        select(
            # Other systems send words of their own, each of which would be a row.
            case((_r.channel.in_([*Channel]), _r.channel)).label("channel"),
            _c.areas,
            _week(zone).label("week"),
            _r.closed_datetime.is_not(None).label("is_done"),
            promised.label("is_promised"),
            (promised & (_r.closed_datetime <= _c.due_datetime)).label("is_kept"),
            (_r.visibility == Visibility.WITHHELD).label("is_withheld"),
        )
        .select_from(cases)
        .where(scope.here, _c.received_datetime >= since, _c.received_datetime <= until)
    )
    came = scope.join(rows, always=True).subquery("came").c
    about = func.grouping(came.channel, came.areas, came.week).label("group")
    sets = func.grouping_sets(tuple_(came.channel), tuple_(came.areas), tuple_(came.week))
    numbers = [
        func.count().label("received"),
        *(
            func.count().filter(came[f"is_{name}"]).label(name)
            for name in ("done", "promised", "kept", "withheld")
        ),
    ]
    query = select(about, came.channel, came.areas, came.week, *numbers).group_by(sets)
    return [Spread(**row) for row in conn.execute(query).mappings()]


def by_week(
    conn: Connection, scope: Scope, since: datetime, until: datetime, zone: tzinfo
) -> dict[date, int]:
    """How much came in by week of the city, by its Monday; nothing but the cases is read for it."""
    rows: Any = select(_week(zone).label("week")).select_from(cases)
    within = (scope.here, _c.received_datetime >= since, _c.received_datetime <= until)
    came = scope.join(rows.where(*within)).subquery("came").c
    return dict(conn.execute(select(came.week, func.count()).group_by(came.week)).all())


def _week(zone: tzinfo) -> ColumnElement[date]:
    local = func.timezone(str(zone), _c.received_datetime)
    return cast(func.date_trunc(literal_column("'week'"), local), Date)


def withheld_for(conn: Connection, scope: Scope, since: datetime) -> dict[str | None, int]:
    """For which reason the reports of a time are not for the public: how many by code, or by what was written."""
    happened = events.c
    reason = (
        select(happened.data["reason"].astext)
        .where(
            happened.service_request_id == _c.service_request_id, happened.kind == EventKind.WITHHELD.value
        )
        .order_by(happened.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    chosen: Any = select(reason.label("reason")).select_from(cases)
    is_withheld = (_c.received_datetime >= since, _r.visibility == Visibility.WITHHELD)
    reasons = scope.join(chosen.where(scope.here, *is_withheld), always=True).subquery("reasons").c
    query = select(reasons.reason, func.count()).group_by(reasons.reason)
    return dict(conn.execute(query).all())


def _seconds(end: ColumnElement[datetime]) -> ColumnElement[float]:
    # A clock that was set back makes no time below none. Of what has not ended `greatest` would make one of none.
    return func.greatest(extract("epoch", end - _c.received_datetime), 0)
