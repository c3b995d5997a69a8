"""How much lies where: bounded, and kept in memory while nothing has changed."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from open311.storage.desk.lists import overdue
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases

_c = cases.c
KEPT_SECONDS = 10.0
MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """Open cases by stage and by unit, those past their deadline, and what else awaits a decision."""

    stages: Mapping[str, int]
    units: Mapping[str, int]
    overdue: int
    awaiting: int


def of(conn: Connection, scope: Scope, now: datetime) -> Counts:
    """Count what the scope lets see; two statements."""
    late = func.count().filter(overdue(now))
    grouped = select(_c.stage, _c.unit, func.count(), late).select_from(cases).group_by(_c.stage, _c.unit)
    open_cases = grouped.where(literal_column("cases.stage <> 'done'"), scope.here)
    rows = conn.execute(scope.join(open_cases)).all()
    waiting = (
        select(func.count()).select_from(cases).where(literal_column("cases.awaits <> '{}'"), scope.here)
    )
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
    """Counts by who asks, as long as the desk's stamp is the same, and then at most every few seconds."""

    _kept: dict[Hashable, tuple[int, float, Counts]] = field(default_factory=dict)

    def get(self, key: Hashable, stamp: int, moment: float, count: Callable[[], Counts]) -> Counts:
        """The counts for `key`; `moment` is the monotonic clock."""
        kept = self._kept.get(key)
        if kept and (kept[0] == stamp or moment - kept[1] < KEPT_SECONDS):
            return kept[2]
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        counts = count()
        self._kept[key] = (stamp, moment, counts)
        return counts
