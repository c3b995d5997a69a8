"""Staff to try things out with: one account a role, and a link for the first administrator of one's own."""

import os
import secrets
from pathlib import Path
from typing import NamedTuple

from open311.actions.staff_accounts import accounts, own_account
from open311.actions.staff_accounts.sign_in import Sender
from open311.base.i18n import first_known
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.catalogue import Catalogue
from open311.model.staff.accounts import AccountState
from open311.model.staff.rights import Membership
from open311.model.staff.roles import Role
from open311.storage.staff_accounts import accounts as storage

# Nobody gets mail at these: the domain is reserved for examples (RFC 2606).
DOMAIN = "stadt.example"
FIRST_ADMIN = f"you@{DOMAIN}"
PASSWORD_FILE = "staff-password"
SENDER = Sender("127.0.0.1", "")
# Given name by role; who belongs to a unit is put into the first one that has work.
PEOPLE = {
    Role.CHECKER: "Bea",
    Role.WORKER: "Rita",
    Role.LEAD: "Lutz",
    Role.OPERATOR: "Olga",
    Role.FIELD: "Finn",
    Role.SUPERVISOR: "Vera",
    Role.ADMIN: "Ada",
    Role.AUDITOR: "Rolf",
    Role.READER: "Lena",
}
IN_A_UNIT = frozenset({Role.WORKER, Role.LEAD, Role.FIELD})


class DemoStaff(NamedTuple):
    people: tuple[tuple[Role, str], ...]
    password: str


def seed(core: Core) -> DemoStaff:
    """One account a role, all with one password; those that are there already stay as they are."""
    password = _password(core.settings.data_dir)
    city = next(
        catalogue for catalogue in core.catalogues.in_force if not catalogue.jurisdiction.harvested_from
    )
    people = tuple((role, f"{name.lower()}@{DOMAIN}") for role, name in PEOPLE.items())
    for role, email in people:
        with core.database.read() as conn:
            account = storage.by_email(conn, email)
        if account is None:
            _make(core, city, role, email, password)
    return DemoStaff(people, password)


def _make(core: Core, city: Catalogue, role: Role, email: str, password: str) -> None:
    units = _with_work(city) if role in IN_A_UNIT else ()
    membership = Membership(
        jurisdiction_id=city.jurisdiction.jurisdiction_id, role=role, units=tuple(units) or None
    )
    name = f"{PEOPLE[role]} Beispiel"
    account_id = accounts.add(
        core, cli_actor(), name, email, first_known(city.jurisdiction.languages), [membership]
    )
    link = accounts.invite(core, cli_actor(), account_id)
    own_account.take_up(core, link.rpartition("/")[2], name, password, SENDER)


def _with_work(city: Catalogue) -> tuple[str, ...]:
    """The unit of the first service that has one which does more than check."""
    agencies = [service.agency for service in city.active_services() if service.agency in city.units]
    return tuple(agency for agency in agencies if agency and agency != city.desk.checkers)[:1]


def _password(folder: Path) -> str:
    """Made once for this folder, and readable by its owner alone."""
    kept = folder / PASSWORD_FILE
    if kept.exists():
        return kept.read_text(encoding="ascii").strip()
    folder.mkdir(parents=True, exist_ok=True)
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    # With its rights from the beginning: a change of them afterwards leaves a moment in which others can read it.
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password + "\n")
    return password


def first_link(core: Core) -> str | None:
    """A one-time link for the administrator who sets up a desk of their own; None once it was taken up."""
    with core.database.read() as conn:
        account = storage.by_email(conn, FIRST_ADMIN)
    if account is not None and account.state is not AccountState.INVITED:
        return None
    if account is None:
        cities = [catalogue.jurisdiction.jurisdiction_id for catalogue in core.catalogues.in_force]
        roles = [Membership(jurisdiction_id=city, role=Role.ADMIN) for city in cities]
        language = first_known(core.catalogues.in_force[0].jurisdiction.languages)
        account_id = accounts.add(core, cli_actor(), "Administration", FIRST_ADMIN, language, roles)
        return accounts.invite(core, cli_actor(), account_id)
    return accounts.invite(core, cli_actor(), account.id)
