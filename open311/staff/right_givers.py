"""Whom somebody asks who lacks a right: which roles have it, and who gives roles."""

from collections.abc import Iterable
from dataclasses import dataclass

from open311.base.errors import Problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.staff.rights import Staff
from open311.staff.blueprint import maybe_signed_in
from open311.staff.catalogue_names import name_of_role
from open311.storage.staff_accounts import accounts, memberships

MISSING = "error.right.missing"
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Givers:
    """The roles that a right belongs to, and the administrators by name."""

    roles: tuple[str, ...]
    names: tuple[str, ...]


def givers(problems: Iterable[Problem]) -> Givers | None:
    """Who helps with the first right that is missing; None where none is, or nobody is signed in."""
    somebody = maybe_signed_in()
    missing = next((refusal for refusal in problems if refusal.key == MISSING), None)
    if somebody is None or missing is None:
        return None
    right = Right(missing.values["right"].key.removeprefix("desk.right."))
    return Givers(_roles_with(right, somebody.staff), _administrators(somebody.staff))


def _roles_with(right: Right, asking: Staff) -> tuple[str, ...]:
    """The roles with a right in the cities that somebody works for, by name."""
    catalogues = current.core().catalogues
    roles = (role for city in asking.jurisdictions() for role in catalogues.roles(city).values())
    return tuple(dict.fromkeys(name_of_role(role) for role in roles if right in role.rights))


def _administrators(asking: Staff) -> tuple[str, ...]:
    """Those of the cities that somebody works for. Their names are told: to be asked is what they are there for."""
    core = current.core()
    with core.database.read() as conn:
        ids = [
            account_id
            for city in asking.jurisdictions()
            for account_id, held in memberships.in_jurisdiction(
                conn, city, core.catalogues.rights_of_role, core.now()
            ).items()
            if account_id != asking.account_id and any(Right.MANAGE_ACCOUNTS in role.rights for role in held)
        ]
        names = accounts.names(conn, ids[:MOST_NAMES]) if ids else {}
    return tuple(sorted(names.values(), key=str.casefold))
