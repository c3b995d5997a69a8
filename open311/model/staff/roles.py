"""What staff are employed to do: roles as a table of rights, and which cases each right reaches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from open311.base.text import NO_TEXT, Text
from open311.model.access.actor import Right


class Reach(StrEnum):
    """Which of the cases in the scope of a membership a right is good for."""

    ALL = "all"
    PUBLISHED = "published"
    # The case is with one of the units of the membership, or was once.
    UNIT = "unit"
    FORMER = "former"
    # The case is this person's.
    OWN = "own"
    # This person took the report in: for as long as it is open, or for a day.
    TAKEN_IN = "taken_in"
    JUST_TAKEN_IN = "just_taken_in"


class Role(StrEnum):
    """The codes of the roles that every city has; its catalogue may change their rights, and add others."""

    READER = "reader"
    OPERATOR = "operator"
    CHECKER = "checker"
    WORKER = "worker"
    FIELD = "field"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"


Reaches = frozenset[Reach]
RoleRights = Mapping[Right, Reaches]
# The rights of a role, by jurisdiction and code; none where the catalogue does not have it.
RightsOfRole = Callable[[str, str], RoleRights]
NO_RIGHTS: RoleRights = {}
ALL = frozenset({Reach.ALL})
UNIT = frozenset({Reach.UNIT})
ONCE_OURS = frozenset({Reach.UNIT, Reach.FORMER})
OURS_OR_PUBLIC = ONCE_OURS | {Reach.PUBLISHED}
OWN = frozenset({Reach.OWN})
TAKEN_IN = frozenset({Reach.TAKEN_IN})
JUST_TAKEN_IN = frozenset({Reach.JUST_TAKEN_IN})
# Whoever has just hung up notices that the number was misheard; later the contact is no business of theirs.
JUST = timedelta(hours=24)


def _rights(reaches: Reaches, *rights: Right) -> dict[Right, Reaches]:
    return dict.fromkeys(rights, reaches)


_WORK = (
    Right.SET_STATUS,
    Right.WRITE_PUBLIC,
    Right.WRITE_REPORTER,
    Right.NOTE,
    Right.ACCEPT,
    Right.PLAN,
    Right.ORDER,
)
_IN_SIGHT_OF_A_UNIT = _rights(OURS_OR_PUBLIC, Right.SEE_REPORTS) | _rights(ONCE_OURS, Right.SEE_HELD)
BUILT_IN_RIGHTS: Mapping[Role, RoleRights] = {
    Role.READER: _rights(frozenset({Reach.PUBLISHED}), Right.SEE_REPORTS),
    Role.OPERATOR: _rights(ALL, Right.SEE_REPORTS, Right.SEE_HELD_NEARBY, Right.NOTE, Right.INTAKE)
    | _rights(TAKEN_IN, Right.SEE_HELD)
    | _rights(JUST_TAKEN_IN, Right.SEE_CALLER),
    Role.CHECKER: _rights(
        ALL,
        Right.SEE_REPORTS,
        Right.SEE_HELD,
        Right.SEE_HELD_NEARBY,
        Right.SEE_REPORTER,
        Right.SEE_ORIGINALS,
        Right.CHECK,
        Right.EDIT,
        Right.MERGE,
        Right.ASSIGN_UNIT,
        Right.ASSIGN_PERSON,
        *_WORK,
        Right.INTAKE,
        Right.BULK,
        Right.EXPORT,
        Right.FIGURES,
        Right.TEMPLATES,
        Right.SHARE_VIEWS,
        Right.BLOCK_SENDER,
        Right.API_TOKENS,
    ),
    Role.WORKER: _IN_SIGHT_OF_A_UNIT
    | _rights(
        UNIT,
        Right.SEE_REPORTER,
        Right.SEE_UNIT_ORIGINALS,
        *_WORK,
        Right.ASSIGN_PERSON,
        Right.FIELD,
        Right.EXPORT,
        Right.FIGURES,
    )
    | _rights(ALL, Right.INTAKE),
    # Says on the spot what is done; staff of the unit confirm it by the status.
    Role.FIELD: _rights(OWN, Right.SEE_REPORTS, Right.SEE_HELD, Right.NOTE, Right.FIELD)
    | _rights(ALL, Right.INTAKE),
    Role.LEAD: _IN_SIGHT_OF_A_UNIT
    | _rights(
        UNIT,
        Right.SEE_REPORTER,
        Right.SEE_UNIT_ORIGINALS,
        Right.EDIT,
        Right.ASSIGN_UNIT,
        Right.ASSIGN_PERSON,
        *_WORK,
        Right.FIELD,
        Right.BULK,
        Right.EXPORT,
        Right.FIGURES,
    )
    | _rights(ALL, Right.INTAKE, Right.TEMPLATES, Right.SHARE_VIEWS, Right.MANAGE_MEMBERS, Right.API_TOKENS),
    Role.SUPERVISOR: _rights(
        ALL,
        Right.SEE_REPORTS,
        Right.SEE_HELD,
        Right.SEE_ALL_UNITS,
        Right.PLAN,
        Right.NOTE,
        Right.EXPORT,
        Right.FIGURES,
        Right.API_TOKENS,
    ),
    Role.ADMIN: _rights(ALL, Right.TEMPLATES, Right.MANAGE_MEMBERS, Right.MANAGE_ACCOUNTS)
    | _rights(OWN, Right.READ_AUDIT),
    # All that is published; without `see_held` the rest is erased unread.
    Role.AUDITOR: _rights(
        ALL, Right.SEE_REPORTS, Right.EXPORT_PERSONAL, Right.FIGURES, Right.ERASE, Right.READ_AUDIT
    ),
}
# What is not about one case: it is good for everything or it is not there.
ABOUT_NO_CASE = frozenset(
    {
        Right.BULK,
        Right.EXPORT_PERSONAL,
        Right.TEMPLATES,
        Right.SHARE_VIEWS,
        Right.BLOCK_SENDER,
        Right.MANAGE_MEMBERS,
        Right.MANAGE_ACCOUNTS,
        Right.API_TOKENS,
    }
)
# What shows personal data or gives rights away: whoever has one of these needs a second factor.
SENSITIVE = frozenset(
    {
        Right.SEE_HELD,
        Right.SEE_REPORTER,
        Right.SEE_CALLER,
        Right.SEE_ORIGINALS,
        Right.SEE_UNIT_ORIGINALS,
        Right.EXPORT_PERSONAL,
        Right.ERASE,
        Right.MANAGE_MEMBERS,
        Right.MANAGE_ACCOUNTS,
        Right.READ_AUDIT,
    }
)
# Whoever has one of these gives rights to others.
GIVING = frozenset({Right.MANAGE_MEMBERS, Right.MANAGE_ACCOUNTS})
# Where a right of this reach is good, it is good for the narrower ones as well. What is a person's own is narrower
# than what is their unit's: somebody who works for the unit has given it to them.
_NARROWER: Mapping[Reach, Reaches] = {
    Reach.ALL: frozenset(Reach),
    Reach.UNIT: frozenset({Reach.UNIT, Reach.OWN}),
    Reach.TAKEN_IN: frozenset({Reach.TAKEN_IN, Reach.JUST_TAKEN_IN}),
}


def is_within(rights: RoleRights, wider: RoleRights) -> bool:
    """Whether nothing among these rights is good for more than the same right among the others."""
    return all(reaches <= _with_narrower(wider.get(right, frozenset())) for right, reaches in rights.items())


def _with_narrower(reaches: Reaches) -> Reaches:
    return reaches.union(*(_NARROWER.get(reach, frozenset()) for reach in reaches))


@dataclass(frozen=True, slots=True, kw_only=True)
class CityRole:
    """A role as a city has it. Without a name it is called as everywhere; `means` says in a few words what for."""

    code: str
    rights: RoleRights
    name: Text = NO_TEXT
    means: Text = NO_TEXT


BUILT_IN: Mapping[str, CityRole] = {
    role.value: CityRole(code=role.value, rights=rights) for role, rights in BUILT_IN_RIGHTS.items()
}
