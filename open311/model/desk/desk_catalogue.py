"""What a catalogue says to staff alone: units, deadlines, reasons, how alike duplicates are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from open311.base.text import NO_TEXT, Text
from open311.model.desk.areas import NO_AREAS, Areas
from open311.model.desk.deadline_steps import USUAL_STEPS, Deadline, Steps
from open311.model.desk.routing import Facts, Route, Rule, find
from open311.model.desk.suspicious import Suspicious
from open311.model.desk.working_days import Calendar, Period, days_between, works_on
from open311.model.staff.roles import BUILT_IN, CityRole

PLAIN_SUSPICIOUS = Suspicious()
# As `date.weekday` counts.


class ReasonFor(StrEnum):
    WITHHOLD = "withhold"
    REJECT = "reject"
    EDIT = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a report was not published, was refused or was edited: `label` for staff, `to_reporter` for who sent it.

    `status` is the detailed status that it moves the report to; None leaves the status as it is.
    """

    code: str
    outcome: ReasonFor
    label: Text
    to_reporter: Text = NO_TEXT
    status: str | None = None


class UnitKind(StrEnum):
    """Whether people of the city work there, with accounts, or others, who get orders."""

    INTERNAL = "internal"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Who works on reports. The public sees the agency: that of the same code, unless another one is named.

    `accepts`: the unit says of each report that it takes it up. `digest`: when its mail of the day leaves, as `07:00`;
    `at_once`: it is also told of each case when that comes.
    `order_days`: within how many working days an external unit is to do what it is ordered.
    """

    code: str
    agency: str | None = None
    name: Text = NO_TEXT
    email: str | None = None
    accepts: bool = True
    kind: UnitKind = UnitKind.INTERNAL
    digest: str | None = None
    at_once: bool = False
    order_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRole:
    """The role that a group of the city's identity provider gives."""

    role: str
    units: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The staff's part of a catalogue. `checkers` is the unit that decides about what comes in.

    `due` are deadlines by service_code, which the public promise follows; `metres` by service_code or `default`: how
    far from each other reports of the same thing lie; `related`: which services may mean the same;
    `closed_days`: for how long after closing a report still counts as the same defect.
    `originals_for_units`: the services whose unit sees photos as they were sent. `steps` are those
    of a deadline, `service_steps` those of finishing reports of one service.
    """

    calendar: Calendar | None = None
    checkers: str | None = None
    units: Mapping[str, Unit] = field(default_factory=dict)
    areas: Areas = NO_AREAS
    rules: tuple[Rule, ...] = ()
    check: Period | None = None
    accept: Period | None = None
    due: Mapping[str, Period] = field(default_factory=dict)
    steps: Mapping[Deadline, Steps] = field(default_factory=dict)
    service_steps: Mapping[str, Steps] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    originals_days: int = 30
    originals_for_units: frozenset[str] = frozenset()
    metres: Mapping[str, int] = field(default_factory=dict)
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed_days: int = 60
    suspicious: Suspicious = PLAIN_SUSPICIOUS
    groups: Mapping[str, GroupRole] = field(default_factory=dict)
    roles: Mapping[str, CityRole] = field(default_factory=lambda: BUILT_IN)

    @property
    def contractors(self) -> Mapping[str, Unit]:
        """The units that can be sent orders, by code."""
        return {
            code: unit for code, unit in self.units.items() if unit.kind is UnitKind.EXTERNAL and unit.email
        }

    def reasons_for(self, outcome: ReasonFor) -> list[Reason]:
        """The reasons among which the decider chooses one."""
        return [reason for reason in self.reasons.values() if reason.outcome is outcome]

    def route(self, facts: Facts, otherwise: str | None) -> Route:
        """The unit that a report goes to; `otherwise` is its service's own."""
        return find(self.rules, facts, self.calendar, otherwise)

    def agency_of(self, unit: str) -> str:
        """Whom the public sees when a unit works on a report."""
        known = self.units.get(unit)
        return (known.agency if known else None) or unit

    def must_accept(self, unit: str | None) -> bool:
        """Whether a unit has to say that it takes a report up; nobody of an external one could."""
        if unit is None or self.accept is None:
            return False
        known = self.units.get(unit)
        return known.accepts and known.kind is UnitKind.INTERNAL if known else True

    def works_on(self, day: date) -> bool:
        """Whether people are at work on this day; from Monday to Friday where there is no calendar."""
        return works_on(self.calendar, day)

    def days_between(self, first: date, last: date) -> int:
        """How many working days follow a day up to another and with it."""
        return days_between(self.calendar, first, last)

    def steps_of(self, deadline: Deadline, service_code: str) -> Steps:
        """Who hears when of a deadline of a report of this service."""
        usual = self.steps.get(deadline, USUAL_STEPS)
        return self.service_steps.get(service_code, usual) if deadline is Deadline.WORK else usual

    @property
    def closed_lately(self) -> timedelta:
        return timedelta(days=self.closed_days)

    def radius(self, service_code: str) -> int:
        """How many metres apart reports of this service may be about the same thing."""
        return self.metres.get(service_code) or self.metres.get("default", 50)

    def alike(self, service_code: str) -> tuple[str, ...]:
        """The services under which the same thing may have been reported, this one first."""
        other_way = (code for code, codes in self.related.items() if service_code in codes)
        return tuple(dict.fromkeys((service_code, *self.related.get(service_code, ()), *other_way)))


PLAIN_DESK = Desk()
