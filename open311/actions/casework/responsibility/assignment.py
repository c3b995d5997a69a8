"""Who works on a report: a unit, and within it a person."""

from collections.abc import Mapping
from datetime import datetime

from open311.actions.casework.opening import opened
from open311.actions.casework.work import Work
from open311.actions.staff_mail import staff_mails, staff_notices
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right
from open311.model.casework.cases import DECLINED, DECLINED_TOO_OFTEN, PERSON, Flag, Stage
from open311.model.casework.staff_notices import Notice, NoticeKind
from open311.model.desk.routing import Route
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Visibility
from open311.model.staff.roles import Role
from open311.storage.desk import colleagues
from open311.storage.desk.staff_mail import recipients


def assign(
    core: Core,
    service_request_id: int,
    unit: str,
    actor: Actor,
    reason: str | None = None,
    *,
    expected_revision: int | None = None,
) -> int:
    """Give a request to a unit of the catalogue; one that had it may still look at it."""
    with opened(core, service_request_id, actor, Right.ASSIGN_UNIT, expected_revision) as work:
        give_to(work, unit, reason)
    return work.case.revision


def give_to(work: Work, unit: str, reason: str | None = None) -> None:
    """Assign a unit within an act, as a person says; rules leave that alone from now on."""
    if unit not in work.catalogue.units:
        known = ", ".join(work.catalogue.units)
        raise Invalid(problem("error.agency.unknown", agency=unit, known=known))
    _give(work, unit, EventKind.ASSIGNED, {"reason": reason})
    work.change_case(route=without_rule(work.case.route) | {"unit_by": PERSON})


def give_by_rule(work: Work, route: Route) -> None:
    """Assign the unit that a rule, or the service, names."""
    if route.unit is not None and route.unit in work.catalogue.units:
        _give(work, route.unit, EventKind.ROUTED, route.for_history)


def without_rule(route: Mapping[str, str]) -> dict[str, str]:
    """How a case came to its unit, when no rule had to do with it."""
    return {name: word for name, word in route.items() if name != "rule"}


def _give(work: Work, unit: str, kind: EventKind, why: Mapping[str, str | None]) -> None:
    """The public hears of it when the agency that it sees is another one."""
    before = work.case.unit
    former = (*work.case.former_units, before) if before and before != unit else work.case.former_units
    work.change_case(
        unit=unit,
        former_units=tuple(dict.fromkeys(former)),
        assignee_id=None if before != unit else work.case.assignee_id,
        # The time of the unit begins when there is something to take up, not while it waits for its check.
        accept_by=accept_by(work, unit) if work.request.visibility != Visibility.HELD else None,
        # Given to the same unit again, it stays taken up.
        accepted_datetime=None if before != unit else work.case.accepted_datetime,
        flags=work.case.flags - {Flag.DECLINED},
    )
    agency = work.catalogue.desk.agency_of(unit)
    data = {"from": before, "to": unit, **why}
    moves_within = before != unit and work.request.agency_responsible == agency
    if work.is_public and not moves_within:
        work.change(agency_responsible=agency)
        work.tell(EventKind.ASSIGNED, data)
    else:
        work.tell_staff(kind, data)


def _colleagues(work: Work) -> colleagues.Colleagues:
    rights_of_role = work.core.catalogues.rights_of_role
    return colleagues.of_case(work.conn, work.case, work.request.visibility, rights_of_role, work.now)


def assign_person(
    core: Core,
    service_request_id: int,
    account_id: int | None,
    actor: Actor,
    *,
    expected_revision: int | None = None,
) -> int:
    """Have a person of the unit see to an open request, or nobody; staff may also take it themselves."""
    with opened(core, service_request_id, actor, Right.ASSIGN_PERSON, expected_revision) as work:
        # Oneself is no question of names, and the command line may name anybody.
        if actor.kind is ActorKind.STAFF and account_id is not None and str(account_id) != actor.id:
            others = _colleagues(work)
            if account_id not in others.of_unit:
                raise Invalid(problem("desk.error.person"))
        if work.case.stage is Stage.DONE and account_id is not None:
            raise Invalid(problem("error.case.done", service_request_id=service_request_id))
        if account_id != work.case.assignee_id:
            work.tell_staff(EventKind.PERSON_CHANGED, {"from": work.case.assignee_id, "to": account_id})
            work.change_case(assignee_id=account_id)
    return work.case.revision


def accept_work(
    core: Core, service_request_id: int, actor: Actor, *, expected_revision: int | None = None
) -> int:
    """Say for a unit that it takes a request up."""
    with opened(core, service_request_id, actor, Right.ACCEPT, expected_revision) as work:
        _require_open(work)
        take_up(work)
    return work.case.revision


def take_up(work: Work) -> None:
    """Accept within an act; doing so twice changes nothing."""
    if work.case.accepted_datetime is None:
        work.change_case(accepted_datetime=work.now)
        work.tell_staff(EventKind.ACCEPTED_WORK, unit=work.case.unit)


def decline(
    core: Core,
    service_request_id: int,
    reason: str,
    actor: Actor,
    to: str | None = None,
    *,
    expected_revision: int | None = None,
) -> int:
    """Say for a unit that a request is not its business, and perhaps whose it is.

    The first time it goes to the unit that is named; without one, and the second time, back to those who check.
    """
    if not reason.strip():
        raise Invalid(problem("error.reason.required"))
    with opened(core, service_request_id, actor, Right.ACCEPT, expected_revision) as work:
        _require_open(work)
        declined = work.case.declined + 1
        # Told first, while the case still names the unit that declines.
        work.tell_staff(EventKind.DECLINED, unit=work.case.unit, reason=reason.strip(), to=to)
        work.change_case(declined=declined, assignee_id=None)
        if to is not None and declined < DECLINED_TOO_OFTEN:
            give_to(work, to, reason.strip())
        else:
            _return_to_check(work)
        # Two units that send a report to and fro would do so for ever; somebody with a name has to decide.
        if declined >= DECLINED_TOO_OFTEN:
            _turn_to_lead(work)
    return work.case.revision


def _turn_to_lead(work: Work) -> None:
    """Tell the leaders of those who check, or they themselves, that nobody takes a report."""
    if not staff_mails.possible(work.core):
        return
    checkers, city = work.catalogue.desk.checkers, work.request.jurisdiction_id
    people = recipients.of_city(work.conn, city, work.core.catalogues.rights_of_role, work.now)
    leads = people.with_role(Role.LEAD, checkers) or people.of_unit(checkers, checks=True)
    to_tell = staff_notices.to_people(leads)
    if to_tell:
        notice = Notice(work.number, NoticeKind.DECLINED)
        staff_notices.tell(work.core, work.conn, to_tell, [notice], at=work.now + work.mail_delay)
        work.tell_staff(EventKind.ESCALATED, role=Role.LEAD.value)


def _return_to_check(work: Work) -> None:
    check, zone = work.catalogue.desk.check, work.catalogue.jurisdiction.time_zone
    former = (*work.case.former_units, work.case.unit) if work.case.unit else work.case.former_units
    work.change_case(
        unit=work.catalogue.desk.checkers,
        former_units=tuple(dict.fromkeys(former)),
        accept_by=None,
        accepted_datetime=None,
        check_by=check.end(work.now, work.catalogue.desk.calendar, zone) if check else None,
        flags=work.case.flags | {Flag.DECLINED},
        route=without_rule(work.case.route) | {"unit_by": DECLINED},
    )


def accept_by(work: Work, unit: str) -> datetime | None:
    """Until when a unit that gets a request now has to take it up."""
    desk = work.catalogue.desk
    if desk.accept is None or not desk.must_accept(unit):
        return None
    return desk.accept.end(work.now, desk.calendar, work.catalogue.jurisdiction.time_zone)


def _require_open(work: Work) -> None:
    if work.case.stage is Stage.DONE:
        raise Invalid(problem("error.case.done", service_request_id=work.number))
