"""What staff are employed to do: roles as a table of rights, and which cases each right reaches."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

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
    """What somebody is employed to do."""

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
ROLES: Mapping[Role, Mapping[Right, Reaches]] = {
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
    Role.AUDITOR: _rights(ALL, Right.EXPORT_PERSONAL, Right.FIGURES, Right.ERASE, Right.READ_AUDIT),
}
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
# What a lead may give to people of the own units.
GIVEN_BY_LEADS = frozenset({Role.READER, Role.WORKER, Role.FIELD})
