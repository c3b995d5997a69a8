"""Whom of the staff a case waits for, and who is responsible for those."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from open311.model.access.actor import Right
from open311.model.staff.accounts import Account
from open311.model.staff.rights import Membership
from open311.model.staff.roles import RightsOfRole
from open311.storage.staff_accounts import accounts, memberships


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of a city who can sign in, with their roles there."""

    accounts: Mapping[int, Account]
    roles: Mapping[int, Sequence[Membership]]

    def with_role(self, role: str, unit: str | None) -> list[Account]:
        return [
            account
            for account, membership in self._memberships()
            if membership.role == role and _reaches(membership, unit)
        ]

    def of_unit(self, unit: str | None, *, checks: bool) -> list[Account]:
        """Who takes up the cases of a unit, by name one of it; with `checks` who checks, also for the whole city."""
        right = Right.CHECK if checks else Right.ACCEPT
        chosen = {
            account.id: account
            for account, membership in self._memberships()
            if right in membership.rights
            and (unit in (membership.units or ()) or (checks and membership.units is None))
        }
        return [*chosen.values()]

    def has(self, account: Account, right: Right) -> bool:
        """Whether somebody has this right for anything in the city."""
        return any(right in membership.rights for membership in self.roles.get(account.id, ()))

    def _memberships(self) -> Iterator[tuple[Account, Membership]]:
        for account_id, account in self.accounts.items():
            for membership in self.roles.get(account_id, ()):
                yield account, membership


def _reaches(membership: Membership, unit: str | None) -> bool:
    return membership.units is None or unit in membership.units


def of_city(conn: Connection, jurisdiction_id: str, rights_of_role: RightsOfRole, now: datetime) -> People:
    """The people of a city; two statements."""
    roles = memberships.in_jurisdiction(conn, jurisdiction_id, rights_of_role, now)
    listed = accounts.by_ids(conn, roles)
    return People({account.id: account for account in listed if account.in_force(now)}, roles)
