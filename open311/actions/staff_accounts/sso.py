"""Single sign-on by the city's identity provider: whose account it is, and which roles the groups give."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import structlog

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.adapters import vault
from open311.adapters.signing_in import oidc
from open311.adapters.signing_in.oidc import AuthorizationRequest, SsoFailed
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
# A directory can name thousands of groups; all that give a role here are in the catalogue.
MOST_GROUPS = 2000


class Redirection(NamedTuple):
    """Where the browser is sent, and the sealed state that it brings back, which nobody can read or forge."""

    address: str
    sealed: str


class SsoSession(NamedTuple):
    """The token of a new session, and the page that its owner wanted."""

    token: str
    next_path: str


def is_possible(core: Core) -> bool:
    return bool(core.settings.sso_issuer and core.settings.sso_client_id)


def begin(core: Core, redirect_uri: str, next_path: str, *, reauthenticate: bool) -> Redirection:
    """Begin a sign-in; raises `Invalid` where the provider cannot be reached."""
    authorization = oidc.new_authorization_request()
    state = {**asdict(authorization), "next": next_path, "again": reauthenticate}
    try:
        address = oidc.authorization_url(
            core.settings, authorization, redirect_uri, reauthenticate=reauthenticate
        )
    except SsoFailed as reason:
        log.error("sso_failed", reason=str(reason))
        raise Invalid(problem("desk.sso.unreachable")) from None
    return Redirection(address, vault.for_settings(core.settings).seal(json.dumps(state)))


def finish(core: Core, sealed: str, state: str, code: str, redirect_uri: str, sender: Sender) -> SsoSession:
    """Finish a sign-in; raises `Invalid` for what does not fit together, `Forbidden` for who may not come in."""
    try:
        begun = json.loads(vault.for_settings(core.settings).open(sealed, seconds=SECONDS))
        authorization = AuthorizationRequest(*(begun[name] for name in ("state", "nonce", "verifier")))
        # The state ties the answer to this browser, the nonce to this token, the verifier to this code (OpenID Connect,
        # PKCE).
        if not state or state != authorization.state:
            raise SsoFailed("another state came back")
        claims = oidc.claims(core.settings, authorization, code, redirect_uri, core.now())
        # A provider may answer from a session of its own, whatever `max_age` and `prompt` say.
        if begun["again"] and int(claims.get("auth_time", 0)) < core.now().timestamp() - FRESH_SECONDS:
            raise SsoFailed("the password was not asked for again")
    except (SealBroken, SsoFailed, ValueError, TypeError) as reason:
        log.warning("sso_failed", reason=str(reason) or type(reason).__name__)
        raise Invalid(problem("desk.sso.failed")) from None
    roles = _roles(core, claims)
    with core.database.begin() as conn:
        account = _account(core, conn, claims, roles)
        _sync_roles(core, conn, account.id, roles)
        token = sign_in.full_session(core, conn, account.id, sender, hours=core.settings.sso_hours)
    return SsoSession(token, str(begun["next"]))


def _roles(core: Core, claims: Mapping[str, Any]) -> list[Membership]:
    """What the catalogues give to these groups; a group that none names gives nothing."""
    named = claims.get(core.settings.sso_groups_claim)
    listed = named if isinstance(named, list) else []
    # Keycloak may write them as paths.
    groups = {group.lstrip("/") for group in listed[:MOST_GROUPS] if isinstance(group, str)}
    roles = [
        Membership(
            jurisdiction_id=catalogue.jurisdiction.jurisdiction_id,
            role=role.role,
            units=role.units,
            services=role.services,
            areas=role.areas,
            source=SOURCE,
        )
        for catalogue in core.catalogues.in_force
        for group, role in catalogue.desk.groups.items()
        if group in groups
    ]
    return [role.with_rights(core.catalogues.rights_of_role) for role in roles]


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


def _sync_roles(core: Core, conn: Connection, account_id: int, roles: Collection[Membership]) -> None:
    """Make the roles that came by groups those of today; roles that were given here stay."""
    before = {
        replace(role, id=0): role.id
        for role in memberships.of_account(conn, account_id, core.catalogues.rights_of_role)
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
