"""`open311 account`: accounts of the staff."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import click

from open311.actions.staff_accounts import accounts, role_scopes
from open311.actions.staff_accounts.role_scopes import Scope
from open311.actions.staff_mail import staff_mails
from open311.base.errors import ConfigurationError
from open311.base.i18n import LANGUAGES, first_known
from open311.cli.access.account_import import import_accounts
from open311.cli.common import ROW_NUMBER, WHICH_CITY, opened, show_table
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.staff.accounts import Account
from open311.model.staff.rights import Membership
from open311.model.staff.roles import Role
from open311.storage.staff_accounts import accounts as storage

role_option = click.option(
    "--role",
    "role_name",
    required=True,
    metavar="ROLE",
    help=f"What they do: {', '.join(Role)}, or a role of the catalogue's own.",
)
city_option = click.option("--jurisdiction", "jurisdiction_id", help=WHICH_CITY)
SCOPE_OPTIONS = (
    click.option("--unit", "units", multiple=True, help="A unit of theirs, may be repeated; else all."),
    click.option(
        "--service", "services", multiple=True, help="A service they see, may be repeated; else all."
    ),
    click.option(
        "--area", "areas", multiple=True, help="An area they see, may be repeated; else the whole city."
    ),
)
ends_option = click.option("--ends", help="The last day, as 2026-12-31.")


def scope_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a role can be narrowed to."""
    for option in reversed(SCOPE_OPTIONS):
        command = option(command)
    return command


@click.group()
def account() -> None:
    """Accounts of the staff: who may use the desk, with which roles."""


@account.command()
@click.argument("name")
@click.argument("email")
@role_option
@city_option
@scope_options
@ends_option
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="Else the first of the city's that the desk knows."
)
def add(
    name: str,
    email: str,
    role_name: str,
    jurisdiction_id: str | None,
    ends: str | None,
    language: str | None,
    **scope: tuple[str, ...],
) -> None:
    """Make an account for NAME, and print a one-time link alone on the last line."""
    with opened() as core:
        role = _membership(core, role_name, jurisdiction_id, scope, None)
        spoken = language or first_known(core.catalogues.owner(role.jurisdiction_id).jurisdiction.languages)
        account_id = accounts.add(core, cli_actor(), name, email, spoken, [role], _moment(core, ends))
        link = accounts.invite(core, cli_actor(), account_id)
    # When all is stored: a link that is printed works.
    _show_link(name, link)


@account.command()
@click.argument("email")
@click.option("--mail", is_flag=True, help="Send the link instead of printing it.")
def invite(email: str, mail: bool) -> None:
    """Give somebody who has not begun yet another one-time link."""
    with opened() as core:
        account = _account(core, email)
        if mail:
            _require_mail(core)
            accounts.invite_by_mail(core, cli_actor(), account.id)
            click.echo(f"A link goes to {account.email}.")
            return
        link = accounts.invite(core, cli_actor(), account.id)
    _show_link(account.name, link)


@account.command("list")
def list_accounts() -> None:
    """Show all accounts and their roles."""
    with opened() as core:
        listed = accounts.manageable(core, cli_actor())
    rows = [
        (
            account.id,
            account.name,
            account.email,
            account.state.value,
            "yes" if account.second_factor else "no",
            account.ends_datetime,
            "; ".join(map(_role_in_words, roles)),
        )
        for account, roles in listed
    ]
    show_table(("id", "name", "email", "state", "second factor", "ends", "roles"), rows)


@account.command()
@click.argument("email")
def show(email: str) -> None:
    """Show one account with the numbers of its roles."""
    with opened() as core:
        account, roles = accounts.details(core, cli_actor(), _account(core, email).id)
    show_table(
        ("id", "name", "email", "language", "state", "second factor", "ends", "left"),
        [
            (
                account.id,
                account.name,
                account.email,
                account.language,
                account.state.value,
                "yes" if account.second_factor else "no",
                account.ends_datetime,
                account.left_datetime,
            )
        ],
    )
    rows = [(role.id, _role_in_words(role), role.ends_datetime) for role in roles]
    show_table(("role", "what", "ends"), rows, nothing=f"{account.name} has no role.")


@account.command()
@click.argument("email")
@role_option
@city_option
@scope_options
@ends_option
def role(
    email: str,
    role_name: str,
    jurisdiction_id: str | None,
    ends: str | None,
    **scope: tuple[str, ...],
) -> None:
    """Give somebody one more role; `open311 account take` takes one away."""
    with opened() as core:
        membership = _membership(core, role_name, jurisdiction_id, scope, ends)
        number = accounts.give_role(core, cli_actor(), _account(core, email).id, membership)
    click.echo(f"Role {number}: {_role_in_words(membership)}")


@account.command()
@click.argument("role", type=ROW_NUMBER)
def take(role: int) -> None:
    """Take away the role with this number, as `open311 account show` lists it."""
    with opened() as core:
        accounts.take_role(core, cli_actor(), role)
    click.echo(f"Role {role} is taken away.")


@account.command()
@click.argument("email")
def end(email: str) -> None:
    """Close an account at once; the name is forgotten after half a year."""
    with opened() as core:
        accounts.end(core, cli_actor(), _account(core, email).id)
    click.echo(f"The account of {email} has ended.")


@account.command("return")
@click.argument("email")
def bring_back(email: str) -> None:
    """Open an account again; it needs a role and an invitation."""
    with opened() as core:
        accounts.bring_back(core, cli_actor(), _account(core, email).id)
    click.echo(f"The account of {email} is back; give it a role and invite its owner.")


@account.command()
@click.argument("email")
@click.option("--second-factor", is_flag=True, help="Their telephone is lost: let them set up another one.")
@click.option("--mail", is_flag=True, help="Send the link instead of printing it.")
def reset(email: str, second_factor: bool, mail: bool) -> None:
    """Make the password void and print a one-time link for a new one alone on the last line."""
    with opened() as core:
        if mail:
            _require_mail(core)
        account = _account(core, email)
        link = accounts.reset(core, cli_actor(), account.id, factor=second_factor, by_mail=mail)
    if link is None:
        click.echo(f"A link goes to {account.email}.")
        return
    _show_link(account.name, link)


@account.command()
@click.argument("email")
def unlock(email: str) -> None:
    """Let somebody try again at once who has entered something wrong too often."""
    with opened() as core:
        accounts.unlock(core, cli_actor(), _account(core, email).id)
    click.echo(f"{email} can sign in again.")


def _account(core: Core, email: str) -> Account:
    with core.database.read() as conn:
        account = storage.by_email(conn, email)
    if account is None:
        raise ConfigurationError(f"there is no account of {email}; `open311 account list` shows them all")
    return account


def _require_mail(core: Core) -> None:
    if not staff_mails.possible(core):
        raise ConfigurationError("no mail is sent here: set OPEN311_SMTP_URL, or leave --mail out")


def _membership(
    core: Core,
    role_name: str,
    jurisdiction_id: str | None,
    scope: Scope,
    ends: str | None,
) -> Membership:
    city = core.catalogues.find(jurisdiction_id)
    _require_known("role", (role_name,), city.desk.roles)
    for name, known in role_scopes.known(city).items():
        _require_known(name.removesuffix("s"), scope[name], known)
    return Membership(
        jurisdiction_id=city.jurisdiction.jurisdiction_id,
        role=role_name,
        ends_datetime=_moment(core, ends),
        **role_scopes.read({name: " ".join(codes) for name, codes in scope.items()}),
    )


def _require_known(what: str, codes: Sequence[str], known: Collection[str]) -> None:
    for code in codes:
        if code not in known:
            raise ConfigurationError(f"there is no {what} {code}; known are: {', '.join(known)}")


def _moment(core: Core, day: str | None) -> datetime | None:
    """The moment after the last day, in the time of the first city."""
    if day is None:
        return None
    zone = core.catalogues.in_force[0].jurisdiction.time_zone
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{day} is no day such as 2026-12-31") from None


def _role_in_words(role: Membership) -> str:
    parts = [str(role.role), role.jurisdiction_id]
    parts += [f"{name} {' '.join(codes)}" for name, codes in role.scope.items() if codes]
    return ", ".join(parts)


def _show_link(name: str, link: str) -> None:
    click.echo(f"The one-time link for {name}; pass it on in person, it cannot be shown again:", err=True)
    click.echo(link)


account.add_command(import_accounts)
