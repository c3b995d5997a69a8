"""The case: what staff know and decide about a report, beside what the public sees of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from open311.model.catalogue import Catalogue
from open311.model.desk.priority import Priority as Priority
from open311.model.desk.routing import Route, Rule
from open311.model.service_request import Location, Status, Visibility


class Stage(StrEnum):
    """Who has to do something next: those who check, the unit that takes it up or works, somebody else, nobody."""

    CHECK = "check"
    ACCEPT = "accept"
    WORK = "work"
    WAITING = "waiting"
    OUTSIDE = "outside"
    DONE = "done"


class Awaits(StrEnum):
    """What else waits for a decision, also at a report that is published or closed."""

    CLAIM = "claim"
    PHOTO = "photo"
    REPLY = "reply"
    REOPEN = "reopen"
    OBJECTION = "objection"


class Flag(StrEnum):
    """What is the matter with a case.

    The first two say that somebody outside works on it, the next two that it is our turn all the same.
    """

    ORDERED = "ordered"
    FORWARDED = "forwarded"
    DONE_REPORTED = "done_reported"
    # A contractor has declined, has asked, or has let the time pass.
    RETURNED = "returned"
    # Somebody on the spot says so; staff confirm it by the status.
    FIELD_DONE = "field_done"
    DECLINED = "declined"


OUTSIDE_FLAGS = frozenset({Flag.ORDERED, Flag.FORWARDED})
BACK_FLAGS = frozenset({Flag.DONE_REPORTED, Flag.RETURNED})
ORDER_FLAGS = frozenset({Flag.ORDERED}) | BACK_FLAGS
# A second unit that declines means that nobody knows whose it is: then the checkers decide, not the next unit.
DECLINED_TOO_OFTEN = 2
# As what somebody claims a closed report to be who wishes that it is taken up again.
REOPEN_WISH = "reopen"
# What may have decided about the unit of a case.
PERSON, RULE, SERVICE, DECLINED = "person", "rule", "service", "declined"
# 64 bits: enough to tell versions of a catalogue apart, and short in each row.
DIGEST_LETTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The row of `cases` that belongs to a report; `paused_since` is set while the reporter is asked something.

    `taken_in_by`: the account of who took it in at the desk, until it is closed.

    `route` says how it came to its unit: `unit_by` a rule (named by `rule`), its service or a person; `due_by` and
    `priority_by` when a person set those; `desk`, the digest of the desk whose rules were asked.
    """

    service_request_id: int
    jurisdiction_id: str
    service_code: str
    stage: Stage
    received_datetime: datetime
    touched_datetime: datetime
    revision: int = 1
    unit: str | None = None
    former_units: tuple[str, ...] = ()
    assignee_id: int | None = None
    taken_in_by: int | None = None
    priority: Priority = Priority.NORMAL
    flags: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()
    awaits: frozenset[str] = frozenset()
    checked_datetime: datetime | None = None
    accepted_datetime: datetime | None = None
    first_answer_datetime: datetime | None = None
    check_by: datetime | None = None
    accept_by: datetime | None = None
    due_datetime: datetime | None = None
    resume_date: date | None = None
    paused_since: datetime | None = None
    paused_seconds: int = 0
    declined: int = 0
    reopened: int = 0
    route: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Case":
        """The case that a row by the names of its columns describes."""
        values = {column.name: row[column.name] for column in fields(cls)}
        values["stage"], values["priority"] = Stage(row["stage"]), Priority(row["priority"])
        for name in ("flags", "awaits"):
            values[name] = frozenset(row[name])
        for name in ("former_units", "areas"):
            values[name] = tuple(row[name])
        return cls(**values)

    def row(self) -> dict[str, Any]:
        values = {column.name: getattr(self, column.name) for column in fields(self)}
        values |= {"stage": self.stage.value, "priority": int(self.priority)}
        # In one order, so that equal sets are equal rows.
        values |= {name: sorted(values[name]) for name in ("flags", "awaits")}
        return (
            values
            | {name: list(values[name]) for name in ("former_units", "areas")}
            | {"route": dict(self.route)}
        )

    def is_set_by_person(self, what: str) -> bool:
        """Whether a person has decided about its `unit`, `due` or `priority`, which rules then leave alone."""
        return self.route.get(f"{what}_by") == PERSON

    def pushed_back(self, promised: datetime | None) -> datetime | None:
        """A deadline, later by as long as the reporter was asked."""
        return promised + timedelta(seconds=self.paused_seconds) if promised else None

    @property
    def deadline(self) -> datetime | None:
        """The next deadline of its stage; none when it is done."""
        if self.stage is Stage.DONE:
            return None
        deadlines = {Stage.CHECK: self.check_by, Stage.ACCEPT: self.accept_by or self.due_datetime}
        return deadlines.get(self.stage, self.due_datetime)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the next deadline of its stage has passed; none runs while the reporter is asked something."""
        return self.paused_since is None and self.deadline is not None and self.deadline < now


def stage(visibility: str, status: str, case: Case, today: date) -> Stage:
    """Where a case stands, given what the public row of its report says; `today` is the day in its city."""
    if visibility == Visibility.HELD:
        return Stage.CHECK if case.paused_since is None else Stage.WAITING
    if status == Status.CLOSED or visibility == Visibility.HIDDEN:
        return Stage.DONE
    # Declined by one unit and not yet given to another: the checkers say whose it is.
    if Flag.DECLINED in case.flags:
        return Stage.CHECK
    if case.paused_since is not None or (case.resume_date is not None and case.resume_date > today):
        return Stage.WAITING
    # With one order done and another still open it is ours: somebody has to look at the first.
    if not OUTSIDE_FLAGS.isdisjoint(case.flags) and BACK_FLAGS.isdisjoint(case.flags):
        return Stage.OUTSIDE
    if case.accept_by is not None and case.accepted_datetime is None:
        return Stage.ACCEPT
    return Stage.WORK


def new_case(
    request: Mapping[str, Any],
    catalogue: Catalogue,
    service_request_id: int = 0,
    *,
    place: Location | None = None,
    route: Route | None = None,
    from_elsewhere: bool = False,
    areas: tuple[str, ...] | None = None,
    taken_in_by: int | None = None,
) -> Case:
    """The case of a new report; `request` has the names of the columns of `service_requests`.

    Its `areas` are those at its place, for a caller that does not know them already.

    What comes from elsewhere has a history there: it has its unit, which is not asked whether it takes it up.
    """
    received = request["requested_datetime"]
    unit = _unit_of(request, catalogue, route)
    zone, desk = catalogue.jurisdiction.time_zone, catalogue.desk
    held, closed = request["visibility"] == Visibility.HELD, request["status"] == Status.CLOSED
    is_asked = desk.must_accept(unit) and not (held or closed or from_elsewhere)
    case = Case(
        service_request_id=service_request_id,
        jurisdiction_id=request["jurisdiction_id"],
        service_code=request["service_code"],
        # What it mostly comes to: a copy with another one is slow.
        stage=Stage.CHECK if held else Stage.DONE if closed else Stage.WORK,
        received_datetime=received,
        touched_datetime=request["updated_datetime"],
        unit=unit,
        taken_in_by=taken_in_by,
        check_by=desk.check.end(received, desk.calendar, zone) if held and desk.check else None,
        accept_by=desk.accept.end(received, desk.calendar, zone) if is_asked and desk.accept else None,
        due_datetime=_due(request, catalogue, route),
        areas=desk.areas.at(place) if areas is None else areas,
        priority=usual_priority(route.rule if route else None),
        route=as_recorded(route, catalogue) if route else {},
    )
    return at_stage(case, request["visibility"], request["status"], received.astimezone(zone).date())


def _unit_of(request: Mapping[str, Any], catalogue: Catalogue, route: Route | None) -> str | None:
    unit = route.unit if route else request.get("agency_responsible")
    # GeoReport lets senders give any text as the agency.
    return unit if unit in catalogue.units else None


def _due(request: Mapping[str, Any], catalogue: Catalogue, route: Route | None) -> datetime | None:
    if route is None:
        return request.get("expected_datetime")
    return catalogue.due(request["service_code"], request["requested_datetime"], route.rule)


def usual_priority(rule: Rule | None) -> Priority:
    return Priority.NORMAL if rule is None or rule.priority is None else rule.priority


def as_recorded(route: Route, catalogue: Catalogue) -> dict[str, str]:
    """How a case came to its unit, as it is stored."""
    decided = {"unit_by": RULE, "rule": route.rule.name} if route.rule else {"unit_by": SERVICE}
    return {**decided, "desk": catalogue.desk_digest[:DIGEST_LETTERS]}


def at_stage(case: Case, visibility: str, status: str, today: date) -> Case:
    now = stage(visibility, status, case, today)
    return case if now is case.stage else replace(case, stage=now)
