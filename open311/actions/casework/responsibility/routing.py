"""Rules of the catalogue, applied to a case: its areas, its unit, its priority and its deadline.

What a person has decided stays, and so does a unit that has declined: it would get the same report back for ever.
"""

from dataclasses import dataclass, replace

from open311.actions.casework.opening import locked
from open311.actions.casework.responsibility import assignment
from open311.actions.casework.work import Work
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.cases import DECLINED, DIGEST_LETTERS, PERSON, Case, as_recorded, usual_priority
from open311.model.catalogue import Catalogue
from open311.model.desk.routing import Route
from open311.model.events.event_kinds import EventKind
from open311.storage.desk.case import routes
from open311.storage.requests import cases

AT_ONCE = 1000


def route_anew(work: Work) -> None:
    """Ask the rules again within an act: something they look at may have changed."""
    # Another server works on these, and nobody here does.
    if work.catalogue.jurisdiction.harvested_from:
        return
    before = work.case
    work.change_case(areas=work.catalogue.desk.areas.at(work.request.location))
    route = routes.find(work.conn, work.catalogue, work.request)
    if _is_open_to(route, before, work.catalogue):
        work.change_case(route=assignment.without_rule(before.route) | as_recorded(route, work.catalogue))
        if route.unit is not None and route.unit != before.unit:
            assignment.give_by_rule(work, route)
        elif work.case.route.get("rule") != before.route.get("rule"):
            work.tell_staff(EventKind.ROUTED, {"to": before.unit, **route.for_history})
    rules = {before.route.get("rule"), work.case.route.get("rule")}
    if len(rules) > 1 or work.request.service_code != before.service_code:
        _plan(work, route, has_rule=rules != {None})


def _plan(work: Work, route: Route, *, has_rule: bool) -> None:
    """Recalculate deadline and priority, where no person has set them."""
    request, case = work.request, work.case
    if not case.is_set_by_person("due") and not case.reopened:
        due = work.catalogue.due(request.service_code, request.requested_datetime, route.rule)
        work.change_case(due_datetime=case.pushed_back(due))
    if has_rule and not case.is_set_by_person("priority"):
        work.change_case(priority=usual_priority(route.rule))


def _is_open_to(route: Route, case: Case, catalogue: Catalogue) -> bool:
    """Whether rules may still decide about the unit of a case."""
    by = case.route.get("unit_by")
    if by == PERSON or case.assignee_id is not None:
        return False
    if by == DECLINED:
        return route.unit not in case.former_units
    if by is None:
        # Made before rules were asked: what differs from the service's own unit was somebody's choice.
        service = catalogue.services.get(case.service_code)
        return case.unit is None or (service is not None and case.unit == service.agency)
    return True


@dataclass(frozen=True, slots=True)
class Rerouted:
    """How many open cases were looked at, how many have another unit now, and behind which number to go on."""

    looked_at: int
    moved: int
    next: int | None


def reroute(
    core: Core, catalogue: Catalogue, actor: Actor, behind: int = 0, limit: int = AT_ONCE
) -> Rerouted:
    """Ask the rules in force about open cases that other rules were asked about before, each in its own transaction.

    Cases that a unit or a person has taken up stay where they are; their areas are put right all the same.
    """
    owner = catalogue.jurisdiction.jurisdiction_id
    actor.require(Right.ASSIGN_UNIT, owner)
    desk = catalogue.desk_digest[:DIGEST_LETTERS]
    with core.database.read() as conn:
        numbers = cases.to_route(conn, owner, desk, behind, limit)
    moved = sum(_reroute_one(core, number, actor, desk) for number in numbers)
    return Rerouted(len(numbers), moved, numbers[-1] if len(numbers) == limit else None)


def _reroute_one(core: Core, number: int, actor: Actor, desk: str) -> bool:
    with core.database.begin() as conn:
        work = locked(core, conn, number, actor)
        before = work.case
        if before.accepted_datetime is None:
            route_anew(work)
        if work.case.unit == before.unit and work.case.route.get("rule") == before.route.get("rule"):
            # Nobody's form becomes stale where nothing came of it.
            areas = work.catalogue.desk.areas.at(work.request.location)
            cases.note_route(conn, replace(before, areas=areas, route={**before.route, "desk": desk}))
            return False
        work.write()
    return work.case.unit != before.unit
