"""Cases that come near a deadline, and of which of its steps somebody was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from open311.model.casework.cases import Stage
from open311.model.casework.staff_notices import RUNS_IN
from open311.model.desk.deadline_steps import Deadline
from open311.storage.desk.scope import NOT_DONE
from open311.storage.tables import case_steps, cases

_c, _s = cases.c, case_steps.c
DEADLINES = {
    Deadline.CHECK: _c.check_by,
    Deadline.ACCEPT: _c.accept_by,
    Deadline.WORK: _c.due_datetime,
}


@dataclass(frozen=True, slots=True)
class RunningCase:
    """What decides about whom to tell of a deadline of a case; `percent` is the last step that was told of it."""

    number: int
    service_code: str
    stage: Stage
    unit: str | None
    assignee_id: int | None
    route: Mapping[str, str]
    deadline: datetime
    percent: int


def running(
    conn: Connection,
    jurisdiction_id: str,
    kind: Deadline,
    before: datetime,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> Sequence[RunningCase]:
    """The cases whose deadline of this kind runs and lies before a moment, the earliest first."""
    deadline = DEADLINES[kind]
    # By the deadline itself: once it is moved, the steps begin anew.
    is_told = and_(
        _s.service_request_id == _c.service_request_id, _s.kind == kind.value, _s.deadline == deadline
    )
    query: Any = (
        select(
            _c.service_request_id,
            _c.service_code,
            _c.stage,
            _c.unit,
            _c.assignee_id,
            _c.route,
            deadline,
            func.coalesce(_s.percent, 0),
        )
        .select_from(cases.outerjoin(case_steps, is_told))
        .where(
            NOT_DONE,
            _c.jurisdiction_id == jurisdiction_id,
            _c.stage.in_([stage.value for stage in RUNS_IN[kind]]),
            _c.paused_since.is_(None),
            deadline <= before,
        )
    )
    if after is not None:
        query = query.where(tuple_(deadline, _c.service_request_id) > after)
    rows = conn.execute(query.order_by(deadline, _c.service_request_id).limit(limit))
    return [RunningCase(number, code, Stage(stage), *rest) for number, code, stage, *rest in rows]


def record(conn: Connection, kind: Deadline, steps: Mapping[int, tuple[datetime, int]]) -> None:
    """Remember the last step, by case: its deadline and how much of the time had gone."""
    rows = [
        {"service_request_id": number, "kind": kind.value, "deadline": deadline, "percent": percent}
        for number, (deadline, percent) in sorted(steps.items())
    ]
    new = insert(case_steps).values(rows)
    changed = {"deadline": new.excluded.deadline, "percent": new.excluded.percent}
    conn.execute(new.on_conflict_do_update(index_elements=[_s.service_request_id, _s.kind], set_=changed))
