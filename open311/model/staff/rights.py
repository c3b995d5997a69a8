"""Who of the staff may do what: memberships give the rights of a role, within their scope."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from open311.model.access.actor import Actor, Right, staff_actor
from open311.model.service_request import Visibility
from open311.model.staff.roles import (
    GIVING,
    JUST,
    NO_RIGHTS,
    Reach,
    Reaches,
    RightsOfRole,
    RoleRights,
    is_within,
)

# What a role can be narrowed to, by the names of the lists of codes.
NARROWED_TO = ("units", "services", "areas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A role in one jurisdiction, by its code. None for units, services or areas means all.

    `role_rights` are those that the catalogue gives to the role; until somebody has looked there, it gives none.
    `only`: no more than these rights.
    """

    jurisdiction_id: str
    role: str
    units: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    ends_datetime: datetime | None = None
    source: str = "local"
    id: int = 0
    only: frozenset[Right] | None = None
    role_rights: RoleRights = field(default_factory=lambda: NO_RIGHTS, hash=False)

    def with_rights(self, rights_of_role: RightsOfRole) -> "Membership":
        """The same with the rights that the role has now."""
        return replace(self, role_rights=rights_of_role(self.jurisdiction_id, self.role))

    def in_force(self, now: datetime) -> bool:
        return self.ends_datetime is None or now < self.ends_datetime

    def in_words(self) -> dict[str, Any]:
        scope = {name: list(codes) for name, codes in self.scope.items() if codes is not None}
        ends = {"ends": self.ends_datetime.isoformat()} if self.ends_datetime else {}
        return {"jurisdiction_id": self.jurisdiction_id, "role": str(self.role), **scope, **ends}

    @property
    def scope(self) -> dict[str, tuple[str, ...] | None]:
        return {name: getattr(self, name) for name in NARROWED_TO}

    def lies_within(self, other: "Membership") -> bool:
        """Whether it is good for nothing that the other is not good for, whatever their roles."""
        theirs = other.scope
        return self.jurisdiction_id == other.jurisdiction_id and all(
            (wider := theirs[name]) is None or (codes is not None and {*codes} <= {*wider})
            for name, codes in self.scope.items()
        )

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset(self.role_rights).intersection(self.role_rights if self.only is None else self.only)

    def reaches(self, right: Right) -> Reaches:
        """Which cases the right is good for; empty where the membership lacks it."""
        return self.role_rights[right] if right in self.rights else frozenset()


class Case(Protocol):
    @property
    def jurisdiction_id(self) -> str: ...
    @property
    def service_code(self) -> str: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def former_units(self) -> Collection[str]: ...
    @property
    def areas(self) -> Collection[str]: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def taken_in_by(self) -> int | None: ...
    @property
    def received_datetime(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Grant:
    """A right within the scope of one membership: `may` asks it about a case, storage makes a condition of it."""

    reaches: Reaches
    membership: Membership
    account_id: int
    at: datetime

    @property
    def just_since(self) -> datetime:
        """What was received since then has just been taken in."""
        return self.at - JUST

    def covers(self, case: Case, visibility: str) -> bool:
        """Whether it is good for this case, whose report is seen like that."""
        scope = self.membership
        return (
            case.jurisdiction_id == scope.jurisdiction_id
            and (scope.services is None or case.service_code in scope.services)
            and (scope.areas is None or not set(scope.areas).isdisjoint(case.areas))
            and any(self._reached(reach, case, visibility) for reach in self.reaches)
        )

    def _reached(self, reach: Reach, case: Case, visibility: str) -> bool:
        units = self.membership.units
        match reach:
            case Reach.ALL:
                return True
            case Reach.PUBLISHED:
                return visibility == Visibility.PUBLISHED
            case Reach.UNIT:
                return case.unit is not None and (units is None or case.unit in units)
            case Reach.FORMER:
                return bool(case.former_units if units is None else {*units} & {*case.former_units})
            case Reach.OWN:
                return case.assignee_id == self.account_id
            case Reach.TAKEN_IN:
                return case.taken_in_by == self.account_id
            case Reach.JUST_TAKEN_IN:
                return case.taken_in_by == self.account_id and case.received_datetime > self.just_since


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the staff, with the memberships that are in force at a moment."""

    account_id: int
    memberships: tuple[Membership, ...]
    # The same person a moment later is the same: what was counted for them is kept under who they are.
    at: datetime = field(compare=False)

    @property
    def rights(self) -> frozenset[Right]:
        """Every right, wherever it is good for."""
        return frozenset(right for membership in self.memberships for right in membership.rights)

    def limited_to(self, rights: Iterable[Right]) -> "Staff":
        """The same person with no more than these rights."""
        only = frozenset(rights)
        return replace(self, memberships=tuple(replace(own, only=only) for own in self.memberships))

    def rights_in(self, jurisdiction_id: str) -> frozenset[Right]:
        return replace(self, memberships=self.within(jurisdiction_id)).rights

    def within(self, jurisdiction_id: str) -> tuple[Membership, ...]:
        return tuple(
            membership for membership in self.memberships if membership.jurisdiction_id == jurisdiction_id
        )

    def jurisdictions(self, right: Right | None = None) -> tuple[str, ...]:
        chosen = [membership for membership in self.memberships if right is None or membership.reaches(right)]
        return tuple(sorted({membership.jurisdiction_id for membership in chosen}))

    def units(self, jurisdiction_id: str) -> tuple[str, ...]:
        """The units somebody belongs to by name."""
        return tuple(
            sorted({unit for membership in self.within(jurisdiction_id) for unit in membership.units or ()})
        )

    def services(self, right: Right, jurisdiction_id: str) -> frozenset[str] | None:
        """The services that a right is good for in one jurisdiction; None for all of them."""
        chosen = [
            membership.services for membership in self.within(jurisdiction_id) if membership.reaches(right)
        ]
        # One membership for all services is enough, whatever the others name.
        if None in chosen:
            return None
        return frozenset(code for codes in chosen for code in codes or ())

    def actor(self, jurisdiction_id: str) -> Actor:
        """Who acts on things of this jurisdiction, with the rights that are good there."""
        return staff_actor(self.account_id, self.rights_in(jurisdiction_id), [jurisdiction_id])


def grants(staff: Staff, right: Right) -> tuple[Grant, ...]:
    """Every grant of a right that somebody has; the one source of `may` and of the conditions of lists."""
    return tuple(
        Grant(reaches, membership, staff.account_id, staff.at)
        for membership in staff.memberships
        if (reaches := membership.reaches(right))
    )


def is_granted(staff: Staff, right: Right, case: Case, visibility: str) -> bool:
    """Whether a right is good for a case by itself, whether or not somebody may see it otherwise."""
    return any(grant.covers(case, visibility) for grant in grants(staff, right))


def may(staff: Staff, right: Right, case: Case, visibility: str) -> bool:
    """Whether somebody has a right to this very case, whose report is held, published, withheld or hidden.

    What is not published takes `see_held` besides, whatever the right.
    """
    needed_rights = {right} if visibility == Visibility.PUBLISHED else {right, Right.SEE_HELD}
    return all(is_granted(staff, needed, case, visibility) for needed in needed_rights)


def may_give(giver: Staff, account_id: int, membership: Membership) -> bool:
    """Whether somebody may give (or take) this membership; nobody decides about their own."""
    # Against escalation, and against an administrator who takes away the last account that could undo it.
    return giver.account_id != account_id and bool(_given_by(giver, membership))


def given_until(giver: Staff, membership: Membership) -> datetime | None:
    """Until when somebody may give a membership at most, for no role outlasts the one it is given by; None: ever."""
    ends = [own.ends_datetime for own in _given_by(giver, membership)]
    return None if None in ends else max(filter(None, ends), default=None)


def administers(giver: Staff, membership: Membership) -> bool:
    """Whether somebody manages accounts wherever this membership is good for anything."""
    return any(_administers(own, membership) for own in giver.within(membership.jurisdiction_id))


def _given_by(giver: Staff, membership: Membership) -> list[Membership]:
    """Those of somebody's own memberships by which they may give this one."""
    return [
        own
        for own in giver.within(membership.jurisdiction_id)
        if _administers(own, membership)
        or (own.reaches(Right.MANAGE_MEMBERS) and _may_hand_on(own, membership))
    ]


def _administers(own: Membership, membership: Membership) -> bool:
    return bool(own.reaches(Right.MANAGE_ACCOUNTS)) and membership.lies_within(own)


def _may_hand_on(own: Membership, membership: Membership) -> bool:
    """Whether a membership gives no more than one's own, and nothing to give on."""
    # Without units it would be good for all of them, also for those that the city founds later.
    return (
        bool(membership.units)
        and membership.lies_within(own)
        and membership.rights.isdisjoint(GIVING)
        and is_within(membership.role_rights, own.role_rights)
    )
