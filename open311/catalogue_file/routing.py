"""Routing rules of a catalogue: read, checked against the rest, and written again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from open311.catalogue_file.document import Cursor, Problems
from open311.model.catalogue.attributes import LISTS
from open311.model.desk import routing
from open311.model.desk.priority import Priority
from open311.model.desk.routing import SPAN, Hours, Rule, Span, WorkingHours
from open311.model.desk.working_days import PERIOD, Period


def build(rules: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules that a checked document describes."""
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: Mapping[str, Any]) -> Rule:
    when = rule.get("when", {})
    return Rule(
        name=rule["name"],
        unit=rule["unit"],
        services=tuple(when.get("service", ())),
        areas=tuple(when.get("area", ())),
        answers={code: tuple(values) for code, values in when.get("answers", {}).items()},
        hours=_hours(when["hours"]) if "hours" in when else None,
        priority=Priority[rule["priority"].upper()] if "priority" in rule else None,
        due=Period.read(rule["due"]) if "due" in rule else None,
    )


def _hours(words: str) -> Hours:
    return WorkingHours(words) if words in set(WorkingHours) else Span.read(words)


def contents(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The part of the document that describes these rules."""
    return [
        {
            "name": rule.name,
            "when": {
                "service": list(rule.services),
                "area": list(rule.areas),
                "answers": {code: list(values) for code, values in rule.answers.items()},
                "hours": None if rule.hours is None else str(rule.hours),
            },
            "unit": rule.unit,
            "priority": None if rule.priority is None else rule.priority.word,
            "due": rule.due and str(rule.due),
        }
        for rule in rules
    ]


def check(root: Cursor, areas: set[str]) -> Problems:
    """What is wrong with the rules: unknown things, rules that are never reached, services that nobody works on."""
    desk = root["desk"]
    rules = [*desk["routing"]]
    if not rules:
        return
    services = {service["service_code"].word: service for service in root["services"]}
    units = {agency["code"].word for agency in root["agencies"]} | {
        unit.key for unit in desk["units"].entries()
    }
    yield from _repeated_names(rules)
    for rule in rules:
        yield from _unknown(rule, services, areas, units)
        yield from _too_late(rule, desk, services)
        if rule["when"]["hours"].word in set(WorkingHours) and not desk["calendar"]["hours"].word:
            yield rule["when"]["hours"].steps, "needs the hours of the calendar, such as hours: 07:30-16:00"
    readable = [(rule, _readable(rule)) for rule in rules]
    yield from _shadowed([(rule, read) for rule, read in readable if read], [*services])
    yield from _without_unit(services.values(), [read for _, read in readable if read])


def _repeated_names(rules: Sequence[Cursor]) -> Problems:
    seen = set[str]()
    for rule in rules:
        name = rule["name"]
        if name.word and name.word in seen:
            yield name.steps, f"{name.word!r} is given twice"
        seen.add(name.word)


def _unknown(rule: Cursor, services: Mapping[str, Cursor], areas: set[str], units: set[str]) -> Problems:
    for named, known, section in (
        ([rule["unit"]], units, "the units and agencies"),
        (rule["when"]["service"], services, "the services"),
        (rule["when"]["area"], areas, "the areas"),
    ):
        yield from (
            (place.steps, f"{place.word!r} is not among {section}")
            for place in named
            if place.word and place.word not in known
        )
    named_services = [place.word for place in rule["when"]["service"] if place.word in services]
    for answer in rule["when"]["answers"].entries():
        if not named_services:
            yield answer.steps, "a rule that asks for answers names the services that ask the question"
        for code in named_services:
            yield from _unknown_answer(answer, services[code])


def _unknown_answer(answer: Cursor, service: Cursor) -> Problems:
    code = service["service_code"].word
    attribute = next(
        (attribute for attribute in service["attributes"] if attribute["code"].word == answer.key), None
    )
    if attribute is None:
        yield answer.steps, f"{code} does not ask {answer.key!r}"
    elif attribute["datatype"].word not in LISTS:
        yield answer.steps, f"{answer.key!r} of {code} is not a list to choose from"
    else:
        keys = {value["key"].word for value in attribute["values"]}
        for value in answer:
            if value.word and value.word not in keys:
                yield value.steps, f"{value.word!r} is not a value of {answer.key} of {code}"


def _too_late(rule: Cursor, desk: Cursor, services: Mapping[str, Cursor]) -> Problems:
    """A rule may ask for more haste than the service, not for less: the public was promised something."""
    due = rule["due"]
    if not PERIOD.fullmatch(due.word):
        return
    # A rule that names no service is about all of them, and then the shortest promise counts.
    named = [place.word for place in rule["when"]["service"]] or [*services]
    for code in named:
        days = services[code]["response_days"].value if code in services else None
        deadline = desk["deadlines"]["services"][code]
        promise = deadline.word or deadline["due"].word or (f"{days} working days" if days else "")
        if PERIOD.fullmatch(promise) and Period.read(due.word).usual_hours > Period.read(promise).usual_hours:
            yield due.steps, f"is longer than {promise}, which the public is promised for {code}"
            return


def _readable(rule: Cursor) -> Rule | None:
    """The rule, as far as it can be compared with others; None where the schema refuses it."""
    when = rule["when"]
    hours = when["hours"].word
    if not isinstance(rule.value, dict) or (
        hours and hours not in set(WorkingHours) and not SPAN.fullmatch(hours)
    ):
        return None
    return Rule(
        name=rule["name"].word,
        unit=rule["unit"].word,
        services=tuple(place.word for place in when["service"]),
        areas=tuple(place.word for place in when["area"]),
        answers={answer.key: tuple(value.word for value in answer) for answer in when["answers"].entries()},
        hours=_hours(hours) if hours else None,
    )


def _shadowed(rules: Sequence[tuple[Cursor, Rule]], services: Sequence[str]) -> Problems:
    before: list[Rule] = []
    for place, rule in rules:
        shadowing = routing.shadow(before, rule, services)
        if shadowing:
            names = ", ".join(repr(earlier.name) for earlier in shadowing)
            yield (
                place.steps,
                f"is never reached: {names} before it takes all that it would; move it up or take it out",
            )
        before.append(rule)


def _without_unit(services: Iterable[Cursor], rules: Sequence[Rule]) -> Problems:
    for service in services:
        code = service["service_code"].word
        is_caught = any(
            not (rule.areas or rule.answers or rule.hours) and (not rule.services or code in rule.services)
            for rule in rules
        )
        if not service["agency"].word and service["active"].value is not False and not is_caught:
            yield service.steps, "has no unit: name its agency, or let a rule take all its reports"
