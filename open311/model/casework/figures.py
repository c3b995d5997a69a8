"""Figures of the desk: what became of the reports of a time, by unit, category, district and way; never by person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from open311.model.statistics import HALF, NEARLY_ALL, within

# In days; each holds the ones before.
PERIODS = (30, 90, 365)
# Whole weeks, so that a Monday is compared with a Monday.
YEAR = timedelta(weeks=52)
# Until when something took: to the check, to the taking up, to the first answer, to the end.
ENDS = ("check", "accept", "answer", "done")
NUMBERS = ("received", "checked", "withheld", "duplicates", "reopened", "done", "promised", "kept")
# By the clock in seconds, as exactly as it is shown; and in working days of the city.
CLOCK, WORKING_DAYS = "clock", "days"
# Times as they are stored: by how they are counted and their end, how many took how long.
Times = Mapping[str, Mapping[Any, int]]


def time_key(end: str, unit: str) -> str:
    """Under which the times of an end are stored."""
    return f"{end}_{unit}"


@dataclass(slots=True)
class Course:
    """What became of some reports: how many, and how many took how long."""

    received: int = 0
    checked: int = 0
    withheld: int = 0
    duplicates: int = 0
    reopened: int = 0
    done: int = 0
    promised: int = 0
    kept: int = 0
    times: dict[str, Counter[int]] = field(default_factory=dict)

    def add(self, numbers: Mapping[Any, Any], times: Times) -> None:
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + numbers[name])
        for key, counted in times.items():
            sums = self.times.setdefault(key, Counter())
            for steps, number in counted.items():
                sums[int(steps)] += number

    def merge(self, other: "Course") -> None:
        self.add({name: getattr(other, name) for name in NUMBERS}, other.times)

    def within(self, end: str, unit: str, share: float) -> int | None:
        """What this share of them stayed within; None where nothing has come to that end."""
        return within(self.times.get(time_key(end, unit), Counter[int]()), share)

    def took(self, unit: str) -> Iterator[tuple[int | None, int | None]]:
        """Of each end, what half and what nine of ten stayed within."""
        for end in ENDS:
            yield self.within(end, unit, HALF), self.within(end, unit, NEARLY_ALL)
