"""Figures of a city: what is counted, and how; pages and open data both read them here.

A report counts once everybody can see it, and no duplicate counts. Days are whole days from coming in to closing, in
the month of the closing. Small numbers, and times of few reports, are
suppressed: one could guess whose they are.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

# Smaller counts are published as "fewer than five", and without times.
FEW = 5
HALF, NEARLY_ALL = 0.5, 0.9
# Each definition is a message.
DEFINITIONS = {
    "received": "statistics.definition.received",
    "closed": "statistics.definition.closed",
    "open": "statistics.definition.open",
    "median_days": "statistics.definition.median_days",
    "ninety_percent_days": "statistics.definition.ninety_percent_days",
    "on_time_percent": "statistics.definition.on_time_percent",
}


def within(counted: Counter[int], share: float) -> int | None:
    """What this share stayed within, of how many took how long; None where there are none."""
    total, passed = counted.total(), 0
    for steps, number in sorted(counted.items()):
        passed += number
        if passed >= share * total:
            return steps
    return None


@dataclass(frozen=True, slots=True)
class MonthOfService:
    """What is stored: one month of a service, an area, or both; `days` is how many took how long."""

    month: date
    service_code: str
    area: str
    received: int
    open: int
    closed: int
    promised: int
    kept: int
    days: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class RollUps:
    """What is stored of some months, and how much is still open of earlier ones: by `month`, `service_code`, `area`."""

    services: Sequence[MonthOfService]
    areas: Sequence[MonthOfService]
    open_before: Sequence[tuple[str, Any, int]]


@dataclass(slots=True)
class Figures:
    """Sums of some months, services or areas."""

    received: int = 0
    open: int = 0
    closed: int = 0
    promised: int = 0
    kept: int = 0
    days: Counter[int] = field(default_factory=Counter)

    def add(self, row: "MonthOfService | Figures") -> None:
        for name in ("received", "open", "closed", "promised", "kept"):
            setattr(self, name, getattr(self, name) + getattr(row, name))
        for days, number in row.days.items():
            self.days[days] += number

    @property
    def median_days(self) -> int | None:
        """Half of what was closed took at most this many days; None of too few reports."""
        return self._within(HALF)

    @property
    def ninety_percent_days(self) -> int | None:
        """Nine of ten took at most this many days."""
        return self._within(NEARLY_ALL)

    @property
    def on_time_percent(self) -> int | None:
        """Of the reports closed that had a promised day, how many were closed by then."""
        return round(100 * self.kept / self.promised) if self.promised >= FEW else None

    def _within(self, share: float) -> int | None:
        return within(self.days, share) if self.days.total() >= FEW else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a city over some months, in order; `run_datetime` is None while nothing was added up."""

    months: Sequence[tuple[date, Figures]]
    services: Mapping[str, Figures]
    areas: Mapping[str, Figures]
    total: Figures
    open_by_month: Mapping[date, int]
    run_datetime: datetime | None


def statistics(rows: RollUps, months: Sequence[date], run_datetime: datetime | None) -> Statistics:
    """Rows added up by month, service and area; what is open counts whenever it came in."""
    by_month: dict[date, Figures] = {month: Figures() for month in months}
    by_service, by_area = defaultdict[str, Figures](Figures), defaultdict[str, Figures](Figures)
    open_by_month, total = Counter[date](), Figures()
    for row in rows.services:
        by_month.setdefault(row.month, Figures()).add(row)
        by_service[row.service_code].add(row)
    for row in rows.areas:
        by_area[row.area].add(row)
    for month, figures in by_month.items():
        open_by_month[month] += figures.open
        total.add(figures)
    for dimension, value, number in rows.open_before:
        if dimension == "month":
            open_by_month[value] += number
            total.open += number
        else:
            (by_service if dimension == "service_code" else by_area)[value].open += number
    # Reports that lie in no area.
    by_area.pop("", None)
    return Statistics(list(by_month.items()), by_service, by_area, total, open_by_month, run_datetime)


def last_months(today: date, number: int) -> list[date]:
    """The first days of this month and of those before, the earliest first."""
    count = today.year * 12 + today.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(count - number + 1, count + 1)]


def publishable(number: int, few: Callable[[int], str] = lambda few: f"<{few}") -> int | str:
    """A count as it may be published, with small ones suppressed."""
    return few(FEW) if 0 < number < FEW else number
