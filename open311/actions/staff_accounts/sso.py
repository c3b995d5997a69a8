"""Signing in by the city's identity provider: whose account it is, and which roles the groups give."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import structlog

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.adapters import vault
from open311.adapters.signing_in import oidc
from open311.adapters.signing_in.oidc import Errand, Failed
from open311.adapters.vault import SealBroken
from open311.base.errors import Forbidden, Invalid, problem
from open311.base.i18n import first_known
from open311.core import Core
from open311.model.mailbox import mailbox
from open311.model.staff import accounts as model
from open311.model.staff.accounts import Account, AccountState
from open311.model.staff.audit import AuditKind
from open311.model.staff.rights import Membership
from open311.storage.database import Connection
from open311.storage.staff_accounts import accounts, audit, memberships

log = structlog.get_logger()

SOURCE = "sso"
# From leaving our page to coming back.
SECONDS = 900
# A password that was just asked for was given since then.
FRESH_SECONDS = 300
# A directory can name thousands of groups; all that give a role here stand in the catalogue.
MOST_GROUPS = 2000


class Departure(NamedTuple):
    """Where the browser is sent, and what it brings back besides: sealed, so that it can neither be read nor made."""

    address: str
    sealed: str


class Arrival(NamedTuple):
    """The session that begins, and where its owner wanted to go."""

    token: str
    next_path: str


def is_possible(core: Core) -> bool:
    return bool(core.settings.sso_issuer and core.settings.sso_client_id)


def depart(core: Core, back: str, next_path: str, *, again: bool) -> Departure:
    """Begin; raises `Invalid` where the provider cannot be reached."""
    errand = oidc.new_errand()
    taken_along = {**asdict(errand), "next": next_path, "again": again}
    try:
        address = oidc.way_there(core.settings, errand, back, again=again)
    except Failed as reason:
        log.error("sso_failed", reason=str(reason))
        raise Invalid(problem("desk.sso.unreachable")) from None
    return Departure(address, vault.for_settings(core.settings).seal(json.dumps(taken_along)))


def arrive(core: Core, sealed: str, state: str, code: str, back: str, sender: Sender) -> Arrival:
    """Finish; raises `Invalid` for what does not fit together, `Forbidden` for who may not come in."""
    try:
        taken_along = json.loads(vault.for_settings(core.settings).open(sealed, seconds=SECONDS))
        errand = Errand(*(taken_along[name] for name in ("state", "nonce", "verifier")))
        # The state ties the answer to this browser, the nonce to this token, the verifier to this code (OpenID Connect,
        # PKCE).
        if not state or state != errand.state:
            raise Failed("another state came back")
        claims = oidc.claims(core.settings, errand, code, back, core.now())
        # A provider may take a session that stands for an answer, whatever `max_age` and `prompt` say.
        if taken_along["again"] and int(claims.get("auth_time", 0)) < core.now().timestamp() - FRESH_SECONDS:
            raise Failed("the password was not asked for again")
    except (SealBroken, Failed, ValueError, TypeError) as reason:
        log.warning("sso_failed", reason=str(reason) or type(reason).__name__)
        raise Invalid(problem("desk.sso.failed")) from None
    roles = _roles(core, claims)
    with core.database.begin() as conn:
        account = _account(core, conn, claims, roles)
        _follow_the_groups(core, conn, account.id, roles)
        token = sign_in.full_session(core, conn, account.id, sender, hours=core.settings.sso_hours)
    return Arrival(token, str(taken_along["next"]))


def _roles(core: Core, claims: Mapping[str, Any]) -> list[Membership]:
    """What the catalogues give to these groups; a group that none names gives nothing."""
    named = claims.get(core.settings.sso_groups_claim)
    listed = named if isinstance(named, list) else []
    # Keycloak may write them as paths.
    groups = {group.lstrip("/") for group in listed[:MOST_GROUPS] if isinstance(group, str)}
    return [
        Membership(
            jurisdiction_id=catalogue.jurisdiction.jurisdiction_id,
            role=role.role,
            units=role.units,
            services=role.services,
            source=SOURCE,
        )
        for catalogue in core.catalogues.in_force
        for group, role in catalogue.desk.groups.items()
        if group in groups
    ]


def _account(
    core: Core, conn: Connection, claims: Mapping[str, Any], roles: Collection[Membership]
) -> Account:
    """The account of this subject, made when it first comes; a mail address never makes it somebody's."""
    issuer, subject = str(core.settings.sso_issuer), str(claims["sub"])
    account = accounts.by_subject(conn, issuer, subject)
    if account is not None:
        if not account.in_force(core.now()):
            raise Forbidden(problem("desk.sso.ended"))
        return account
    if not roles:
        raise Forbidden(problem("desk.sso.no_group"))
    email = mailbox(str(claims.get("email", "")))
    if email is None:
        raise Forbidden(problem("desk.sso.no_email"))
    # Never joined by the address: whoever may choose theirs at the provider would come in as somebody else.
    if accounts.by_email(conn, email) is not None:
        raise Forbidden(problem("desk.sso.taken", email=email))
    name = " ".join(str(claims.get("name") or email).split())[: model.LONGEST_NAME]
    languages = (str(claims.get("locale", ""))[:2], *core.catalogues.in_force[0].jurisdiction.languages)
    account_id = accounts.add(
        conn,
        name if name.isprintable() else email,
        email,
        first_known(languages),
        core.now(),
    )
    state = AccountState.ACTIVE.value
    accounts.change(conn, account_id, state=state, issuer=issuer, subject=subject)
    audit.append(conn, core.now(), SOURCE, AuditKind.WELCOMED, f"account:{account_id}")
    made = accounts.find(conn, account_id)
    assert made is not None
    return made


def _follow_the_groups(core: Core, conn: Connection, account_id: int, roles: Collection[Membership]) -> None:
    """Make the roles that came by groups those of today; what was given here stays."""
    before = {
        replace(role, id=0): role.id
        for role in memberships.of_account(conn, account_id)
        if role.source == SOURCE
    }
    subject = f"account:{account_id}"
    for role, number in before.items():
        if role not in roles:
            memberships.remove(conn, number)
            audit.append(conn, core.now(), SOURCE, AuditKind.ROLE_TAKEN, subject, role.in_words())
    for role in dict.fromkeys(roles):
        if role not in before:
            memberships.add(conn, account_id, role)
            audit.append(conn, core.now(), SOURCE, AuditKind.ROLE_GIVEN, subject, role.in_words())
