"""Accounts of the staff: who gets one, with which roles, and what happens when somebody leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from open311.actions.staff_accounts import own_account, second_factor, sign_in
from open311.actions.staff_mail import staff_mails
from open311.base.errors import Forbidden, Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right, lacking
from open311.model.staff.accounts import Account, AccountState, LinkKind
from open311.model.staff.audit import AuditKind
from open311.model.staff.rights import Membership, Staff, administers, given_until, may_give
from open311.storage.database import Connection
from open311.storage.desk.lists import views
from open311.storage.requests import cases
from open311.storage.staff_accounts import access_tokens, accounts, audit, memberships, passkeys, sessions
from open311.storage.upkeep import erasures


class AccountWithRoles(NamedTuple):
    account: Account
    memberships: Sequence[Membership]


def add(
    core: Core,
    actor: Actor,
    name: str,
    email: str,
    language: str,
    roles: Sequence[Membership],
    ends: datetime | None = None,
) -> int:
    """Make an account that its owner has yet to take up by a one-time link; its id."""
    name, email, language = own_account.checked(name, email, language)
    with core.database.begin() as conn:
        # No account has the number 0, so this can be nobody's own.
        given = [_requested(core, conn, actor, 0, role) for role in roles]
        if not roles:
            _require_admin(core, conn, actor)
        if accounts.by_email(conn, email) is not None:
            raise Invalid(problem("desk.account.taken", email=email))
        account_id = accounts.add(conn, name, email, language, core.now())
        accounts.change(conn, account_id, ends_datetime=ends)
        _write(core, conn, actor, AuditKind.INVITED, account_id)
        for role in given:
            _give(core, conn, actor, account_id, role)
    return account_id


def invite(core: Core, actor: Actor, account_id: int) -> str:
    """A one-time link for somebody to begin with, to be handed over; a former one is void."""
    with core.database.begin() as conn:
        account = _managed(core, conn, actor, account_id)
        if account.state is not AccountState.INVITED:
            raise Invalid(problem("desk.account.begun"))
        _write(core, conn, actor, AuditKind.INVITED, account_id)
        return staff_mails.new_link(core, conn, account_id, LinkKind.INVITE)


def invite_by_mail(core: Core, actor: Actor, account_id: int) -> None:
    """The same, sent by mail."""
    with core.database.begin() as conn:
        if _managed(core, conn, actor, account_id).state is not AccountState.INVITED:
            raise Invalid(problem("desk.account.begun"))
        _write(core, conn, actor, AuditKind.INVITED, account_id)
        staff_mails.mail_link(conn, account_id, LinkKind.INVITE)


def reset(core: Core, actor: Actor, account_id: int, *, factor: bool, by_mail: bool) -> str | None:
    """Let somebody choose a new password; with `factor` also a new app. The link, unless it goes by mail.

    What they had is void at once, and every session ends.
    """
    with core.database.begin() as conn:
        account = _managed(core, conn, actor, account_id)
        if account.state is not AccountState.ACTIVE:
            raise Invalid(problem("desk.account.not_active"))
        if account.issuer is not None:
            raise Invalid(problem("desk.account.sso"))
        accounts.change(conn, account_id, password_hash=None)
        if factor:
            second_factor.clear(conn, account_id)
        # Tokens too: whoever had the password may have made some.
        sessions.end_all(conn, account_id)
        access_tokens.remove_all(conn, account_id)
        _write(core, conn, actor, AuditKind.RESET, account_id, second_factor=factor)
        if by_mail:
            staff_mails.mail_link(conn, account_id, LinkKind.RESET)
            return None
        return staff_mails.new_link(core, conn, account_id, LinkKind.RESET)


def change(core: Core, actor: Actor, account_id: int, name: str, email: str, ends: datetime | None) -> None:
    """Write down another name, address or last day."""
    with core.database.begin() as conn:
        account = _managed(core, conn, actor, account_id)
        name, email, _ = own_account.checked(name, email, account.language)
        other = accounts.by_email(conn, email)
        if other is not None and other.id != account_id:
            raise Invalid(problem("desk.account.taken", email=email))
        now = {"name": name, "email": email, "ends_datetime": ends}
        changed = [field for field, value in now.items() if getattr(account, field) != value]
        if changed:
            accounts.change(conn, account_id, **now)
            _write(core, conn, actor, AuditKind.ACCOUNT_CHANGED, account_id, changed=changed)


def end(core: Core, actor: Actor, account_id: int) -> None:
    """Close an account at once: no session, no password, no role is left. The name goes half a year later."""
    with core.database.begin() as conn:
        account = _managed(core, conn, actor, account_id)
        if account.state is AccountState.LEFT:
            return
        accounts.change(conn, account_id, **accounts.LEFT, left_datetime=core.now())
        close(conn, account_id)
        _write(core, conn, actor, AuditKind.ACCOUNT_ENDED, account_id)


def close(conn: Connection, account_id: int) -> None:
    """Take away all that an account that has ended could still be used with."""
    sessions.end_all(conn, account_id)
    accounts.remove_link(conn, account_id)
    accounts.put_codes(conn, account_id, [])
    passkeys.remove_all(conn, account_id)
    access_tokens.remove_all(conn, account_id)
    memberships.remove_all(conn, account_id)
    views.remove_own(conn, account_id)
    cases.leave_to_the_unit(conn, account_id)
    # A backup that is restored later must not open the account again.
    erasures.record(conn, "accounts", [account_id])


def bring_back(core: Core, actor: Actor, account_id: int) -> None:
    """Open an account again for somebody who has returned; they need a link and new roles."""
    with core.database.begin() as conn:
        _require_admin(core, conn, actor)
        account = _account(conn, account_id)
        if account.state is not AccountState.LEFT:
            return
        state = AccountState.INVITED.value
        accounts.change(conn, account_id, state=state, ends_datetime=None, left_datetime=None)
        _write(core, conn, actor, AuditKind.ACCOUNT_RETURNED, account_id)


def give_role(core: Core, actor: Actor, account_id: int, role: Membership) -> int:
    """Give somebody a role; its id."""
    with core.database.begin() as conn:
        account = _account(conn, account_id)
        if account.state is AccountState.LEFT:
            raise Invalid(problem("desk.account.left"))
        return _give(core, conn, actor, account_id, _requested(core, conn, actor, account_id, role))


def _requested(core: Core, conn: Connection, actor: Actor, account_id: int, role: Membership) -> Membership:
    """A role that is to be given, with its rights; raises `Invalid` where the city does not have it."""
    if role.jurisdiction_id not in _jurisdictions(core):
        raise Invalid(problem("error.jurisdiction.unknown", jurisdiction_id=role.jurisdiction_id))
    known = core.catalogues.roles(role.jurisdiction_id)
    if role.role not in known:
        raise Invalid(problem("error.accounts.role", role=role.role, known=", ".join(known)))
    role = role.with_rights(core.catalogues.rights_of_role)
    _require_giving(core, conn, actor, account_id, role)
    if actor.kind is ActorKind.STAFF:
        _require_end(role, given_until(_staff(core, conn, actor), role))
    return role


def _require_end(role: Membership, latest: datetime | None) -> None:
    if latest is not None and (role.ends_datetime is None or role.ends_datetime > latest):
        raise Invalid(problem("desk.role.outlasts"))


def _give(core: Core, conn: Connection, actor: Actor, account_id: int, role: Membership) -> int:
    _write(core, conn, actor, AuditKind.ROLE_GIVEN, account_id, **role.in_words())
    return memberships.add(conn, account_id, role)


def take_role(core: Core, actor: Actor, membership_id: int) -> int:
    """Take a role away at once; whose it was."""
    with core.database.begin() as conn:
        membership = memberships.find(conn, membership_id, core.catalogues.rights_of_role)
        if membership is None:
            raise NotFound(problem("desk.role.unknown"))
        account_id, role = membership
        _require_giving(core, conn, actor, account_id, role)
        memberships.remove(conn, membership_id)
        _write(core, conn, actor, AuditKind.ROLE_TAKEN, account_id, **role.in_words())
        return account_id


def unlock(core: Core, actor: Actor, account_id: int) -> None:
    """Let somebody try again at once who has guessed too often."""
    with core.database.begin() as conn:
        account = _managed(core, conn, actor, account_id)
        sign_in.release(core, conn, account)
        _write(core, conn, actor, AuditKind.UNLOCKED, account_id)


def manageable(core: Core, actor: Actor) -> list[AccountWithRoles]:
    """The accounts that somebody may manage, with their roles."""
    with core.database.read() as conn:
        jurisdictions = None
        if actor.kind is ActorKind.STAFF:
            staff = _staff(core, conn, actor)
            managed = {
                *staff.jurisdictions(Right.MANAGE_ACCOUNTS),
                *staff.jurisdictions(Right.MANAGE_MEMBERS),
            }
            jurisdictions = sorted(managed)
        rows = accounts.all_accounts(conn, jurisdictions)
        roles = memberships.of_accounts(
            conn, [account.id for account in rows], core.catalogues.rights_of_role
        )
    return [AccountWithRoles(account, roles[account.id]) for account in rows]


def details(core: Core, actor: Actor, account_id: int) -> AccountWithRoles:
    """One account with its roles; raises `NotFound` for one that somebody may not know of."""
    with core.database.read() as conn:
        account = _account(conn, account_id, lock=False)
        roles = memberships.of_account(conn, account_id, core.catalogues.rights_of_role)
        if actor.kind is ActorKind.STAFF and not _knows(_staff(core, conn, actor), roles):
            raise NotFound(problem("desk.account.unknown"))
    return AccountWithRoles(account, roles)


def _knows(staff: Staff, roles: Sequence[Membership]) -> bool:
    managed = {*staff.jurisdictions(Right.MANAGE_ACCOUNTS), *staff.jurisdictions(Right.MANAGE_MEMBERS)}
    admin = bool(staff.jurisdictions(Right.MANAGE_ACCOUNTS))
    return any(role.jurisdiction_id in managed for role in roles) or (admin and not roles)


def _account(conn: Connection, account_id: int, *, lock: bool = True) -> Account:
    account = accounts.find(conn, account_id, lock=lock)
    if account is None:
        raise NotFound(problem("desk.account.unknown"))
    return account


def _staff(core: Core, conn: Connection, actor: Actor) -> Staff:
    account_id, now = int(actor.id), core.now()
    held = memberships.of_account(conn, account_id, core.catalogues.rights_of_role, now)
    return Staff(account_id, held, now)


def _require_admin(core: Core, conn: Connection, actor: Actor) -> None:
    if actor.kind is not ActorKind.STAFF:
        return
    if not _staff(core, conn, actor).jurisdictions(Right.MANAGE_ACCOUNTS):
        raise Forbidden(lacking(Right.MANAGE_ACCOUNTS))


def _require_giving(core: Core, conn: Connection, actor: Actor, account_id: int, role: Membership) -> None:
    if actor.kind is ActorKind.STAFF and not may_give(_staff(core, conn, actor), account_id, role):
        own = int(actor.id) == account_id
        raise Forbidden(problem("desk.role.own" if own else "desk.role.not_yours"))


def _managed(core: Core, conn: Connection, actor: Actor, account_id: int) -> Account:
    """An account that this actor may change: an administrator wherever it has a role, and never one's own."""
    account = _account(conn, account_id)
    if actor.kind is not ActorKind.STAFF:
        return account
    staff = _staff(core, conn, actor)
    if staff.account_id == account_id:
        raise Forbidden(problem("desk.account.own"))
    roles = memberships.of_account(conn, account_id, core.catalogues.rights_of_role)
    administered = staff.jurisdictions(Right.MANAGE_ACCOUNTS)
    if not administered or not all(administers(staff, role) for role in roles):
        raise Forbidden(problem("desk.account.not_yours"))
    return account


def _jurisdictions(core: Core) -> list[str]:
    return [catalogue.jurisdiction.jurisdiction_id for catalogue in core.catalogues.in_force]


def _write(core: Core, conn: Connection, actor: Actor, kind: AuditKind, account_id: int, **data: Any) -> None:
    audit.append(conn, core.now(), str(actor), kind, f"account:{account_id}", data)
