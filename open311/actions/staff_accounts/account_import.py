"""Accounts out of a file: who is missing gets one, with a role a line; doing it again changes nothing."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from io import StringIO
from typing import NamedTuple

from open311.actions.staff_accounts import accounts, own_account, role_scopes
from open311.base.errors import Invalid, Open311Error, Problem, problem
from open311.base.i18n import first_known
from open311.core import Core
from open311.model.access.actor import Actor
from open311.model.catalogue import Catalogue
from open311.model.staff.accounts import AccountState
from open311.model.staff.rights import NARROWED_TO, Membership
from open311.storage.staff_accounts import accounts as storage

COLUMNS = ("name", "email", "role", "jurisdiction_id", *NARROWED_TO, "ends", "language")
NEEDED = ("name", "email", "role")
MOST_LINES = 20_000


class LineOutcome(StrEnum):
    ADDED = "added"
    ROLE_GIVEN = "role_given"
    UNCHANGED = "unchanged"


class Line(NamedTuple):
    """A line of the file, with its number in it; `values` by column."""

    number: int
    values: Mapping[str, str]


class Person(NamedTuple):
    """Somebody as a line describes them."""

    name: str
    email: str
    language: str
    role: Membership


class Result(NamedTuple):
    """What became of somebody; the id is 0 in a dry run for somebody who would be new."""

    done: LineOutcome
    person: Person
    account_id: int


def lines(text: str) -> Iterator[Line]:
    """The lines of a CSV file with commas or semicolons; raises `Invalid` when its head is not as it must be."""
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    # German spreadsheets write semicolons; the head tells, since no column has either in its name.
    delimiter = ";" if head.count(";") > head.count(",") else ","
    # Without translation of line ends: one may be within a quoted cell.
    reader = csv.DictReader(StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    columns = [str(column or "").strip().lower() for column in reader.fieldnames or ()]
    unknown, missing = set(columns) - {*COLUMNS}, {*NEEDED} - set(columns)
    if unknown or missing:
        raise Invalid(problem("error.accounts.columns", needed=", ".join(NEEDED), known=", ".join(COLUMNS)))
    reader.fieldnames = columns
    for count, row in enumerate(reader):
        if count >= MOST_LINES:
            raise Invalid(problem("error.accounts.too_many", most=MOST_LINES))
        values = {name: str(value or "").strip() for name, value in row.items() if name}
        if any(values.values()):
            yield Line(reader.line_num, values)


def bring_in(core: Core, actor: Actor, line: Line, *, dry_run: bool = False) -> Result:
    """Make the account of a line, unless there is one, and give the role, unless it has it. Raises `Invalid`."""
    person = _checked(core, line.values)
    with core.database.read() as conn:
        account = storage.by_email(conn, person.email)
    if account is None:
        if dry_run:
            return Result(LineOutcome.ADDED, person, 0)
        account_id = accounts.add(core, actor, person.name, person.email, person.language, [person.role])
        return Result(LineOutcome.ADDED, person, account_id)
    if account.state is AccountState.LEFT:
        raise Invalid(problem("desk.account.left"))
    held = [
        role
        for role in accounts.details(core, actor, account.id).memberships
        if _scope(role) == _scope(person.role)
    ]
    if any(role.ends_datetime == person.role.ends_datetime for role in held):
        return Result(LineOutcome.UNCHANGED, person, account.id)
    if not dry_run:
        # The same role until another day is one role that was prolonged, not two.
        for role in held:
            accounts.take_role(core, actor, role.id)
        accounts.give_role(core, actor, account.id, person.role)
    return Result(LineOutcome.ROLE_GIVEN, person, account.id)


def _scope(role: Membership) -> tuple[object, ...]:
    return role.jurisdiction_id, role.role, *(frozenset(codes or ()) for codes in role.scope.values())


def _checked(core: Core, values: Mapping[str, str]) -> Person:
    """What a line says; raises `Invalid` with all that is wrong with it."""
    try:
        city = core.catalogues.find(values.get("jurisdiction_id") or None)
    except Open311Error as unknown:
        raise Invalid(*unknown.problems) from None
    problems: list[Problem] = []
    if values["role"] not in city.desk.roles:
        known = ", ".join(city.desk.roles)
        problems.append(problem("error.accounts.role", role=values["role"], known=known))
    scope = role_scopes.read(values)
    problems += role_scopes.unknown(city, scope)
    ends = _last_day(city, values.get("ends", ""), problems)
    spoken = values.get("language") or first_known(city.jurisdiction.languages)
    name, email = values["name"], values["email"]
    try:
        name, email, spoken = own_account.checked(name, email, spoken)
    except Invalid as refused:
        problems = [*refused.problems, *problems]
    Invalid.unless_empty(problems)
    role = Membership(
        jurisdiction_id=city.jurisdiction.jurisdiction_id,
        role=values["role"],
        ends_datetime=ends,
        **scope,
    )
    return Person(name, email, spoken, role)


def _last_day(city: Catalogue, day: str, problems: list[Problem]) -> datetime | None:
    """The moment after the last day, in the city's time."""
    if not day:
        return None
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
        return datetime.combine(after, time(), city.jurisdiction.time_zone)
    except (ValueError, OverflowError):
        problems.append(problem("desk.role.date"))
        return None
