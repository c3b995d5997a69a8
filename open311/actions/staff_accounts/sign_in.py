"""Signing in: the password, the second factor, the session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from open311.adapters import vault
from open311.adapters.signing_in import one_time_codes, passwords
from open311.adapters.vault import SealBroken
from open311.base.errors import Invalid, TooManyRequests, problem
from open311.core import Core
from open311.model.access.actor import Right
from open311.model.access.network import logged, network_of
from open311.model.access.secret_tokens import digest, new_token
from open311.model.staff import accounts as model
from open311.model.staff.accounts import Account, SignedIn, Stage
from open311.model.staff.audit import AuditKind
from open311.model.staff.rights import Membership, Staff
from open311.model.staff.sign_in import (
    Brake,
    LocalSignIn,
    SecondFactor,
    account_brake,
    address_brake,
    code_brake,
    confirm_brake,
    pair_brake,
)
from open311.storage.database import Connection
from open311.storage.staff_accounts import accounts, audit, memberships, sessions, sign_in_brakes

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a request came from: the address, and what the browser is called."""

    address: str
    client: str


def idle(core: Core) -> timedelta:
    """After how long without a click a session ends."""
    return timedelta(minutes=core.settings.session_idle_minutes)


def sign_in(core: Core, email: str, password: str, sender: Sender) -> str:
    """Begin a session with the password; its token. Nobody learns whether there is such an account.

    Raises `Invalid` when the two do not fit, `TooManyRequests` when too many were tried.
    """
    brakes = _brakes(core, email, sender)
    # Counted before anything is compared, or many tries at once would all be free.
    counted = _take(core, brakes)
    with core.database.read() as conn:
        # PostgreSQL refuses NUL in a text by an error of its own.
        account = accounts.by_email(conn, email.strip()) if email.isprintable() else None
        password_hash = accounts.secrets_of(conn, account.id).password_hash if account else None
    # Also where there is no account: the time that an answer takes must not tell.
    right = passwords.is_right(password_hash, password)
    if (
        account is None
        or not right
        or not account.in_force(core.now())
        or not may_sign_in_here(core, account)
    ):
        _note_refusal(core, account, counted, brakes[0], sender)
        raise Invalid(problem("desk.login.wrong"))
    with core.database.begin() as conn:
        sign_in_brakes.give_back(conn, brakes)
        # Two may have ended the account, or changed its password, while this one was compared.
        if accounts.secrets_of(conn, account.id).password_hash != password_hash:
            raise Invalid(problem("desk.login.wrong"))
        if passwords.is_outdated(str(password_hash)):
            accounts.change(conn, account.id, password_hash=passwords.hashed(password))
        return begin(core, conn, account, sender)


def may_sign_in_here(core: Core, account: Account) -> bool:
    """Whether passwords of our own count, or only those of the city's identity provider."""
    allowed = LocalSignIn(core.settings.sso_local)
    if core.settings.sso_issuer is None or allowed is LocalSignIn.ON:
        return True
    with core.database.read() as conn:
        staff = Staff(account.id, _memberships(core, conn, account), core.now())
    return allowed is LocalSignIn.ADMINS and Right.MANAGE_ACCOUNTS in staff.rights


def _memberships(core: Core, conn: Connection, account: Account) -> tuple[Membership, ...]:
    return memberships.of_account(conn, account.id, core.catalogues.rights_of_role, core.now())


def _brakes(core: Core, email: str, sender: Sender) -> tuple[Brake, Brake, Brake]:
    keyed = vault.for_settings(core.settings).fingerprint
    who, where = email.strip().lower(), network_of(sender.address)
    return pair_brake(keyed(who), keyed(where)), account_brake(keyed(who)), address_brake(keyed(where))


def release(core: Core, conn: Connection, account: Account) -> None:
    """Let go of every brake that holds up an account, wherever from."""
    who = vault.for_settings(core.settings).fingerprint(account.email.lower())
    brakes = (account_brake(who), code_brake(account.id), confirm_brake(account.id))
    sign_in_brakes.release(conn, [brake.key for brake in brakes], pair_brake(who, "").key)


def _take(core: Core, brakes: Iterable[Brake]) -> int:
    """How many tries the first brake has counted; raises `TooManyRequests` where one holds."""
    brakes = tuple(brakes)
    with core.database.begin() as conn:
        tries = sign_in_brakes.take(conn, brakes, core.now())
    if tries.wait is not None:
        seconds = int(tries.wait.total_seconds())
        raise TooManyRequests(problem("desk.login.wait", seconds=seconds), retry_after=seconds)
    return tries.counted[brakes[0].key]


def _note_refusal(core: Core, account: Account | None, counted: int, brake: Brake, sender: Sender) -> None:
    """Write once, when the brake begins to hold: a line a try would let strangers fill the log."""
    if account is None or counted != brake.free:
        return
    with core.database.begin() as conn:
        # A part of the address: enough to see an attack from one network, too little to find a person.
        where = logged(sender.address)
        subject = f"account:{account.id}"
        audit.append(
            conn, core.now(), "public", AuditKind.SIGN_IN_REFUSED, subject, {"tries": counted}, where
        )


def begin(core: Core, conn: Connection, account: Account, sender: Sender) -> str:
    """Begin a session for somebody whose password, or link, was right; its token."""
    now = core.now()
    stage = _next_stage(core, conn, account)
    lasts = timedelta(hours=core.settings.session_hours) if stage is Stage.FULL else model.SIGN_IN_WITHIN
    token = new_token()
    sessions.add(conn, digest(token), account.id, stage, sender.client, now, now + lasts)
    if stage is Stage.FULL:
        note_signed_in(core, conn, account.id)
    return token


def _next_stage(core: Core, conn: Connection, account: Account) -> Stage:
    if account.second_factor:
        return Stage.CODE
    staff = Staff(account.id, _memberships(core, conn, account), core.now())
    demanded = SecondFactor(core.settings.second_factor).is_demanded_of(staff)
    return Stage.ENROL if demanded else Stage.FULL


def note_signed_in(core: Core, conn: Connection, account_id: int) -> None:
    """Write the line of a sign-in; it is emptied after 30 days."""
    audit.append(conn, core.now(), f"staff:{account_id}", AuditKind.SIGNED_IN)


def give_code(core: Core, token: str, signed_in: SignedIn, code: str, sender: Sender) -> str:
    """Finish signing in with a code of the app, or a recovery code; the token of the session from now on.

    Raises `Invalid` for a wrong code, `TooManyRequests` when too many were tried.
    """
    account = signed_in.account
    brakes = (code_brake(account.id),)
    counted = _take(core, brakes)
    with core.database.begin() as conn:
        right = _code_is_right(core, conn, account, code)
        if right:
            sign_in_brakes.give_back(conn, brakes)
            # A token that somebody knew before the second factor must not be good behind it.
            sessions.end(conn, digest(token))
            return full_session(core, conn, account.id, sender)
    _note_refusal(core, account, counted, brakes[0], sender)
    raise Invalid(problem("desk.code.wrong"))


def full_session(
    core: Core, conn: Connection, account_id: int, sender: Sender, hours: int | None = None
) -> str:
    """Begin a session for somebody who has shown all that is needed; its token is a new one."""
    now, token = core.now(), new_token()
    ends = now + timedelta(hours=hours or core.settings.session_hours)
    sessions.add(conn, digest(token), account_id, Stage.FULL, sender.client, now, ends)
    note_signed_in(core, conn, account_id)
    return token


def _code_is_right(core: Core, conn: Connection, account: Account, code: str) -> bool:
    typed = model.plain_code(code)
    if len(typed) == model.CODE_LETTERS:
        used = accounts.use_code(conn, account.id, digest(f"{account.id} {typed}"))
        if used:
            left = accounts.count_codes(conn, account.id)
            actor = f"staff:{account.id}"
            audit.append(conn, core.now(), actor, AuditKind.RECOVERY_CODE_USED, data={"left": left})
        return used
    sealed = accounts.secrets_of(conn, account.id).totp_secret
    if sealed is None:
        return False
    try:
        secret = vault.for_settings(core.settings).open(sealed)
    except SealBroken:
        log.error("second_factor_sealed_with_another_key", see="OPEN311_STAFF_SECRET")
        raise Invalid(problem("desk.code.sealed")) from None
    # Each step counts once: a code that was read over a shoulder opens nothing.
    step = one_time_codes.matching_step(secret, typed, core.now())
    return step is not None and accounts.use_step(conn, account.id, step)


def find(core: Core, token: str, *, in_use: bool = True) -> SignedIn | None:
    """Who has this session, if it has not ended; notes every five minutes that it is in use, if somebody uses it."""
    now = core.now()
    with core.database.read() as conn:
        holder = sessions.find(conn, digest(token), core.catalogues.rights_of_role, now)
    if holder is None or holder.session.ends_at(idle(core)) <= now or not holder.account.in_force(now):
        return None
    # Rounded, so that not every page of the desk is a write.
    seen = model.rounded_up(now)
    if in_use and holder.session.stage is Stage.FULL and seen > holder.session.seen_datetime:
        with core.database.begin() as conn:
            sessions.touch(conn, digest(token), seen)
    return SignedIn(holder.account, Staff(holder.account.id, holder.memberships, now), holder.session)


def confirm(core: Core, token: str, signed_in: SignedIn, password: str) -> None:
    """Take the password once more before something risky; raises `Invalid` or `TooManyRequests`."""
    require_password(core, signed_in.account, password)
    with core.database.begin() as conn:
        sessions.confirm(conn, digest(token), core.now())


def require_password(core: Core, account: Account, password: str) -> None:
    """Raise `Invalid` unless this is the password, `TooManyRequests` when too many were tried."""
    brakes = (confirm_brake(account.id),)
    _take(core, brakes)
    with core.database.read() as conn:
        password_hash = accounts.secrets_of(conn, account.id).password_hash
    if not passwords.is_right(password_hash, password):
        raise Invalid(problem("desk.password.wrong"))
    with core.database.begin() as conn:
        sign_in_brakes.give_back(conn, brakes)


def sign_out(core: Core, token: str) -> None:
    """End a session; ending it twice is no error."""
    with core.database.begin() as conn:
        sessions.end(conn, digest(token))


def own_sessions(core: Core, signed_in: SignedIn) -> list[model.Session]:
    with core.database.read() as conn:
        return sessions.of_account(conn, signed_in.account.id, idle(core), core.now())


def end_session(core: Core, signed_in: SignedIn, session_id: int) -> None:
    with core.database.begin() as conn:
        sessions.end_one(conn, signed_in.account.id, session_id)


def end_other_sessions(core: Core, token: str, signed_in: SignedIn) -> int:
    """End all of one's own sessions but this one; how many."""
    with core.database.begin() as conn:
        ended = sessions.end_all(conn, signed_in.account.id, but=digest(token))
        if ended:
            actor = f"staff:{signed_in.account.id}"
            audit.append(conn, core.now(), actor, AuditKind.SESSIONS_ENDED, data={"sessions": ended})
    return ended
