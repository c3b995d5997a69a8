"""Why this unit: which rule of the catalogue decides about a report, and why the others do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from open311.http import current
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue, Service
from open311.model.desk.routing import Route, Rule, WorkingHours
from open311.model.desk.working_days import PeriodUnit
from open311.model.service_request import Location
from open311.site.list.listing import services_by_group
from open311.site.report_numbers import report_number
from open311.site.words import catalogue_text, counted, plain_number, words
from open311.staff import way_back
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.rendering import render
from open311.staff.seen_case import find_case
from open311.storage.desk.case import routes

LONGEST = 200


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words: what it asks for, whether it decides, or what keeps it from fitting; neither behind that one."""

    name: str
    asks: tuple[str, ...]
    decides: bool
    obstacle: str


@page("/reports/<number:number>/routing", Right.SEE_REPORTS)
def report_routing(number: int) -> ResponseReturnValue:
    seen = find_case(number)
    with current.core().database.read() as conn:
        route = routes.find(conn, seen.catalogue, seen.whole.request)
    shown = _route_values(route, seen.catalogue, seen.whole.request.location)
    return render(
        "case/routing.html", number=number, case=seen.whole.case, way=way_back.of_request(), **shown
    )


@page("/routing", Right.SEE_REPORTS)
def routing() -> ResponseReturnValue:
    """Which unit a report would go to."""
    number = report_number(request.args.get("number", "")[:LONGEST])
    if number is not None:
        return redirect_to("report_routing", number=number)
    core = current.core()
    own = staff().jurisdictions(Right.SEE_REPORTS)
    chosen = request.args.get("jurisdiction", "")
    catalogue = core.catalogues.owner(chosen if chosen in own else own[0])
    service = catalogue.services.get(request.args.get("service", ""))
    place, is_wrong = _place()
    answers = {code: request.args.getlist(f"answer-{code}") for code in _questions(catalogue, service)}
    route = catalogue.route(service.service_code, core.now(), place, answers) if service else None
    errors = {"lat": words("desk.route.place.wrong")} if is_wrong else {}
    return render(
        "case/routing.html",
        status=400 if errors else 200,
        errors=errors,
        number=None,
        case=None,
        own=own,
        groups=services_by_group(catalogue),
        questions=_questions(catalogue, service),
        answers=answers,
        form=request.args,
        service=service,
        **_route_values(route, catalogue, place),
    )


def _place() -> tuple[Location | None, bool]:
    """The point that was typed, and whether it is none."""
    lat, long = (_degrees(request.args.get(name, "")) for name in ("lat", "long"))
    is_given = bool(request.args.get("lat") or request.args.get("long"))
    if lat is None or long is None or abs(lat) > 90 or abs(long) > 180:
        return None, is_given
    return Location(lat, long), False


def _degrees(typed: str) -> float | None:
    try:
        degrees = float(plain_number(typed[:LONGEST]))
    except ValueError:
        return None
    # `float` reads `nan` and `inf`, too.
    return degrees if isfinite(degrees) else None


def _questions(catalogue: Catalogue, service: Service | None) -> Mapping[str, Any]:
    """The questions of a service that a rule looks at."""
    if service is None:
        return {}
    codes = {
        code
        for rule in catalogue.desk.rules
        if service.service_code in rule.services
        for code in rule.answers
    }
    return {attribute.code: attribute for attribute in service.attributes if attribute.code in codes}


def _route_values(route: Route | None, catalogue: Catalogue, place: Location | None) -> dict[str, Any]:
    language = current.language()
    areas = catalogue.desk.areas
    return {
        "catalogue": catalogue,
        "route": route,
        "due": _due(route.rule) if route and route.rule else "",
        "areas": [areas.name(code, language) for code in areas.at(place)],
        "lines": [_line(rule, route, catalogue) for rule in catalogue.desk.rules] if route else [],
    }


def _due(rule: Rule) -> str:
    """How long it may take by a rule."""
    if rule.due is None:
        return ""
    match rule.due.unit:
        case PeriodUnit.WORKING_DAYS:
            return counted("desk.period.working_days", rule.due.amount)
        case PeriodUnit.DAYS:
            return counted("desk.period.days", rule.due.amount)
        case PeriodUnit.HOURS:
            return counted("desk.period.hours", rule.due.amount)


def _line(rule: Rule, route: Route, catalogue: Catalogue) -> RuleLine:
    obstacles = {passed.name: obstacle for passed, obstacle in route.passed_over}
    return RuleLine(rule.name, asks(rule, catalogue), rule == route.rule, obstacles.get(rule.name, ""))


def asks(rule: Rule, catalogue: Catalogue) -> tuple[str, ...]:
    """What a rule asks for, in words."""
    language = current.language()
    asked = []
    if rule.services:
        names = [catalogue.service_name(code, language) for code in rule.services]
        asked.append(words("desk.route.asks.service", names=", ".join(names)))
    if rule.areas:
        names = [catalogue.desk.areas.name(code, language) for code in rule.areas]
        asked.append(words("desk.route.asks.area", names=", ".join(names)))
    asked += [_asks_answer(rule, code, catalogue) for code in rule.answers]
    if rule.hours is WorkingHours.OPEN:
        asked.append(words("desk.route.asks.open"))
    elif rule.hours is WorkingHours.CLOSED:
        asked.append(words("desk.route.asks.closed"))
    elif rule.hours is not None:
        asked.append(words("desk.route.asks.hours", hours=str(rule.hours)))
    return tuple(asked)


def _asks_answer(rule: Rule, code: str, catalogue: Catalogue) -> str:
    attributes = [
        attribute
        for service in rule.services
        if service in catalogue.services
        for attribute in catalogue.services[service].attributes
        if attribute.code == code
    ]
    names = {value.key: catalogue_text(value.name) for attribute in attributes for value in attribute.values}
    question = catalogue_text(attributes[0].description) if attributes else code
    values = ", ".join(names.get(key, key) for key in rule.answers[code])
    return words("desk.route.asks.answer", question=question, values=values)
