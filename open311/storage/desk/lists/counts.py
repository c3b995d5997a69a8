"""How much lies where: bounded, and kept in memory while nothing has changed."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, func, select

from open311.base.bounded import Bounded
from open311.storage.desk.lists.case_list import overdue
from open311.storage.desk.scope import AWAITING, NOT_DONE, Scope
from open311.storage.tables import cases

_c = cases.c
KEPT, QUIET = timedelta(seconds=10), timedelta(minutes=1)
MOST_KEPT = 500
Counted = TypeVar("Counted")


@dataclass(frozen=True, slots=True)
class Counts:
    """Open cases by stage and by unit, those past their deadline, and what else awaits a decision."""

    stages: Mapping[str, int]
    units: Mapping[str, int]
    overdue: int
    awaiting: int


def count(conn: Connection, scope: Scope, now: datetime) -> Counts:
    """Count what the scope lets see; two statements."""
    late = func.count().filter(overdue(now))
    grouped = select(_c.stage, _c.unit, func.count(), late).select_from(cases).group_by(_c.stage, _c.unit)
    open_cases = grouped.where(NOT_DONE, scope.here)
    rows = conn.execute(scope.join(open_cases)).all()
    waiting = select(func.count()).select_from(cases).where(AWAITING, scope.here)
    awaiting = scope.join(waiting)
    stages: dict[str, int] = {}
    units: dict[str, int] = {}
    for stage, unit, count, _ in rows:
        stages[stage] = stages.get(stage, 0) + count
        if unit is not None:
            units[unit] = units.get(unit, 0) + count
    return Counts(stages, units, sum(row[3] for row in rows), int(conn.execute(awaiting).scalar_one()))


@dataclass(slots=True)
class CountsCache:
    """What was counted for somebody, as long as nothing changes at the desk, and then for a few seconds more."""

    _kept: Bounded[Hashable, tuple[int, datetime, Any]] = field(default_factory=lambda: Bounded(MOST_KEPT))

    def get(
        self, key: Hashable, stamp: int, moment: datetime, count: Callable[[], Counted], *, anew: bool = False
    ) -> Counted:
        """The counts for `key`, which names who asks as well.

        Under the same stamp they are good for `QUIET`, since deadlines pass by themselves; under another for
        `KEPT`. Whoever has just changed something asks `anew`, and sees what that did.
        """
        if (kept := self._kept.get(key)) and not anew:
            before, counted_at, counts = kept
            if moment - counted_at < (QUIET if before == stamp else KEPT):
                return cast(Counted, counts)
        counts = count()
        self._kept.keep(key, (stamp, moment, counts))
        return counts
