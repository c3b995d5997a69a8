"""Who else may work on a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from open311.model import rights
from open311.model.actor import Right
from open311.model.cases import Case
from open311.model.rights import Membership, Staff
from open311.storage import accounts, memberships


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The people who may see a case, by id; those of its unit, who may be given it; and who belongs to which unit.

    `roles` are those of everybody in the city.
    """

    names: Mapping[int, str]
    of_unit: Mapping[int, str]
    by_unit: Mapping[str, frozenset[int]]
    roles: Mapping[int, Sequence[Membership]]


def of_case(conn: Connection, case: Case, visibility: str, now: datetime) -> Colleagues:
    """Everybody of the city who may see this case; two statements."""
    roles = memberships.in_jurisdiction(conn, case.jurisdiction_id, now)
    staff = [Staff(account_id, tuple(given)) for account_id, given in roles.items()]
    seeing = [person for person in staff if rights.may(person, Right.SEE_REPORTS, case, visibility)]
    working = [person for person in staff if _may_take(person, case, visibility)]
    everybody = accounts.names(conn, sorted({person.account_id for person in (*seeing, *working)}))
    # A unit without people of its own, such as that of the checkers, is whoever may work on its cases.
    takers = {person.account_id for person in working}
    of_unit = _by_unit(working, case.jurisdiction_id).get(case.unit or "", takers)
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


def _may_take(person: Staff, case: Case, visibility: str) -> bool:
    """Whether somebody could work on a case that is given to them: some see only what is theirs."""
    return rights.may(person, Right.SET_STATUS, replace(case, assignee_id=person.account_id), visibility)


def _by_unit(people: Sequence[Staff], jurisdiction_id: str) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for person in people:
        for unit in person.units(jurisdiction_id):
            found.setdefault(unit, set()).add(person.account_id)
    return found
