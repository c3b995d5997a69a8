"""Which unit a report goes to: rules of the catalogue in their order, of which the first that fits wins.

Without a rule that fits it is the unit of the service. `Route` keeps why each earlier rule was passed over.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from open311.model.desk.priority import Priority
from open311.model.desk.working_days import Calendar, Period

SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
MINUTES_A_DAY = 24 * 60


class WorkingHours(StrEnum):
    """Within the hours of the calendar, or at any other time: nights, weekends, public holidays."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of every day; it may run over midnight. The start belongs to it, the end does not."""

    start: time
    end: time

    @classmethod
    def read(cls, words: str) -> "Span":
        """The span that a catalogue writes, such as `16:00-07:30`; raises `ValueError`."""
        parts = SPAN.fullmatch(words)
        if parts is None:
            raise ValueError(words)
        numbers = [int(part) for part in parts.groups()]
        return cls(time(numbers[0], numbers[1]), time(numbers[2], numbers[3]))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, moment: time) -> bool:
        if self.start < self.end:
            return self.start <= moment < self.end
        # Over midnight.
        return moment >= self.start or moment < self.end

    @property
    def minutes(self) -> frozenset[int]:
        """Each of its minutes, counted from midnight."""
        start, end = (moment.hour * 60 + moment.minute for moment in (self.start, self.end))
        # From 8 to 8 is the whole day, not none of it.
        length = (end - start) % MINUTES_A_DAY or MINUTES_A_DAY
        return frozenset((start + minute) % MINUTES_A_DAY for minute in range(length))


Hours = Span | WorkingHours


class Obstacle(StrEnum):
    """Why a rule does not fit a report."""

    SERVICE = "service"
    AREA = "area"
    ANSWERS = "answers"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; what is empty asks for nothing.

    `areas`: the report lies in one of them. `answers`: each of these questions was answered with one of its values.
    `due` is how long it may take instead of what its service says; the promise to the public stays.
    """

    name: str
    unit: str
    services: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hours: Hours | None = None
    priority: Priority | None = None
    due: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules ask of a report. `received` is in the time zone of the city."""

    service_code: str
    received: datetime
    areas: Collection[str] = ()
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """The unit of a report, the rule that says so, and the earlier rules with what kept each from fitting.

    Without a rule it is the unit of the service, or of nobody.
    """

    unit: str | None
    rule: Rule | None = None
    passed_over: tuple[tuple[Rule, Obstacle], ...] = ()

    @property
    def for_history(self) -> dict[str, str]:
        """What the history keeps of the rule."""
        if self.rule is None:
            return {}
        details = {"rule": self.rule.name}
        if self.rule.priority is not None:
            details["priority"] = self.rule.priority.word
        return details | ({"due": str(self.rule.due)} if self.rule.due else {})


def find(rules: Sequence[Rule], facts: Facts, calendar: Calendar | None, otherwise: str | None) -> Route:
    """The first rule that fits; `otherwise` is the unit when none does."""
    passed_over: list[tuple[Rule, Obstacle]] = []
    for rule in rules:
        why_not = obstacle(rule, facts, calendar)
        if why_not is None:
            return Route(rule.unit, rule, tuple(passed_over))
        passed_over.append((rule, why_not))
    return Route(otherwise, None, tuple(passed_over))


def obstacle(rule: Rule, facts: Facts, calendar: Calendar | None) -> Obstacle | None:
    """The first thing that a rule asks for and the report has not; None when it fits."""
    if rule.services and facts.service_code not in rule.services:
        return Obstacle.SERVICE
    if rule.areas and set(rule.areas).isdisjoint(facts.areas):
        return Obstacle.AREA
    if any(set(values).isdisjoint(facts.answers.get(code, ())) for code, values in rule.answers.items()):
        return Obstacle.ANSWERS
    if rule.hours is not None and not _is_within(rule.hours, facts.received, calendar):
        return Obstacle.HOURS
    return None


def _is_within(hours: Hours, moment: datetime, calendar: Calendar | None) -> bool:
    if isinstance(hours, Span):
        return hours.holds(moment.time())
    is_open = calendar is None or calendar.is_open(moment)
    return is_open is (hours is WorkingHours.OPEN)


def shadow(rules: Sequence[Rule], later: Rule, services: Sequence[str]) -> Sequence[Rule]:
    """The rules among `rules`, all before `later`, that leave it nothing; none when it can be reached.

    Several may do so together, each for some of its services and areas. `services` are all codes of the catalogue.
    """
    shadowing: list[Rule] = []
    for service in later.services or services:
        for area in later.areas or (None,):
            earlier = next((rule for rule in rules if _covers(rule, later, service, area)), None)
            if earlier is None:
                return ()
            if earlier not in shadowing:
                shadowing.append(earlier)
    return shadowing


def _covers(earlier: Rule, later: Rule, service: str, area: str | None) -> bool:
    """Whether whatever fits `later`, of one service and in one area, fits the earlier rule."""
    return (
        (not earlier.services or service in earlier.services)
        and (not earlier.areas or area in earlier.areas)
        and all(
            code in later.answers and set(later.answers[code]) <= set(values)
            for code, values in earlier.answers.items()
        )
        and _covers_hours(earlier.hours, later.hours)
    )


def _covers_hours(earlier: Hours | None, later: Hours | None) -> bool:
    if earlier is None or earlier == later:
        return True
    if isinstance(earlier, Span):
        # `open` and `closed` hang on the calendar, which another year may change: of them nothing is claimed.
        return isinstance(later, Span) and later.minutes <= earlier.minutes
    return False
