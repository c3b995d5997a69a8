"""When something is to be done: later, first, until a day."""

from datetime import UTC, date, datetime, time, timedelta

from open311.actions.casework import days
from open311.actions.casework.opening import locked, opened
from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model.access.actor import WORKER, Actor, Right
from open311.model.casework.cases import PERSON, Priority, Stage
from open311.model.events.event_kinds import EventKind
from open311.storage.requests import cases

AT_ONCE = 200
DEADLINES = ("check_by", "accept_by", "due_datetime")
# A day before the end, so that it is a moment in every time zone.
LAST_MOMENT = datetime.max.replace(microsecond=0, tzinfo=UTC) - timedelta(days=1)


def defer(
    core: Core,
    service_request_id: int,
    until: date | None,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Lay a request aside until a day, or take it up again with None."""
    with opened(core, service_request_id, actor, Right.PLAN, expected_revision) as work:
        if until is not None:
            days.require_to_come(until, work.today)
        if until != work.case.resume_date:
            old, new = work.case.resume_date, until
            work.tell_staff(
                EventKind.DEFERRED, {"from": old and old.isoformat(), "to": new and new.isoformat()}
            )
            work.change_case(resume_date=until)
    return work.case.revision


def set_priority(
    core: Core,
    service_request_id: int,
    priority: Priority,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Say what comes first."""
    with opened(core, service_request_id, actor, Right.PLAN, expected_revision) as work:
        prioritise(work, priority)
    return work.case.revision


def prioritise(work: Work, priority: Priority) -> None:
    """Set the priority within an act."""
    if priority != work.case.priority:
        work.tell_staff(
            EventKind.PRIORITY_CHANGED,
            {"from": work.case.priority.name.lower(), "to": priority.name.lower()},
        )
        work.change_case(priority=priority, route={**work.case.route, "priority_by": PERSON})


def end_of_day(core: Core, jurisdiction_id: str, day: date) -> datetime:
    """When a city's work ends on a day to come; raises `Invalid` when that has passed."""
    catalogue = core.catalogues.owner(jurisdiction_id)
    calendar = catalogue.desk.calendar
    closing = calendar.closes if calendar and calendar.closes else time(23, 59)
    end = datetime.combine(day, closing, catalogue.jurisdiction.time_zone)
    if end <= core.now():
        raise Invalid(problem("desk.error.deadline.past"))
    return end


def set_deadline(
    core: Core,
    service_request_id: int,
    due: datetime | None,
    reason: str,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Say until when a request is to be finished, and why not as its service says; the public promise stays."""
    with opened(core, service_request_id, actor, Right.PLAN, expected_revision) as work:
        if not reason.strip():
            raise Invalid(problem("error.reason.required"))
        if due is not None:
            days.require(due.date(), first=date.min, today=work.today)
        if due != work.case.due_datetime:
            old = work.case.due_datetime
            data = {"from": old and old.isoformat(), "to": due and due.isoformat()}
            work.tell_staff(EventKind.DEADLINE_CHANGED, data, reason=reason.strip())
            work.change_case(due_datetime=due, route={**work.case.route, "due_by": PERSON})
    return work.case.revision


def resume(work: Work) -> None:
    """Let the time run on after a question to the reporter, whose answer it was not to count."""
    paused = work.case.paused_since
    if paused is None:
        return
    # A clock that was set back must not bring a deadline forward.
    pause = timedelta(seconds=max(0, int((work.now - paused).total_seconds())))
    # An earlier release took any day, and behind the last of them there is none.
    later = {
        name: moment + min(pause, max(LAST_MOMENT - moment, timedelta()))
        for name in DEADLINES
        if (moment := getattr(work.case, name)) is not None
    }
    seconds = work.case.paused_seconds + int(pause.total_seconds())
    work.change_case(paused_since=None, paused_seconds=seconds, **later)


def resume_due(core: Core) -> int:
    """Take up again what was laid aside until today, and what nobody answered in time; returns how many.

    The day stays at the case, a follow-up due, until a person acts on it.
    """
    with core.database.read() as conn:
        numbers = cases.to_resume(conn, core.now(), AT_ONCE)
    for number in numbers:
        with core.database.begin() as conn:
            work = locked(core, conn, number, WORKER)
            # Others may have taken it up since it was read.
            if work.case.stage is Stage.WAITING:
                if work.case.paused_since is not None:
                    _resume_unanswered(work)
                elif work.is_follow_up_due:
                    work.tell_staff(EventKind.RESUMED)
            work.write()
    return len(numbers)


def _resume_unanswered(work: Work) -> None:
    if work.case.paused_since is not None and work.now - work.case.paused_since >= cases.ANSWER_WITHIN:
        resume(work)
        work.tell_staff(EventKind.UNANSWERED)
