"""The first rule that fits decides which unit a report goes to; rules that no report reaches are found."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.model.desk import routing
from open311.model.desk.desk_catalogue import Desk, Unit, UnitKind
from open311.model.desk.routing import Facts, Obstacle, Rule, Span, WorkingHours
from open311.model.desk.working_days import Calendar, Period

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OFFICE = Calendar(country="DE", subdivision="RP", opens=time(7, 30), closes=time(16))


def a_rule(name: str = "A", **fields: object) -> Rule:
    return Rule(**{"name": name, "unit": name, **fields})


def facts(service_code: str = "MUELL", **fields: object) -> Facts:
    return Facts(**{"service_code": service_code, "received": NOON, **fields})


def test_the_first_rule_that_fits_wins_and_the_rest_says_why_not() -> None:
    rules = [
        a_rule("other", services=("LAMPE",)),
        a_rule("north", services=("MUELL",), areas=("NORD",)),
        a_rule("asked", answers={"GEFAHR": ("ja",)}),
        a_rule("night", hours=Span.read("20:00-06:00")),
        a_rule("all"),
        a_rule("never"),
    ]
    route = routing.find(rules, facts(areas=("SUED",), answers={"GEFAHR": ["nein"]}), None, "SERVICE")
    assert (route.unit, route.rule) == ("all", rules[4])
    assert [(rule.name, why) for rule, why in route.passed_over] == [
        ("other", Obstacle.SERVICE),
        ("north", Obstacle.AREA),
        ("asked", Obstacle.ANSWERS),
        ("night", Obstacle.HOURS),
    ]


def test_without_a_rule_that_fits_it_is_the_unit_of_the_service() -> None:
    route = routing.find([a_rule(services=("LAMPE",))], facts(), None, "SERVICE")
    assert (route.unit, route.rule) == ("SERVICE", None)


@pytest.mark.parametrize(
    ("answers", "fits"),
    [({}, False), ({"ART": ["kot"]}, False), ({"ART": ["kot", "glas"]}, True), ({"GEFAHR": ["glas"]}, False)],
)
def test_one_of_several_answers_is_enough(answers: dict[str, list[str]], fits: bool) -> None:
    rule = a_rule(answers={"ART": ("glas", "spritzen")})
    assert (routing.obstacle(rule, facts(answers=answers), None) is None) is fits


@pytest.mark.parametrize(
    ("day", "hour", "is_closed"),
    [(2, 12, False), (2, 7, True), (2, 16, True), (1, 12, True), (7, 12, True)],
)
def test_closed_hours_are_nights_weekends_and_holidays(day: int, hour: int, is_closed: bool) -> None:
    asked = facts(received=datetime(2026, 3, day, hour, 0, tzinfo=UTC))
    assert (routing.obstacle(a_rule(hours=WorkingHours.CLOSED), asked, OFFICE) is None) is is_closed
    assert (routing.obstacle(a_rule(hours=WorkingHours.OPEN), asked, OFFICE) is None) is not is_closed


def test_a_public_holiday_is_closed_at_noon() -> None:
    good_friday = facts(received=datetime(2026, 4, 3, 12, 0, tzinfo=UTC))
    assert routing.obstacle(a_rule(hours=WorkingHours.CLOSED), good_friday, OFFICE) is None


def test_a_span_holds_its_start_and_not_its_end_also_over_midnight() -> None:
    night, day = Span.read("22:00-06:00"), Span.read("06:00-22:00")
    for minute in range(0, 24 * 60, 30):
        moment = time(minute // 60, minute % 60)
        assert night.holds(moment) is not day.holds(moment)
        assert night.holds(moment) is (minute in night.minutes)
    assert str(night) == "22:00-06:00"


SERVICES, AREAS = ("MUELL", "LAMPE"), ("NORD", "SUED")
ANSWERS = st.sampled_from([{}, {"ART": ("a",)}, {"ART": ("a", "b")}, {"ART": ("b",), "GEFAHR": ("ja",)}])
HOURS = st.sampled_from(
    [None, Span.read("08:00-16:00"), Span.read("09:00-15:00"), WorkingHours.OPEN, WorkingHours.CLOSED]
)
RULES = st.builds(
    a_rule,
    st.sampled_from("ABC"),
    services=st.sets(st.sampled_from(SERVICES)).map(lambda codes: tuple(sorted(codes))),
    areas=st.sets(st.sampled_from(AREAS)).map(lambda codes: tuple(sorted(codes))),
    answers=ANSWERS,
    hours=HOURS,
)
REPORTS = st.builds(
    facts,
    st.sampled_from(SERVICES),
    areas=st.sets(st.sampled_from(AREAS)),
    answers=st.fixed_dictionaries(
        {}, optional={"ART": st.lists(st.sampled_from("abc")), "GEFAHR": st.just(["ja"])}
    ),
    received=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
)


@given(st.lists(RULES, max_size=4), RULES, REPORTS)
def test_no_report_reaches_a_rule_that_is_called_shadowed(
    rules: list[Rule], later: Rule, report: Facts
) -> None:
    if routing.shadow(rules, later, SERVICES) and routing.obstacle(later, report, OFFICE) is None:
        assert routing.find(rules, report, OFFICE, None).rule is not None


def test_several_rules_shadow_one_together() -> None:
    rules = [a_rule("A", services=("MUELL",)), a_rule("B", services=("LAMPE",))]
    assert routing.shadow(rules, a_rule("C"), SERVICES) == rules
    assert routing.shadow(rules[:1], a_rule("C"), SERVICES) == ()
    assert routing.shadow([a_rule("A", areas=AREAS)], a_rule("C"), SERVICES) == ()


def test_a_unit_outside_need_not_take_a_report_up() -> None:
    units = {
        "A": Unit(code="A"),
        "B": Unit(code="B", kind=UnitKind.EXTERNAL),
        "C": Unit(code="C", accepts=False),
    }
    desk = Desk(units=units, accept=Period.read("2 days"))
    assert [desk.must_accept(unit) for unit in ("A", "B", "C", "D", None)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert not Desk(units=units).must_accept("A")
