"""What happens as a deadline comes near and passes: whom the case waits for is reminded, then others hear of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from open311.model.desk.working_days import Calendar, Period, PeriodUnit
from open311.model.staff.roles import Role


class Deadline(StrEnum):
    """Until when a case is to be checked, taken up, finished."""

    CHECK = "check"
    ACCEPT = "accept"
    WORK = "work"


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """So much of the time has gone, in percent. `to`: the role that hears of it; None is the person it waits for."""

    percent: int
    to: str | None = None


Steps = tuple[Step, ...]
USUAL_STEPS: Steps = (Step(80), Step(150, Role.LEAD))
# Where nobody has said how long something may take, and a person has set a day.
USUAL_PERIOD = Period(5, PeriodUnit.WORKING_DAYS)


def read_steps(remind: Iterable[str], escalate: Mapping[str, str]) -> Steps:
    """The steps that a catalogue writes: `80%`, and `{150%: lead}`."""
    reminders = [Step(_percent(words)) for words in remind]
    return tuple(
        sorted(
            [*reminders, *(Step(_percent(words), role) for words, role in escalate.items())],
            key=lambda step: (step.percent, step.to is not None),
        )
    )


def _percent(words: str) -> int:
    return int(words.removesuffix("%"))


@dataclass(frozen=True, slots=True)
class ReachedSteps:
    """Which steps of a period have been reached at a moment, by the deadline alone."""

    moments: tuple[tuple[datetime, Step], ...]

    @classmethod
    def at(
        cls, now: datetime, period: Period, steps: Steps, calendar: Calendar | None, zone: tzinfo
    ) -> "ReachedSteps":
        """A step is reached by the cases whose deadline is no later than the moment beside it.

        Working time does not go on while the city rests, so then nothing new is reached.
        """
        rests = calendar is not None and not calendar.is_working_day(now.astimezone(zone).date())
        if rests and period.unit is PeriodUnit.WORKING_DAYS:
            return cls(())
        return cls(
            tuple((period.moved(now, 100 - step.percent, calendar, zone), step) for step in reversed(steps))
        )

    def last(self, deadline: datetime) -> Step | None:
        return next((step for moment, step in self.moments if deadline <= moment), None)

    @property
    def latest(self) -> datetime | None:
        """The latest deadline of a case that has reached anything."""
        return max((moment for moment, _ in self.moments), default=None)
