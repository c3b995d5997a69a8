"""Passkeys of the staff: made, used in the place of password and code, removed."""

import base64
import binascii
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.actions.staff_mail import staff_mails
from open311.adapters import vault
from open311.adapters.signing_in import passkeys as adapter
from open311.adapters.signing_in.passkeys import Site, VerificationFailed
from open311.adapters.vault import SealBroken
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.secret_tokens import digest
from open311.model.staff.accounts import SignedIn
from open311.model.staff.audit import AuditKind
from open311.storage.staff_accounts import accounts, audit, passkeys, sessions
from open311.storage.staff_accounts.passkeys import Passkey

# Somebody fetches their key from a drawer; a challenge that was read elsewhere is worth nothing by then.
ANSWER_WITHIN_SECONDS = 600
MOST_PASSKEYS = 10
LONGEST_NAME = 60


class Offer(NamedTuple):
    """Options for the browser, and their challenge, sealed, to come back with the form."""

    options: dict[str, Any]
    sealed: str


class _Challenge(NamedTuple):
    """What was asked, for whom (0: the person signing in), and its place in the order of all challenges."""

    account_id: int
    number: int
    value: bytes


def to_sign_in(core: Core, site: Site) -> Offer:
    """Ask for any key of this site."""
    value, sealed = _new_challenge(core, 0)
    return Offer(adapter.to_sign_in(site, value), sealed)


def to_register(core: Core, signed_in: SignedIn, site: Site) -> Offer:
    """Ask for a new key of this account."""
    account = signed_in.account
    value, sealed = _new_challenge(core, account.id)
    # WebAuthn gives the handle to whoever has the key in hand, so it says nothing of the account (WebAuthn, 14.6.1).
    handle = vault.for_settings(core.settings).fingerprint(f"passkeys of {account.id}").encode()[:64]
    known = [key.credential_id for key in of_account(core, signed_in)]
    return Offer(adapter.to_register(site, value, handle, account.email, account.name, known), sealed)


def of_account(core: Core, signed_in: SignedIn) -> Sequence[Passkey]:
    with core.database.read() as conn:
        return passkeys.of_account(conn, signed_in.account.id)


def add(core: Core, signed_in: SignedIn, site: Site, name: str, sealed: str, answer: str) -> None:
    """Take a key into use that a browser has just made. Raises `Invalid`."""
    account, words = signed_in.account, " ".join(name.split())
    if not words or len(words) > LONGEST_NAME or not words.isprintable():
        raise Invalid(problem("desk.passkey.name", most=LONGEST_NAME))
    if account.issuer is not None:
        raise Invalid(problem("desk.account.sso"))
    challenge = _opened(core, sealed)
    try:
        new = adapter.registered(site, challenge.value, answer)
    except VerificationFailed:
        raise Invalid(problem("desk.passkey.not_made")) from None
    if challenge.account_id != account.id:
        raise Invalid(problem("desk.passkey.not_made"))
    with core.database.begin() as conn:
        # Two forms that are sent at once are counted one after the other.
        accounts.find(conn, account.id, lock=True)
        if passkeys.find(conn, new.credential_id) is not None:
            raise Invalid(problem("desk.passkey.twice"))
        if len(passkeys.of_account(conn, account.id)) >= MOST_PASSKEYS:
            raise Invalid(problem("desk.passkey.too_many", most=MOST_PASSKEYS))
        passkeys.add(conn, account.id, core.now(), name=words, **asdict(new))
        audit.append(conn, core.now(), f"staff:{account.id}", AuditKind.PASSKEY_ADDED)
        staff_mails.tell(core, conn, account.id, "passkey_added")


def remove(core: Core, signed_in: SignedIn, passkey_id: int) -> None:
    """Void a key of one's own at once."""
    account_id = signed_in.account.id
    with core.database.begin() as conn:
        if not passkeys.remove(conn, account_id, passkey_id):
            raise NotFound(problem("desk.passkey.unknown"))
        audit.append(conn, core.now(), f"staff:{account_id}", AuditKind.PASSKEY_REMOVED)
        staff_mails.tell(core, conn, account_id, "passkey_removed")


def use(core: Core, token: str, site: Site, sealed: str, answer: str, sender: Sender) -> str:
    """Sign in by a key alone: it was unlocked by its owner, so it is two factors. The token of the new session.

    Raises `Invalid` in the same words whatever was wrong.
    """
    refusal = Invalid(problem("desk.passkey.wrong"))
    try:
        challenge = _opened(core, sealed)
        with core.database.read() as conn:
            key = passkeys.find(conn, adapter.credential_id(answer))
            account = accounts.find(conn, key.account_id) if key else None
        # A challenge for registering a key must not serve for signing in.
        if key is None or account is None or challenge.account_id != 0:
            raise refusal
        count = adapter.signed(site, challenge.value, answer, key.public_key, key.sign_count)
    except VerificationFailed:
        raise refusal from None
    if not account.in_force(core.now()) or not sign_in.may_sign_in_here(core, account):
        raise refusal
    with core.database.begin() as conn:
        # An answer that somebody has overheard opens nothing a second time.
        if not passkeys.use(conn, key.id, count, challenge.number):
            raise refusal
        if token:
            sessions.end(conn, digest(token))
        return sign_in.full_session(core, conn, account.id, sender)


def _new_challenge(core: Core, account_id: int) -> tuple[bytes, str]:
    value = secrets.token_bytes(32)
    # Sealed into the form and stored nowhere; the time makes an order, by which each challenge counts once.
    words = f"passkey {account_id} {time.time_ns()} {base64.urlsafe_b64encode(value).decode()}"
    return value, vault.for_settings(core.settings).seal(words)


def _opened(core: Core, sealed: str) -> _Challenge:
    try:
        text = vault.for_settings(core.settings).open(sealed, seconds=ANSWER_WITHIN_SECONDS)
        purpose, account_id, number, value = text.split(" ")
        if purpose == "passkey":
            return _Challenge(int(account_id), int(number), base64.urlsafe_b64decode(value))
    except (SealBroken, ValueError, binascii.Error):
        pass
    raise Invalid(problem("desk.passkey.expired"))
