"""The staff's part of a catalogue: read, checked against the rest, and written again."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from open311.base.text import Text
from open311.catalogue_file import areas, roles, routing
from open311.catalogue_file.document import Cursor, Problems, Steps
from open311.model.desk.areas import Areas
from open311.model.desk.deadline_steps import Deadline, Step, read_steps
from open311.model.desk.desk_catalogue import Desk, GroupRole, Reason, ReasonFor, Unit, UnitKind
from open311.model.desk.routing import SPAN, Span
from open311.model.desk.suspicious import Suspicious
from open311.model.desk.working_days import WEEKDAYS, Calendar, Period, is_known
from open311.model.staff.rights import NARROWED_TO
from open311.model.staff.roles import BUILT_IN


def build(desk: Mapping[str, Any], city_areas: Areas, read_text: Callable[[Any], Text]) -> Desk:
    """The desk that a checked document describes, with the areas of its files."""
    deadlines, duplicates = desk.get("deadlines", {}), desk.get("duplicates", {})
    by_service = deadlines.get("services", {})
    reasons = [_reason(reason, read_text) for reason in desk.get("reasons", [])]
    return Desk(
        calendar=_calendar(desk["calendar"]) if "calendar" in desk else None,
        checkers=desk.get("checkers"),
        units={code: _unit(code, unit or {}, read_text) for code, unit in desk.get("units", {}).items()},
        areas=city_areas,
        rules=routing.build(desk.get("routing", [])),
        check=_period(deadlines.get("check")),
        accept=_period(deadlines.get("accept")),
        due={code: period for code, desk in by_service.items() if (period := _period(desk))},
        steps={kind: steps for kind in Deadline if (steps := _steps(deadlines.get(kind))) is not None},
        service_steps={
            code: steps for code, desk in by_service.items() if (steps := _steps(desk)) is not None
        },
        reasons={reason.code: reason for reason in reasons},
        originals_days=desk.get("originals", {}).get("days", Desk().originals_days),
        originals_for_units=frozenset(desk.get("originals", {}).get("unit_sees", ())),
        metres=dict(duplicates.get("metres", {})),
        related={code: tuple(codes) for code, codes in duplicates.get("with", {}).items()},
        closed_days=duplicates.get("closed_days", Desk().closed_days),
        suspicious=_suspicious(desk.get("suspicious", {})),
        groups={group: _group(role) for group, role in desk.get("sso", {}).get("groups", {}).items()},
        roles=roles.build(desk["roles"], read_text) if "roles" in desk else BUILT_IN,
    )


def _unit(code: str, unit: Mapping[str, Any], read_text: Callable[[Any], Text]) -> Unit:
    words = {"name": read_text(unit.get("name")), "kind": UnitKind(unit.get("kind", UnitKind.INTERNAL))}
    return Unit(code=code, **{**unit, **words})


def _calendar(calendar: Mapping[str, Any]) -> Calendar:
    weekdays = calendar.get("days", WEEKDAYS[:5])
    hours = Span.read(calendar["hours"]) if "hours" in calendar else None
    return Calendar(
        country=calendar["country"],
        subdivision=calendar.get("subdivision"),
        closed=frozenset(calendar.get("closed", [])),
        weekdays=frozenset(WEEKDAYS.index(day) for day in weekdays),
        opens=hours.start if hours else None,
        closes=hours.end if hours else None,
    )


def _suspicious(suspicious: Mapping[str, Any]) -> Suspicious:
    return Suspicious(tuple(suspicious.get("words", ())), suspicious.get("links", True))


def _group(group: Mapping[str, Any]) -> GroupRole:
    lists = {name: tuple(group[name]) for name in NARROWED_TO if name in group}
    return GroupRole(role=group["role"], **lists)


def _period(period: str | Mapping[str, Any] | None) -> Period | None:
    words = period.get("due") if isinstance(period, Mapping) else period
    return Period.read(words) if words else None


def _steps(steps: str | Mapping[str, Any] | None) -> tuple[Step, ...] | None:
    """The steps of a deadline; None where the usual ones are meant."""
    if not isinstance(steps, Mapping) or not {"remind", "escalate"} & steps.keys():
        return None
    return read_steps(steps.get("remind", ()), steps.get("escalate", {}))


def _deadline(period: Period | None, steps: tuple[Step, ...] | None) -> Any:
    due = period and str(period)
    if steps is None:
        return due
    remind = [f"{step.percent}%" for step in steps if step.to is None]
    escalate = {f"{step.percent}%": step.to for step in steps if step.to}
    return ({"due": due} if due else {}) | {"remind": remind, "escalate": escalate}


def _reason(reason: Mapping[str, Any], read_text: Callable[[Any], Text]) -> Reason:
    return Reason(
        code=reason["code"],
        outcome=ReasonFor(reason["outcome"]),
        label=read_text(reason["label"]),
        to_reporter=read_text(reason.get("to_reporter")),
        status=reason.get("status"),
    )


def contents(desk: Desk) -> dict[str, Any]:
    """The part of the document that describes this desk."""
    return {
        "calendar": desk.calendar and _calendar_contents(desk.calendar),
        "checkers": desk.checkers,
        "units": {unit.code: _unit_contents(unit) for unit in desk.units.values()},
        "areas": areas.contents(desk.areas),
        "routing": routing.contents(desk.rules),
        "deadlines": {
            "check": _deadline(desk.check, desk.steps.get(Deadline.CHECK)),
            "accept": _deadline(desk.accept, desk.steps.get(Deadline.ACCEPT)),
            "work": _deadline(None, desk.steps.get(Deadline.WORK)),
            "services": {
                code: _deadline(period, desk.service_steps.get(code)) for code, period in desk.due.items()
            },
        },
        "reasons": [_reason_contents(reason) for reason in desk.reasons.values()],
        "originals": {"days": desk.originals_days, "unit_sees": sorted(desk.originals_for_units)},
        "duplicates": {
            "metres": dict(desk.metres),
            "with": {code: list(codes) for code, codes in desk.related.items()},
            "closed_days": desk.closed_days,
        },
        "suspicious": {"words": list(desk.suspicious.words), "links": desk.suspicious.links},
        "roles": roles.contents(desk.roles),
        "sso": {
            "groups": {
                group: {"role": role.role, **{name: getattr(role, name) for name in NARROWED_TO}}
                for group, role in desk.groups.items()
            }
        },
    }


def _calendar_contents(calendar: Calendar) -> dict[str, Any]:
    opens, closes = calendar.opens, calendar.closes
    return {
        "country": calendar.country,
        "subdivision": calendar.subdivision,
        "closed": sorted(calendar.closed),
        "days": [WEEKDAYS[day] for day in sorted(calendar.weekdays)],
        "hours": str(Span(opens, closes)) if opens and closes else None,
    }


def _unit_contents(unit: Unit) -> dict[str, Any]:
    return {
        "agency": unit.agency,
        "name": dict(unit.name.by_language),
        "email": unit.email,
        "accepts": unit.accepts,
        "kind": None if unit.kind is UnitKind.INTERNAL else unit.kind.value,
        "digest": unit.digest,
        "at_once": unit.at_once or None,
        "order_days": unit.order_days,
    }


def _reason_contents(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "outcome": reason.outcome.value,
        "status": reason.status,
        "label": dict(reason.label.by_language),
        "to_reporter": dict(reason.to_reporter.by_language),
    }


def check(root: Cursor, city_areas: set[str]) -> Problems:
    """What does not fit together between the desk and the rest of the catalogue."""
    desk = root["desk"]
    agencies = {agency["code"].word for agency in root["agencies"]}
    units = agencies | ({unit.key for unit in desk["units"].entries()})
    services = {service["service_code"].word for service in root["services"]}
    statuses = {status["code"].word: status["status"].word for status in root["statuses"]}
    yield from _check_word(desk["checkers"], units, "the units and agencies")
    for unit in desk["units"].entries():
        yield from _check_word(unit["agency"], agencies, "the agencies")
        if unit["agency"].value is None and unit.key not in agencies:
            yield unit.steps, "is not the code of an agency, so it must name the agency that the public sees"
    for code in (*desk["deadlines"]["services"].entries(), *desk["duplicates"]["with"].entries()):
        yield from _known_word(code.key, code.steps, services, "the services")
    for code in desk["duplicates"]["metres"].entries():
        if code.key != "default":
            yield from _known_word(code.key, code.steps, services, "the services")
    for codes in desk["duplicates"]["with"].entries():
        for code in codes:
            yield from _check_word(code, services, "the services")
    for code in desk["originals"]["unit_sees"]:
        yield from _check_word(code, services, "the services")
    yield from roles.check(desk["roles"])
    known_roles = {*BUILT_IN, *(role.key for role in desk["roles"].entries())}
    for place in _named_roles(desk):
        yield from _check_word(place, known_roles, "the roles")
    for group in desk["sso"]["groups"].entries():
        for unit in group["units"]:
            yield from _check_word(unit, units, "the units and agencies")
        for service in group["services"]:
            yield from _check_word(service, services, "the services")
        for area in group["areas"]:
            yield from _check_word(area, city_areas, "the areas")
    yield from _reasons(desk["reasons"], statuses)
    yield from _calendar_problems(desk["calendar"])


def _named_roles(desk: Cursor) -> Iterator[Cursor]:
    """Where roles are named: by groups, and by who hears of what is late."""
    yield from (group["role"] for group in desk["sso"]["groups"].entries())
    deadlines = desk["deadlines"]
    for deadline in (*(deadlines[kind] for kind in Deadline), *deadlines["services"].entries()):
        yield from deadline["escalate"].entries()


def _check_word(place: Cursor, known: set[str], section: str) -> Problems:
    yield from _known_word(place.word, place.steps, known, section)


def _known_word(word: str, steps: Steps, known: set[str], section: str) -> Problems:
    if word and word not in known:
        yield steps, f"{word!r} is not among {section}"


def _reasons(reasons: Cursor, statuses: Mapping[str, str]) -> Problems:
    seen = set[str]()
    for reason in reasons:
        code, status = reason["code"], reason["status"]
        if code.word in seen:
            yield code.steps, f"{code.word!r} is given twice"
        seen.add(code.word)
        yield from _check_word(status, set(statuses), "the statuses")
        if reason["outcome"].word == ReasonFor.REJECT and statuses.get(status.word) != "closed":
            yield reason.steps, "what is refused is closed: name a closed status"


def _calendar_problems(calendar: Cursor) -> Problems:
    hours = SPAN.fullmatch(calendar["hours"].word)
    if hours and hours[0][:5] >= hours[0][6:]:
        yield calendar["hours"].steps, "ends before it begins; hours of work lie within a day"
    country, subdivision = calendar["country"], calendar["subdivision"]
    if country.word and not is_known(country.word, subdivision.word or None):
        yield (
            calendar.steps,
            "its public holidays are unknown; write codes of ISO 3166, as country: DE, subdivision: RP",
        )
