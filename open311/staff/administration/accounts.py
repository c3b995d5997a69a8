"""Administration: accounts, and who has which role where."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import accounts, own_account, role_scopes
from open311.actions.staff_mail import staff_mails
from open311.base.errors import Invalid, Problem, problem
from open311.base.i18n import LANGUAGES
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue
from open311.model.staff.accounts import Account, AccountState
from open311.model.staff.rights import NARROWED_TO, Membership, may_give
from open311.model.staff.roles import CityRole
from open311.staff import catalogue_names
from open311.staff.blueprint import account_actor, page, redirect_to, staff
from open311.staff.forms import posted
from open311.staff.own_cities import own_cities
from open311.staff.rendering import render

MANAGERS = (Right.MANAGE_ACCOUNTS, Right.MANAGE_MEMBERS)
LONGEST_LIST = 10_000
FIELDS = {
    "desk.account.name": "name",
    "desk.account.email": "email",
    "desk.account.taken": "email",
    "desk.account.language": "language",
    "desk.account.date": "ends",
    "error.jurisdiction.unknown": "jurisdiction_id",
    "desk.role.role": "role",
    "error.accounts.role": "role",
    "desk.role.units": "units",
    "desk.role.services": "services",
    "desk.role.areas": "areas",
    "desk.role.date": "role_ends",
    "desk.role.outlasts": "role_ends",
}


@page("/admin/accounts", *MANAGERS)
def accounts_list() -> ResponseReturnValue:
    """All accounts that somebody may manage."""
    listed = accounts.manageable(current.core(), account_actor())
    return render(
        "administration/accounts.html", listed=listed, may_add=Right.MANAGE_ACCOUNTS in staff().rights
    )


@page("/admin/accounts/new", Right.MANAGE_ACCOUNTS, methods=("GET", "POST"), confirmed=True)
def account_new() -> ResponseReturnValue:
    """Make an account with its first role, and invite its owner."""
    errors: dict[str, str] = {}
    if posted("action") == "add":
        try:
            return _add()
        except Invalid as refused:
            errors = _at_fields(refused)
    return render("administration/account_new.html", status=400 if errors else 200, errors=errors, **_form())


def _add() -> ResponseReturnValue:
    core, actor = current.core(), account_actor()
    role, problems = _role()
    ends, unreadable = _last_day(posted("ends"), "desk.account.date")
    try:
        own_account.checked(posted("name"), posted("email"), posted("language"))
    except Invalid as refused:
        problems = [*refused.problems, *problems]
    Invalid.unless_empty([*problems, *unreadable])
    assert role is not None
    language = posted("language")
    account_id = accounts.add(core, actor, posted("name"), posted("email"), language, [role], ends)
    return _invite(account_id)


def _invite(account_id: int) -> ResponseReturnValue:
    """Send the link, or show it this once where no mail is sent."""
    core, actor = current.core(), account_actor()
    if staff_mails.possible(core):
        accounts.invite_by_mail(core, actor, account_id)
        return redirect_to("account", account_id=account_id, done="invited")
    link = accounts.invite(core, actor, account_id)
    return render(
        "administration/account_link.html",
        account=accounts.details(core, actor, account_id).account,
        link=link,
    )


@page("/admin/accounts/<id:account_id>", *MANAGERS, methods=("GET", "POST"))
def account(account_id: int) -> ResponseReturnValue:
    """One account: its roles, and what can be done about it."""
    core, actor = current.core(), account_actor()
    shown = accounts.details(core, actor, account_id)
    return _account_page(shown)


def _account_page(
    shown: accounts.AccountWithRoles, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    account_shown = shown.account
    return render(
        "administration/account.html",
        status=400 if errors else 200,
        errors=errors,
        account=account_shown,
        roles=shown.memberships,
        own=account_shown.id == staff().account_id,
        admin=Right.MANAGE_ACCOUNTS in staff().rights,
        by_mail=staff_mails.possible(current.core()),
        invited=account_shown.state is AccountState.INVITED,
        left=account_shown.state is AccountState.LEFT,
        **_form(account_shown),
    )


@page("/admin/accounts/<id:account_id>/change", Right.MANAGE_ACCOUNTS, methods=("POST",), confirmed=True)
def account_change(account_id: int) -> ResponseReturnValue:
    """Write down another name, address or last day."""
    core, actor = current.core(), account_actor()
    try:
        ends, problems = _last_day(posted("ends"), "desk.account.date")
        Invalid.unless_empty(problems)
        accounts.change(core, actor, account_id, posted("name"), posted("email"), ends)
    except Invalid as refused:
        return _account_page(accounts.details(core, actor, account_id), _at_fields(refused))
    return redirect_to("account", account_id=account_id, done="saved")


@page("/admin/accounts/<id:account_id>/roles", *MANAGERS, methods=("POST",), confirmed=True)
def role_give(account_id: int) -> ResponseReturnValue:
    core, actor = current.core(), account_actor()
    try:
        role, problems = _role()
        Invalid.unless_empty(problems)
        assert role is not None
        accounts.give_role(core, actor, account_id, role)
    except Invalid as refused:
        return _account_page(accounts.details(core, actor, account_id), _at_fields(refused))
    return redirect_to("account", account_id=account_id, done="role_given")


@page("/admin/roles/<id:membership_id>/take", *MANAGERS, methods=("POST",), confirmed=True)
def role_take(membership_id: int) -> ResponseReturnValue:
    account_id = accounts.take_role(current.core(), account_actor(), membership_id)
    return redirect_to("account", account_id=account_id, done="role_taken")


@page("/admin/accounts/<id:account_id>/invite", Right.MANAGE_ACCOUNTS, methods=("POST",), confirmed=True)
def account_invite(account_id: int) -> ResponseReturnValue:
    """Send, or show, another link to begin with; the one before is void."""
    return _invite(account_id)


@page("/admin/accounts/<id:account_id>/reset", Right.MANAGE_ACCOUNTS, methods=("POST",), confirmed=True)
def account_reset(account_id: int) -> ResponseReturnValue:
    """Let somebody choose a new password, and with it a new app."""
    core, actor = current.core(), account_actor()
    by_mail = staff_mails.possible(core)
    link = accounts.reset(core, actor, account_id, factor=bool(posted("factor")), by_mail=by_mail)
    if link is None:
        return redirect_to("account", account_id=account_id, done="reset")
    return render(
        "administration/account_link.html",
        account=accounts.details(core, actor, account_id).account,
        link=link,
    )


@page("/admin/accounts/<id:account_id>/unlock", Right.MANAGE_ACCOUNTS, methods=("POST",))
def account_unlock(account_id: int) -> ResponseReturnValue:
    """Let somebody try again who has guessed too often."""
    accounts.unlock(current.core(), account_actor(), account_id)
    return redirect_to("account", account_id=account_id, done="unlocked")


@page("/admin/accounts/<id:account_id>/end", Right.MANAGE_ACCOUNTS, methods=("GET", "POST"), confirmed=True)
def account_end(account_id: int) -> ResponseReturnValue:
    """Close an account, after a question."""
    core, actor = current.core(), account_actor()
    shown = accounts.details(core, actor, account_id)
    if posted("end"):
        accounts.end(core, actor, account_id)
        return redirect_to("account", account_id=account_id, done="ended")
    return render("administration/account_end.html", account=shown.account)


@page("/admin/accounts/<id:account_id>/return", Right.MANAGE_ACCOUNTS, methods=("POST",), confirmed=True)
def account_return(account_id: int) -> ResponseReturnValue:
    accounts.bring_back(current.core(), account_actor(), account_id)
    return redirect_to("account", account_id=account_id, done="returned")


def _form(edited: Account | None = None) -> dict[str, object]:
    """What the fields offer, and what was typed into them."""
    cities = own_cities(*MANAGERS)
    ends = edited.ends_datetime if edited else None
    stored = {"name": edited.name, "email": edited.email, "ends": _shown_day(ends)} if edited else {}
    names = ("name", "email", "language", "ends", "jurisdiction_id", "role", *NARROWED_TO, "role_ends")
    return {
        "typed": {name: posted(name) or stored.get(name, "") for name in names},
        "cities": cities,
        "city_choices": [(city.jurisdiction.jurisdiction_id,) * 2 for city in cities],
        "offered": _offered(cities),
        "known": {name: _known(cities, name) for name in NARROWED_TO},
        "languages_offered": LANGUAGES,
    }


def _offered(cities: Sequence[Catalogue]) -> Sequence[tuple[str, str]]:
    """The roles that somebody may give somewhere, by code and in words."""
    offered: dict[str, dict[str, list[str]]] = {}
    for city in cities:
        own_roles = staff().within(city.jurisdiction.jurisdiction_id)
        for role in city.desk.roles.values():
            if any(_within(own, role, city) for own in own_roles):
                cities_by_words = offered.setdefault(role.code, {})
                cities_by_words.setdefault(_in_words(role), []).append(city.jurisdiction.jurisdiction_id)
    return [(code, _of_cities(cities_by_words)) for code, cities_by_words in offered.items()]


def _of_cities(cities_by_words: Mapping[str, Sequence[str]]) -> str:
    """What a role is called and is for; where cities call it differently, each of their words."""
    if len(cities_by_words) == 1:
        return next(iter(cities_by_words))
    return " · ".join(f"{words} ({', '.join(cities)})" for words, cities in cities_by_words.items())


def _within(own: Membership, role: CityRole, city: Catalogue) -> bool:
    """Whether somebody could give this role to a stranger, for all that their own is good for."""
    whole = replace(own, role=role.code, role_rights=role.rights, units=own.units or tuple(city.units))
    return may_give(staff(), 0, whole)


def _in_words(role: CityRole) -> str:
    name, meaning = catalogue_names.name_of_role(role), catalogue_names.meaning_of_role(role)
    return f"{name}: {meaning}" if meaning else name


def _known(cities: Sequence[Catalogue], name: str) -> list[str]:
    return sorted({code for city in cities for code in role_scopes.known(city)[name]})


def _cities() -> Sequence[Catalogue]:
    return current.core().catalogues.in_force


def _role() -> tuple[Membership | None, list[Problem]]:
    """The role that was typed, or what is wrong with it."""
    problems: list[Problem] = []
    known = {city.jurisdiction.jurisdiction_id: city for city in _cities()}
    jurisdiction_id = posted("jurisdiction_id") or (next(iter(known)) if len(known) == 1 else "")
    city = known.get(jurisdiction_id)
    if city is None:
        problems.append(problem("error.jurisdiction.unknown", jurisdiction_id=jurisdiction_id))
    if city and posted("role") not in city.desk.roles:
        problems.append(problem("desk.role.role"))
    scope = role_scopes.read({name: posted(name)[:LONGEST_LIST] for name in NARROWED_TO})
    if city:
        problems += role_scopes.unknown(city, scope)
    ends, unreadable = _last_day(posted("role_ends"), "desk.role.date")
    problems += unreadable
    if problems:
        return None, problems
    role = posted("role")
    return Membership(jurisdiction_id=jurisdiction_id, role=role, ends_datetime=ends, **scope), []


def _last_day(typed: str, key: str) -> tuple[datetime | None, list[Problem]]:
    """The moment after the last day, in the city's time."""
    if not typed.strip():
        return None, []
    try:
        day = date.fromisoformat(typed.strip())
        return datetime.combine(day + timedelta(days=1), time(), current.time_zone()), []
    except (ValueError, OverflowError):
        return None, [problem(key)]


def _shown_day(ends: datetime | None) -> str:
    return (ends.astimezone(current.time_zone()) - timedelta(seconds=1)).date().isoformat() if ends else ""


def _at_fields(refused: Invalid) -> dict[str, str]:
    return {FIELDS.get(problem.key, "name"): in_words(problem) for problem in refused.problems}
