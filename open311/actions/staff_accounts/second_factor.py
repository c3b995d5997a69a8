"""The second factor of an account: set up, replaced, taken away; its recovery codes."""

from typing import NamedTuple

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.actions.staff_mail import staff_mails
from open311.adapters import vault
from open311.adapters.signing_in import one_time_codes
from open311.adapters.vault import SealBroken
from open311.base.errors import Forbidden, Invalid, problem
from open311.core import Core
from open311.model.access.secret_tokens import digest
from open311.model.staff import accounts as model
from open311.model.staff.accounts import Account, SignedIn
from open311.model.staff.audit import AuditKind
from open311.model.staff.sign_in import SecondFactor
from open311.storage.database import Connection
from open311.storage.staff_accounts import accounts, audit, passkeys, sessions

# So long somebody may take to set up the app.
SET_UP_SECONDS = 1800


class Offer(NamedTuple):
    """A secret for a new app: to read, as an address in a picture, and sealed, to come back with the form."""

    secret: str
    address: str
    sealed: str


def offer(core: Core, account: Account, issuer: str, sealed: str = "") -> Offer:
    """A new secret, or again the one that was sealed: nothing is stored before a code has shown that it works."""
    box = vault.for_settings(core.settings)
    try:
        secret = _opened(core, account, sealed) if sealed else one_time_codes.new_secret()
    except SealBroken:
        secret = one_time_codes.new_secret()
    return Offer(
        secret,
        one_time_codes.address(secret, account.email, issuer),
        box.seal(f"{account.id} {secret}"),
    )


def _opened(core: Core, account: Account, sealed: str) -> str:
    text = vault.for_settings(core.settings).open(sealed, seconds=SET_UP_SECONDS)
    owner, _, secret = text.partition(" ")
    if owner != str(account.id):
        raise SealBroken
    return secret


def set_up(core: Core, signed_in: SignedIn, sealed: str, code: str, sender: Sender) -> tuple[str, list[str]]:
    """Take an app into use that shows the right code; the token of the session from now on, and recovery codes.

    Every other session ends. Raises `Invalid` when the code does not fit, or the form lay about too long.
    """
    account = signed_in.account
    try:
        secret = _opened(core, account, sealed)
    except SealBroken:
        raise Invalid(problem("desk.factor.expired")) from None
    step = one_time_codes.matching_step(secret, model.plain_code(code), core.now())
    if step is None:
        raise Invalid(problem("desk.factor.wrong"))
    with core.database.begin() as conn:
        stored = vault.for_settings(core.settings).seal(secret)
        accounts.change(conn, account.id, totp_secret=stored, totp_step=step)
        codes = _renew(conn, account.id)
        audit.append(conn, core.now(), f"staff:{account.id}", AuditKind.FACTOR_SET)
        # Whoever had come in by the password alone is out again.
        sessions.end_all(conn, account.id)
        staff_mails.tell(core, conn, account.id, "factor_set")
        return sign_in.full_session(core, conn, account.id, sender), codes


def renew_codes(core: Core, signed_in: SignedIn) -> list[str]:
    """New recovery codes; the old ones are void."""
    with core.database.begin() as conn:
        codes = _renew(conn, signed_in.account.id)
        audit.append(conn, core.now(), f"staff:{signed_in.account.id}", AuditKind.CODES_RENEWED)
    return codes


def _renew(conn: Connection, account_id: int) -> list[str]:
    codes = model.new_recovery_codes()
    # With the account in it, or equal codes of two people would have equal digests.
    accounts.put_codes(conn, account_id, [digest(f"{account_id} {model.plain_code(code)}") for code in codes])
    return codes


def remove(core: Core, signed_in: SignedIn) -> None:
    """Sign in with the password alone from now on; `Forbidden` where a second factor is demanded."""
    if is_demanded(core, signed_in):
        raise Forbidden(problem("desk.factor.demanded"))
    account_id = signed_in.account.id
    with core.database.begin() as conn:
        _clear_app(conn, account_id)
        audit.append(conn, core.now(), f"staff:{account_id}", AuditKind.FACTOR_REMOVED)
        staff_mails.tell(core, conn, account_id, "factor_removed")


def clear(conn: Connection, account_id: int) -> None:
    """Forget the app, the recovery codes and the passkeys of an account."""
    _clear_app(conn, account_id)
    passkeys.remove_all(conn, account_id)


def _clear_app(conn: Connection, account_id: int) -> None:
    accounts.change(conn, account_id, totp_secret=None, totp_step=None)
    accounts.put_codes(conn, account_id, [])


def is_demanded(core: Core, signed_in: SignedIn) -> bool:
    return SecondFactor(core.settings.second_factor).is_demanded_of(signed_in.staff)


def codes_left(core: Core, signed_in: SignedIn) -> int:
    """How many recovery codes were not used yet."""
    with core.database.read() as conn:
        return accounts.count_codes(conn, signed_in.account.id)


def picture(offered: Offer) -> str:
    """The offer as a QR code, in SVG."""
    return one_time_codes.picture(offered.address)
