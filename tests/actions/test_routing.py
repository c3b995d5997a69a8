"""Rules of the catalogue give reports to units; what a person has decided stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.casework.cases import Case, Priority, Stage
from open311.model.desk.desk_catalogue import Desk
from open311.model.desk.routing import Rule
from open311.model.desk.working_days import Period
from open311.model.service_request import Location
from tests.actors import CLARA
from tests.serving import Api, Clock

BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)
NORTH, CENTRE = Location(49.53, 8.40), Location(49.4811, 8.4464)
ANYWHERE = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"}


def ruled(core: Core, *rules: Rule) -> None:
    """Put these rules in force, as a changed catalogue does."""
    [city] = core.catalogues.in_force
    desk: Desk = replace(city.desk, rules=rules)
    digest = "-".join(rule.name for rule in rules)
    core.catalogues.in_force = (replace(city, desk=desk, desk_digest=digest),)


@pytest.fixture(autouse=True)
def rules(core: Core) -> None:
    """Two rules by area and answer, one for everything of a service."""
    ruled(
        core,
        Rule(
            name="Tief",
            unit="TIEFBAU",
            services=("STRASSENSCHADEN",),
            answers={"WO": ("radweg",)},
            priority=Priority.URGENT,
            due=Period.read("4 hours"),
        ),
        Rule(name="Norden", unit="STRASSENVERKEHR", areas=("OPPAU",)),
    )


def case_of(core: Core, number: int) -> Case:
    return casework.show(core, number, CLARA).case


def told(core: Core, number: int) -> list[tuple[str, dict[str, object]]]:
    """The history of the unit."""
    history = casework.show(core, number, CLARA).history
    kinds = ("routed", "assigned")
    shown = ((event.kind, dict(event.data)) for event in history if event.kind in kinds)
    return [(kind, {name: data[name] for name in sorted(data) if name != "revision"}) for kind, data in shown]


def reported(api: Api, place: Location = CENTRE, **fields: str) -> int:
    return int(api.report(**{**ANYWHERE, "lat": str(place.lat), "long": str(place.long), **fields}))


def test_a_new_report_goes_where_the_first_rule_says(core: Core, api: Api) -> None:
    number = reported(api, NORTH)
    case = case_of(core, number)
    assert (case.unit, case.areas, case.priority) == ("STRASSENVERKEHR", ("OPPAU",), Priority.NORMAL)
    assert case.route == {"unit_by": "rule", "rule": "Norden", "desk": "Tief-Norden"}
    assert told(core, number) == [("routed", {"rule": "Norden", "to": "STRASSENVERKEHR"})]
    assert casework.show(core, number, CLARA).request.agency_responsible == "STRASSENVERKEHR"


def test_without_a_rule_it_is_the_agency_of_the_service_and_no_line_is_written(core: Core, api: Api) -> None:
    number = reported(api)
    assert case_of(core, number).unit == "TIEFBAU"
    assert case_of(core, number).route == {"unit_by": "service", "desk": "Tief-Norden"}
    assert told(core, number) == []


def test_a_rule_gives_priority_and_a_deadline_before_the_public_promise(core: Core, api: Api) -> None:
    number = reported(api, **{"attribute[WO]": "radweg"})
    shown = casework.show(core, number, CLARA)
    assert shown.case.priority is Priority.URGENT
    assert shown.case.due_datetime == shown.request.requested_datetime + timedelta(hours=4)
    assert shown.request.expected_datetime == shown.request.requested_datetime + timedelta(days=14)


def test_a_corrected_place_asks_the_rules_again(core: Core, api: Api) -> None:
    number = reported(api)
    casework.relocate(core, number, NORTH, BEA)
    assert (case_of(core, number).unit, case_of(core, number).areas) == ("STRASSENVERKEHR", ("OPPAU",))
    assert told(core, number) == [("routed", {"from": "TIEFBAU", "rule": "Norden", "to": "STRASSENVERKEHR"})]
    casework.relocate(core, number, CENTRE, BEA)
    assert case_of(core, number).unit == "TIEFBAU"
    assert "rule" not in case_of(core, number).route


def test_a_corrected_answer_asks_the_rules_again(core: Core, api: Api) -> None:
    number = reported(api)
    casework.edit(core, number, {}, BEA, answers={"WO": ["radweg"]})
    case = case_of(core, number)
    assert (case.route["rule"], case.priority) == ("Tief", Priority.URGENT)
    casework.edit(core, number, {}, BEA, answers={"WO": ["gehweg"]})
    assert case_of(core, number).priority is Priority.NORMAL


def test_what_a_person_has_decided_stays(core: Core, api: Api, clock: Clock) -> None:
    number = reported(api)
    casework.assign(core, number, "ENTWAESSERUNG", BEA)
    casework.set_priority(core, number, Priority.LOW, BEA)
    until = clock.now + timedelta(days=40)
    casework.set_deadline(core, number, until, "Frost", BEA)
    casework.relocate(core, number, NORTH, BEA)
    casework.edit(core, number, {}, BEA, answers={"WO": ["radweg"]})
    casework.publish(core, number, BEA)
    case = case_of(core, number)
    assert (case.unit, case.priority, case.due_datetime) == ("ENTWAESSERUNG", Priority.LOW, until)
    assert case.areas == ("OPPAU",)


def test_a_unit_that_declined_does_not_get_the_same_report_back(core: Core, api: Api) -> None:
    number = reported(api, NORTH)
    casework.publish(core, number, BEA)
    casework.decline(core, number, "Gehört zur Bahn", BEA)
    casework.edit(core, number, {}, BEA, answers={"WO": ["gehweg"]})
    case = case_of(core, number)
    assert (case.unit, case.stage) == ("BUERGERBERATUNG", Stage.CHECK)
    casework.recategorise(core, number, "MARKIERUNG", BEA)
    assert case_of(core, number).unit == "BUERGERBERATUNG"
    casework.edit(core, number, {}, BEA)
    casework.relocate(core, number, CENTRE, BEA)
    casework.recategorise(core, number, "KANAL", BEA)
    assert case_of(core, number).unit == "ENTWAESSERUNG"


def test_publishing_asks_the_rules_in_force(core: Core, api: Api) -> None:
    number = reported(api)
    ruled(core, Rule(name="Alles", unit="NAHVERKEHR"))
    casework.publish(core, number, BEA)
    shown = casework.show(core, number, CLARA)
    assert (shown.case.unit, shown.request.agency_responsible) == ("NAHVERKEHR", "NAHVERKEHR")
    assert ("rule", "Alles") in told(core, number)[0][1].items()


def test_changed_rules_are_asked_about_open_cases_in_bounded_steps(core: Core, api: Api) -> None:
    [first, second, taken, chosen] = [reported(api) for _ in range(4)]
    for number in (first, second, taken):
        casework.publish(core, number, BEA)
    casework.accept_work(core, taken, BEA)
    casework.assign(core, chosen, "ENTWAESSERUNG", BEA)
    ruled(core, Rule(name="Alles", unit="NAHVERKEHR"))
    [city] = core.catalogues.in_force
    done = casework.reroute(core, city, CLARA, limit=1)
    assert (done.looked_at, done.moved, done.next) == (1, 1, first)
    done = casework.reroute(core, city, CLARA, behind=first)
    assert (done.looked_at, done.moved, done.next) == (3, 1, None)
    assert [case_of(core, number).unit for number in (first, second)] == ["NAHVERKEHR"] * 2
    assert [case_of(core, number).unit for number in (taken, chosen)] == ["TIEFBAU", "ENTWAESSERUNG"]
    assert casework.reroute(core, city, CLARA).looked_at == 0


def test_changed_rules_that_change_nothing_make_no_form_stale(core: Core, api: Api) -> None:
    number = reported(api)
    casework.assign(core, number, "ENTWAESSERUNG", BEA)
    revision = case_of(core, number).revision
    ruled(core, Rule(name="Nie", unit="NAHVERKEHR", areas=("RUCHHEIM",)))
    [city] = core.catalogues.in_force
    with core.database.begin() as conn:
        conn.execute(text("update cases set areas = '{}'"))
    assert casework.reroute(core, city, CLARA).moved == 0
    assert case_of(core, number).revision == revision
    assert case_of(core, number).areas == ("MITTE",)
    assert casework.reroute(core, city, CLARA).looked_at == 0


def test_taking_back_puts_the_rule_back(core: Core, api: Api) -> None:
    number = reported(api)
    before = case_of(core, number)
    casework.relocate(core, number, NORTH, BEA)
    casework.take_back(core, number, BEA)
    after = case_of(core, number)
    assert (after.unit, after.areas, after.route) == (before.unit, before.areas, before.route)


def test_no_deadline_runs_while_the_reporter_is_asked(core: Core, api: Api, clock: Clock) -> None:
    number = reported(api, email="kim@example.org")
    core = replace(core, settings=replace(core.settings, smtp_url="smtp://127.0.0.1:1"))
    before = case_of(core, number)
    assert before.check_by is not None
    assert before.due_datetime is not None
    casework.ask(core, number, "Welche Hausnummer?", BEA)
    clock.forward(days=30)
    assert not case_of(core, number).is_overdue(clock.now)
    casework.resume_due(core)
    after = case_of(core, number)
    assert (after.stage, after.paused_since) == (Stage.CHECK, None)
    assert after.check_by == before.check_by + timedelta(days=30)
    assert after.due_datetime == before.due_datetime + timedelta(days=30)
