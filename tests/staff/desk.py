"""The desk as its people use it: accounts with roles, signed in, whose forms carry what browsers send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection, func, insert, select
from werkzeug.test import TestResponse

from open311.actions.staff_accounts.sign_in import Sender
from open311.adapters import vault
from open311.adapters.signing_in import one_time_codes, passwords
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.access.secret_tokens import digest, new_token
from open311.model.staff.accounts import AccountState, Stage, rounded_up
from open311.model.staff.audit import BEGINNING, AuditKind, AuditLine
from open311.model.staff.rights import Membership, Staff
from open311.model.staff.roles import BUILT_IN_RIGHTS, Role
from open311.model.staff.sign_in import SecondFactor
from open311.staff import session_cookie
from open311.storage import tables
from open311.storage.database import advisory_locks
from open311.storage.staff_accounts import accounts as stored
from open311.storage.staff_accounts import memberships, sessions
from tests.client import Client, client_of
from tests.markup import repeated_ids

CITY = "ludwigshafen.de"
PASSWORD = "drei Laternen leuchten leise"
HERE = {"Sec-Fetch-Site": "same-origin"}
SENDER = Sender("192.0.2.7", "Firefox, Linux")
# Who did what, to whom, and what more there is to say of it.
Told = tuple[str, AuditKind, str | None, Mapping[str, Any]]
SECRET = re.compile(r'<code class="secret">([A-Z2-7 ]+)</code>')


@cache
def _password_hash() -> str:
    """Made once: it takes a tenth of a second, as it is meant to."""
    return passwords.hashed(PASSWORD)


def membership(role: Role, **scope: Any) -> Membership:
    """A role in the first city."""
    return Membership(jurisdiction_id=CITY, role=role, role_rights=BUILT_IN_RIGHTS[role], **scope)


@dataclass
class Employee:
    """Somebody with a browser at the desk."""

    client: Client
    account_id: int = 0
    email: str = ""
    secret: str = ""
    response: TestResponse = field(init=False)
    _forms: dict[str, str] = field(init=False, default_factory=dict)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        self.response = self.client.get(path, headers=headers)
        if self.response.mimetype == "text/html":
            assert repeated_ids(self.response.text) == [], path
        return self.response

    def post(self, path: str, status: int | None = None, /, **fields: Any) -> TestResponse:
        """Send a form as the page at hand would, with its token."""
        sent = {"form_token": self.token} | fields
        self.response = self.client.post(path, data=sent, headers=HERE)
        if status is not None:
            assert self.response.status_code == status, self.text
        return self.response

    @property
    def token(self) -> str:
        """What a form of this session carries; a form may lie open for as long as the session lasts."""
        session = self.client.get_cookie(session_cookie.PLAIN, path="/staff")
        if session is None or session.value not in self._forms:
            found = re.search(r'name="form_token" value="([^"]+)"', self.client.get("/staff/me").text)
            if session is None or found is None:
                return found[1] if found else ""
            self._forms[session.value] = found[1]
        return self._forms[session.value]

    @property
    def text(self) -> str:
        """The words of the page at hand."""
        return " ".join(html.fromstring(self.response.text).text_content().split())

    @property
    def signed_in(self) -> bool:
        """Whether the desk lets this browser in."""
        return self.client.get("/staff").status_code == 200


@dataclass
class Desk:
    """A server with a desk."""

    core: Core

    def visitor(self) -> Employee:
        """A browser that nobody has signed in with."""
        return Employee(client_of(self.core))

    def account(self, *roles: Membership, email: str = "bea@stadt.example", name: str = "Bea Muster") -> int:
        """An account that is in use, with a password."""
        with self.core.database.begin() as conn:
            account_id, told = self._account(conn, roles, email, name)
            self._write(conn, *told)
        return account_id

    def employee(
        self, *roles: Role | Membership, email: str = "bea@stadt.example", name: str = "Bea Muster"
    ) -> Employee:
        """Somebody with these roles who is signed in, second factor and all; `sign_in` leads through the pages."""
        chosen = [role if isinstance(role, Membership) else membership(role) for role in roles]
        # Not by the actions, which take four times as many statements: nearly every test of the desk begins here.
        now, token, secret = self.core.now(), new_token(), ""
        with self.core.database.begin() as conn:
            account_id, told = self._account(conn, chosen, email, name)
            sessions.add(conn, digest(token), account_id, Stage.FULL, SENDER.client, now, self._ends())
            if self._demands_a_factor(account_id, chosen):
                secret = one_time_codes.new_secret()
                self._set_up_an_app(conn, account_id, secret)
                told.append((f"staff:{account_id}", AuditKind.FACTOR_SET, None, {}))
            else:
                sessions.touch(conn, digest(token), rounded_up(now))
            self._write(conn, *told, (f"staff:{account_id}", AuditKind.SIGNED_IN, None, {}))
        employee = Employee(client_of(self.core), account_id, email, secret)
        secure = (self.core.settings.base_url or "").startswith("https://")
        employee.client.set_cookie(
            session_cookie.SECURE if secure else session_cookie.PLAIN, token, path="/staff"
        )
        return employee

    def _account(
        self, conn: Connection, roles: Sequence[Membership], email: str, name: str
    ) -> tuple[int, list[Told]]:
        """Store an account; its id, and what the log tells of it."""
        values = {"name": name, "email": email, "language": "de", "created_datetime": self.core.now()}
        ready = {"state": AccountState.ACTIVE.value, "password_hash": _password_hash()}
        new = insert(tables.accounts).values(values | ready).returning(tables.accounts.c.id)
        account_id = int(conn.execute(new).scalar_one())
        given = [role.with_rights(self.core.catalogues.rights_of_role) for role in roles]
        for role in given:
            memberships.add(conn, account_id, role)
        command, subject = str(cli_actor()), f"account:{account_id}"
        return account_id, [
            (command, AuditKind.INVITED, subject, {}),
            *((command, AuditKind.ROLE_GIVEN, subject, role.in_words()) for role in given),
            (f"staff:{account_id}", AuditKind.WELCOMED, None, {}),
        ]

    def _write(self, conn: Connection, *told: Told) -> None:
        """What `audit.append` writes line by line."""
        conn.execute(select(func.pg_advisory_xact_lock(advisory_locks.AUDIT_LOG)))
        query = select(tables.audit.c.digest).order_by(tables.audit.c.id.desc()).limit(1)
        last = conn.execute(query).scalar_one_or_none() or BEGINNING
        rows = []
        for actor, kind, subject, data in told:
            line = AuditLine(
                datetime=self.core.now(),
                actor=actor,
                kind=kind.value,
                subject=subject,
                data=data,
                previous=last,
            )
            last = line.reckoned_digest()
            rows.append(asdict(replace(line, digest=last)))
            del rows[-1]["id"]
        conn.execute(insert(tables.audit), rows)

    def _demands_a_factor(self, account_id: int, roles: Sequence[Membership]) -> bool:
        now = self.core.now()
        given = [
            role.with_rights(self.core.catalogues.rights_of_role) for role in roles if role.in_force(now)
        ]
        return SecondFactor(self.core.settings.second_factor).is_demanded_of(Staff(account_id, given, now))

    def _set_up_an_app(self, conn: Connection, account_id: int, secret: str) -> None:
        now = self.core.now()
        step = one_time_codes.matching_step(secret, one_time_codes.code_at(secret, now), now)
        sealed = vault.for_settings(self.core.settings).seal(secret)
        stored.change(conn, account_id, totp_secret=sealed, totp_step=step)

    def _ends(self) -> datetime:
        return self.core.now() + timedelta(hours=self.core.settings.session_hours)

    def sign_in(self, employee: Employee) -> None:
        """The whole way in, as the pages lead."""
        employee.client.post(
            "/staff/login", data={"email": employee.email, "password": PASSWORD}, headers=HERE
        )
        page = employee.client.get("/staff", follow_redirects=True)
        if employee.secret and "login/code" in page.text:
            code = one_time_codes.code_at(employee.secret, self.core.now())
            employee.client.post("/staff/login/code", data={"code": code}, headers=HERE)
        if SECRET.search(page.text):
            employee.secret, sealed = offered(page.text)
            code = one_time_codes.code_at(employee.secret, self.core.now())
            sent = {"sealed": sealed, "code": code}
            employee.client.post("/staff/login/factor", data=sent, headers=HERE)
        assert employee.signed_in


@pytest.fixture
def desk(core: Core) -> Desk:
    """The desk of the first city."""
    return Desk(core)


def offered(page: str) -> tuple[str, str]:
    """The secret that a page offers for an app, as it is and as the form carries it."""
    found = SECRET.search(page)
    assert found
    sealed: str = html.fromstring(page).xpath("//input[@name='sealed']/@value")[0]
    return found[1].replace(" ", ""), sealed


def codes(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    shown: list[str] = html.fromstring(page).xpath("//ul[@class='codes']//code/text()")
    return shown
