"""Who else may work on a case."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from open311.model.access.actor import Right
from open311.model.casework.cases import Case
from open311.model.staff import rights
from open311.model.staff.rights import Membership, Staff
from open311.model.staff.roles import RightsOfRole
from open311.storage.staff_accounts import accounts, memberships

DEPENDS_ON = ("jurisdiction_id", "service_code", "unit", "former_units", "areas", "taken_in_by")


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The people who may see a case, by id; those of its unit, who may be given it; and who belongs to which unit.

    `roles` are those of everybody in the city.
    """

    names: Mapping[int, str]
    of_unit: Mapping[int, str]
    by_unit: Mapping[str, frozenset[int]]
    roles: Mapping[int, Sequence[Membership]]


@dataclass(frozen=True, slots=True)
class CasePeople:
    """Who may be given which case, by its number; the names and roles of all of them."""

    of_case: Mapping[int, frozenset[int]]
    names: Mapping[int, str]
    roles: Mapping[int, Sequence[Membership]]


def of_case(
    conn: Connection, case: Case, visibility: str, rights_of_role: RightsOfRole, now: datetime
) -> Colleagues:
    """Everybody of the city who may see this case; two statements."""
    roles = memberships.in_jurisdiction(conn, case.jurisdiction_id, rights_of_role, now)
    staff = _staff(roles, now)
    seeing = [person for person in staff if rights.may(person, Right.SEE_REPORTS, case, visibility)]
    of_unit = _takers(staff, case, visibility)
    everybody = accounts.names(conn, sorted({person.account_id for person in seeing} | of_unit))
    return Colleagues(
        {
            person.account_id: everybody[person.account_id]
            for person in seeing
            if person.account_id in everybody
        },
        {account_id: name for account_id, name in everybody.items() if account_id in of_unit},
        {unit: frozenset(ids) for unit, ids in _by_unit(seeing, case.jurisdiction_id).items()},
        roles,
    )


def of_cases(
    conn: Connection, cases: Iterable[tuple[Case, str]], rights_of_role: RightsOfRole, now: datetime
) -> CasePeople:
    """Who may be given which of some cases, which come with their visibilities."""
    case_list = list(cases)
    cities = {case.jurisdiction_id for case, _ in case_list}
    by_city = {city: memberships.in_jurisdiction(conn, city, rights_of_role, now) for city in cities}
    # Of hundreds of cases most are alike in all that rights depend on.
    by_reach: dict[Hashable, frozenset[int]] = {}
    nameable, roles = dict[int, frozenset[int]](), dict[int, list[Membership]]()
    for case, visibility in case_list:
        key = (*(getattr(case, name) for name in DEPENDS_ON), visibility)
        if key not in by_reach:
            by_reach[key] = frozenset(_takers(_staff(by_city[case.jurisdiction_id], now), case, visibility))
        nameable[case.service_request_id] = by_reach[key]
    for held in by_city.values():
        for account_id, memberships_there in held.items():
            roles.setdefault(account_id, []).extend(memberships_there)
    return CasePeople(nameable, accounts.names(conn, frozenset[int]().union(*by_reach.values())), roles)


def _staff(roles: Mapping[int, Sequence[Membership]], now: datetime) -> list[Staff]:
    return [Staff(account_id, tuple(held), now) for account_id, held in roles.items()]


def _takers(staff: Sequence[Staff], case: Case, visibility: str) -> set[int]:
    """Who may be given a case: people of its unit, or anybody who may work on it where the unit has none."""
    working = [person for person in staff if _may_take(person, case, visibility)]
    everybody = {person.account_id for person in working}
    return _by_unit(working, case.jurisdiction_id).get(case.unit or "", everybody)


def _may_take(person: Staff, case: Case, visibility: str) -> bool:
    """Whether somebody could work on a case that is given to them: some see only what is theirs."""
    # Asked as if they had it already.
    theirs = replace(case, assignee_id=person.account_id)
    return any(rights.may(person, right, theirs, visibility) for right in (Right.SET_STATUS, Right.FIELD))


def _by_unit(people: Sequence[Staff], jurisdiction_id: str) -> dict[str, set[int]]:
    accounts_of: dict[str, set[int]] = {}
    for person in people:
        for unit in person.units(jurisdiction_id):
            accounts_of.setdefault(unit, set()).add(person.account_id)
    return accounts_of
