"""Who else may work on a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    seeing = [colleague for colleague in staff if rights.may(colleague, Right.SEE_REPORTS, case, visibility)]
    names = accounts.names(conn, [colleague.account_id for colleague in seeing])
    working = {
        colleague.account_id
        for colleague in seeing
        if rights.may(colleague, Right.SET_STATUS, case, visibility)
    }
    by_unit: dict[str, set[int]] = {}
    for colleague in seeing:
        for unit in colleague.units(case.jurisdiction_id):
            by_unit.setdefault(unit, set()).add(colleague.account_id)
    # A unit without people of its own, such as that of the checkers, is whoever may work on its cases.
    of_unit = by_unit.get(case.unit or "", working) & working
    return Colleagues(
        names,
        {account_id: name for account_id, name in names.items() if account_id in of_unit},
        {unit: frozenset(ids) for unit, ids in by_unit.items()},
        roles,
    )
