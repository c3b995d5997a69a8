"""Who of the staff may do what: the table of roles, and the same rules as a condition of SQL."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import ARRAY, Connection, DateTime, Integer, Text, cast, column, select, values

from open311.model.access.actor import Right
from open311.model.staff.rights import Membership, Staff, may, may_give
from open311.model.staff.roles import BUILT_IN, BUILT_IN_RIGHTS, JUST, NO_RIGHTS, Reach, Role, RoleRights
from open311.storage.desk import rights as scopes
from open311.storage.desk.rights import CaseColumns
from tests.serving import START

CITIES, UNITS, SERVICES, AREAS = ("a.example", "b.example"), ("U1", "U2", "U3"), ("S1", "S2"), ("N", "S")
VISIBILITIES = ("held", "published", "withheld", "hidden")


@dataclass(frozen=True)
class ACase:
    """A case as far as rights look at it."""

    jurisdiction_id: str = "a.example"
    service_code: str = "S1"
    unit: str | None = "U1"
    former_units: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    assignee_id: int | None = None
    taken_in_by: int | None = None
    received_datetime: datetime = START


def a_few(codes: tuple[str, ...]) -> some.SearchStrategy[tuple[str, ...]]:
    """Some of these codes, or none."""
    return some.lists(some.sampled_from(codes), max_size=2, unique=True).map(tuple)


def rights_of(_: str, role: str) -> RoleRights:
    return BUILT_IN[role].rights if role in BUILT_IN else NO_RIGHTS


def a_role(role: str, **scope: object) -> Membership:
    """A role in the first city."""
    return Membership(jurisdiction_id="a.example", role=role, **scope).with_rights(rights_of)


# Those that every city has, and whatever a city may make of the same rights.
role_rights = some.sampled_from([*BUILT_IN_RIGHTS.values()]) | some.dictionaries(
    some.sampled_from(Right), some.frozensets(some.sampled_from(Reach)), max_size=6
)
memberships = some.builds(
    Membership,
    jurisdiction_id=some.sampled_from(CITIES),
    role=some.just("own"),
    role_rights=role_rights,
    units=some.none() | a_few(UNITS),
    services=some.none() | a_few(SERVICES),
    areas=some.none() | a_few(AREAS),
)
cases = some.builds(
    ACase,
    jurisdiction_id=some.sampled_from(CITIES),
    service_code=some.sampled_from(SERVICES),
    unit=some.none() | some.sampled_from(UNITS),
    former_units=a_few(UNITS),
    areas=a_few(AREAS),
    assignee_id=some.none() | some.sampled_from([1, 2]),
    taken_in_by=some.none() | some.sampled_from([1, 2]),
    received_datetime=some.sampled_from([START, START - JUST]),
)
rows = some.lists(some.tuples(cases, some.sampled_from(VISIBILITIES)), min_size=1, max_size=12)


def listed(conn: Connection, staff: Staff, right: Right, chosen: list[tuple[ACase, str]]) -> set[int]:
    """The numbers of the cases that a list would show."""
    table = values(
        column("n", Integer),
        column("jurisdiction_id", Text),
        column("service_code", Text),
        column("visibility", Text),
        column("unit", Text),
        column("former_units", ARRAY(Text)),
        column("areas", ARRAY(Text)),
        column("assignee_id", Integer),
        column("taken_in_by", Integer),
        column("received_datetime", DateTime(timezone=True)),
        name="cases",
    ).data(
        [
            (
                n,
                x.jurisdiction_id,
                x.service_code,
                seen,
                x.unit,
                list(x.former_units),
                list(x.areas),
                x.assignee_id,
                x.taken_in_by,
                x.received_datetime,
            )
            for n, (x, seen) in enumerate(chosen)
        ]
    )
    # Where every value is null, PostgreSQL does not know of which type.
    given_columns = CaseColumns(*(cast(table.c[name], table.c[name].type) for name in CaseColumns._fields))
    return set(conn.execute(select(table.c.n).where(scopes.may(staff, right, given_columns))).scalars())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    roles=some.lists(memberships, max_size=3),
    right=some.sampled_from(Right),
    chosen=rows,
)
def test_lists_hold_what_may_says(
    conn: Connection, roles: list[Membership], right: Right, chosen: list[tuple[ACase, str]]
) -> None:
    staff = Staff(1, tuple(roles), START)
    allowed = {n for n, (case, seen) in enumerate(chosen) if may(staff, right, case, seen)}
    assert listed(conn, staff, right, chosen) == allowed


def a_member(role: Role, **scope: object) -> Staff:
    """Somebody with one role."""
    return Staff(1, (a_role(role, **scope),), START)


@pytest.mark.parametrize("role", Role)
def test_lists_hold_what_may_says_however_far_a_right_reaches(conn: Connection, role: Role) -> None:
    """Every reach by itself, which examples by chance seldom meet."""
    chosen = [
        (ACase(unit=unit, former_units=former, assignee_id=assignee), visibility)
        for unit, former, assignee, visibility in product(
            (None, "U1", "U2"), ((), ("U1",), ("U2",)), (None, 1, 2), VISIBILITIES
        )
    ]
    chosen += [
        (ACase(taken_in_by=account_id, received_datetime=received), visibility)
        for account_id, received, visibility in product((1, 2), (START, START - JUST), VISIBILITIES)
    ]
    rights = (Right.SEE_REPORTS, Right.SEE_HELD, Right.SEE_CALLER, Right.SET_STATUS)
    for units, right in product((None, ("U1",)), rights):
        staff = a_member(role, units=units)
        allowed = {n for n, (case, seen) in enumerate(chosen) if may(staff, right, case, seen)}
        assert listed(conn, staff, right, chosen) == allowed


def test_a_worker_sees_the_own_unit_what_it_once_had_and_what_is_public() -> None:
    worker = a_member(Role.WORKER, units=("U1",))
    assert may(worker, Right.SEE_REPORTS, ACase(unit="U1"), "held")
    assert may(worker, Right.SEE_REPORTS, ACase(unit="U2", former_units=("U1",)), "withheld")
    assert may(worker, Right.SEE_REPORTS, ACase(unit="U2"), "published")
    assert not may(worker, Right.SEE_REPORTS, ACase(unit="U2"), "held")
    assert not may(worker, Right.SET_STATUS, ACase(unit="U2", former_units=("U1",)), "published")
    assert not may(worker, Right.CHECK, ACase(unit="U1"), "held")


def test_an_operator_opens_what_they_took_in_and_its_contact_for_a_day() -> None:
    operator = a_member(Role.OPERATOR)
    for seen in ("held", "withheld"):
        assert may(operator, Right.SEE_REPORTS, ACase(taken_in_by=1), seen)
        assert may(operator, Right.NOTE, ACase(taken_in_by=1), seen)
        assert may(operator, Right.SEE_CALLER, ACase(taken_in_by=1), seen)
        assert not may(operator, Right.CHECK, ACase(taken_in_by=1), seen)
        assert not may(operator, Right.SEE_REPORTS, ACase(taken_in_by=2), seen)
    yesterday = ACase(taken_in_by=1, received_datetime=START - JUST)
    assert may(operator, Right.SEE_REPORTS, yesterday, "held")
    assert not may(operator, Right.SEE_CALLER, yesterday, "held")
    assert not may(operator, Right.SEE_CALLER, ACase(), "published")


def test_a_field_worker_says_what_is_done_and_sets_no_status() -> None:
    field = a_member(Role.FIELD)
    for right, allowed in ((Right.FIELD, True), (Right.NOTE, True), (Right.SET_STATUS, False)):
        assert may(field, right, ACase(assignee_id=1), "published") is allowed


def test_a_lead_gives_no_more_than_the_own_part_of_the_city() -> None:
    lead = a_member(Role.LEAD, units=("U1",), areas=("N",), services=("S1", "S2"))

    def given(**scope: object) -> Membership:
        return a_role(Role.WORKER, **scope)

    assert may_give(lead, 2, given(units=("U1",), areas=("N",), services=("S1",)))
    assert not may_give(lead, 2, given(units=("U1",), areas=("N", "S"), services=("S1",)))
    assert not may_give(lead, 2, given(units=("U1",), areas=("N",)))
    assert not may_give(lead, 2, given(units=("U1",), services=("S1",)))


def test_nobody_sees_another_city() -> None:
    for role in Role:
        for right in Right:
            assert not may(a_member(role), right, ACase(jurisdiction_id="b.example"), "published")


def test_an_administrator_sees_no_case() -> None:
    admin = a_member(Role.ADMIN)
    for seen in VISIBILITIES:
        assert not may(admin, Right.SEE_REPORTS, ACase(assignee_id=2), seen)
    assert Right.SEE_REPORTER not in BUILT_IN_RIGHTS[Role.ADMIN]


def test_an_auditor_reads_the_log_and_no_held_report() -> None:
    assert Right.READ_AUDIT in BUILT_IN_RIGHTS[Role.AUDITOR]
    assert Right.SEE_HELD not in BUILT_IN_RIGHTS[Role.AUDITOR]


def test_every_right_is_of_some_role_but_that_of_whoever_runs_the_server() -> None:
    assert {right for rights in BUILT_IN_RIGHTS.values() for right in rights} == {*Right} - {Right.OPERATE}


@pytest.mark.parametrize("role", Role)
def test_nobody_decides_about_their_own_roles(role: Role) -> None:
    giver = a_member(Role.ADMIN)
    assert not may_give(giver, 1, a_role(role))
    assert may_give(giver, 2, a_role(role))
    assert not may_give(giver, 2, replace(a_role(role), jurisdiction_id="b.example"))


def test_a_lead_gives_roles_in_the_own_units_alone() -> None:
    lead = a_member(Role.LEAD, units=("U1", "U2"))

    def gives(role: Role, *units: str) -> bool:
        return may_give(lead, 2, a_role(role, units=units or None))

    assert gives(Role.WORKER, "U1")
    assert gives(Role.FIELD, "U1", "U2")
    assert not gives(Role.WORKER, "U1", "U3")
    assert not gives(Role.WORKER)
    assert not gives(Role.LEAD, "U1")
    assert not gives(Role.CHECKER, "U1")


GIVEN_BY_LEADS = {Role.READER, Role.WORKER, Role.FIELD}


@pytest.mark.parametrize("role", Role)
def test_a_lead_gives_the_roles_that_can_do_no_more_than_they(role: Role) -> None:
    lead = a_member(Role.LEAD, units=("U1",))
    assert may_give(lead, 2, a_role(role, units=("U1",))) is (role in GIVEN_BY_LEADS)


def test_a_lead_gives_no_role_of_the_city_that_can_do_more() -> None:
    lead = a_member(Role.LEAD, units=("U1",))
    own = a_role(Role.WORKER, units=("U1",))
    for right, reach, allowed in (
        (Right.EDIT, Reach.UNIT, True),
        (Right.EDIT, Reach.OWN, True),
        (Right.EDIT, Reach.ALL, False),
        (Right.MERGE, Reach.UNIT, False),
        (Right.SEE_REPORTS, Reach.ALL, False),
        (Right.MANAGE_MEMBERS, Reach.ALL, False),
    ):
        wider = replace(own, role="own", role_rights={**own.role_rights, right: frozenset({reach})})
        assert may_give(lead, 2, wider) is allowed, (right, reach)


def test_an_administrator_of_a_part_gives_nothing_beyond_it() -> None:
    admin = a_member(Role.ADMIN, units=("U1",))
    assert may_give(admin, 2, a_role(Role.CHECKER, units=("U1",)))
    assert not may_give(admin, 2, a_role(Role.CHECKER))
    assert not may_give(admin, 2, a_role(Role.READER, units=("U2",)))


def test_a_role_that_nobody_has_looked_up_gives_nothing() -> None:
    unknown = Membership(jurisdiction_id="a.example", role=Role.CHECKER)
    assert unknown.rights == frozenset()
    assert not may(Staff(1, (unknown,), START), Right.SEE_REPORTS, ACase(), "published")
    assert a_role("gone").rights == frozenset()


def test_what_is_counted_for_somebody_is_counted_anew_when_the_role_changes() -> None:
    before, after = a_member(Role.WORKER), a_member(Role.WORKER)
    assert before == after
    [held] = after.memberships
    assert replace(after, memberships=(replace(held, role_rights={}),)) != before


def test_a_role_ends() -> None:
    role = Membership(jurisdiction_id="a.example", role=Role.READER, ends_datetime=START)
    assert role.in_force(START - timedelta(seconds=1))
    assert not role.in_force(START)
