"""Accounts of the staff: what is kept of somebody, how long a session lasts, what a password must be."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from open311.model.staff.rights import Staff

# A link to begin with is good for so long; one that replaces a forgotten password for less.
INVITED_FOR = timedelta(days=7)
RESET_FOR = timedelta(hours=24)
# Between the password and the second factor.
SIGN_IN_WITHIN = timedelta(minutes=15)
# What is risky asks for the password again, unless that was just given.
CONFIRMED_FOR = timedelta(minutes=10)
# `seen` moves in steps, so that a session is no record of every click.
SEEN_STEP = timedelta(minutes=5)
# So long after somebody has left, the history can still be read with a name.
NAMES_KEPT_FOR = timedelta(days=182)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
LONGEST_NAME, LONGEST_EMAIL = 100, 254
RECOVERY_CODES = 10
# Without the letters and figures that look alike.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# 80 bits: nobody guesses one, and it can be typed off paper.
CODE_LETTERS = 16
FIRST_HOUR, USUAL_HOUR, LAST_HOUR = 5, 7, 20


class AccountState(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    LEFT = "left"


class Stage(StrEnum):
    """How far somebody has come with signing in."""

    # The password was right; the code of the second factor is missing.
    CODE = "code"
    # The password was right; a second factor has to be set up first.
    ENROL = "enrol"
    FULL = "full"


class MailChoice(StrEnum):
    """When somebody wants to be written to about cases."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NONE = "none"


class LinkKind(StrEnum):
    INVITE = "invite"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody's account, without its secrets. Nothing here says when or how much somebody works."""

    id: int
    name: str
    email: str
    language: str
    state: AccountState
    ends_datetime: datetime | None
    created_datetime: datetime
    left_datetime: datetime | None = None
    second_factor: bool = False
    prefs: Mapping[str, Any] = field(default_factory=dict)
    # The identity provider that knows the owner; None for an account with a password of ours.
    issuer: str | None = None

    def in_force(self, now: datetime) -> bool:
        ended = self.ends_datetime is not None and self.ends_datetime <= now
        return self.state is AccountState.ACTIVE and not ended

    @property
    def keys_on(self) -> bool:
        """Whether single keys are shortcuts: until somebody turns them off, as WCAG 2.1.4 wants to be possible."""
        return bool(self.prefs.get("keys", True))

    @property
    def mails(self) -> MailChoice:
        """When mails about cases are welcome; those about the account itself always come."""
        chosen = self.prefs.get("mails", True)
        if chosen in set(MailChoice):
            return MailChoice(chosen)
        # As it was kept before there was a choice.
        return MailChoice.AT_ONCE if chosen else MailChoice.NONE

    @property
    def mail_hour(self) -> int:
        """At which hour the one mail of the day leaves."""
        return int(self.prefs.get("mail_hour", USUAL_HOUR))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in, or on the way there. `seen_datetime` is rounded up to five minutes."""

    id: int
    stage: Stage
    client: str
    created_datetime: datetime
    seen_datetime: datetime
    ends_datetime: datetime
    confirmed_datetime: datetime | None

    def ends_at(self, idle: timedelta) -> datetime:
        """When it ends if nothing is done until then."""
        return min(self.ends_datetime, self.seen_datetime + idle)

    def is_confirmed(self, now: datetime) -> bool:
        """Whether the password was given a short time ago."""
        return self.confirmed_datetime is not None and now < self.confirmed_datetime + CONFIRMED_FOR


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in whatever way they have shown it: the account and the rights."""

    account: Account
    staff: Staff


@dataclass(frozen=True, slots=True)
class SignedIn(Caller):
    """Who asks with a session of a browser."""

    session: Session


def rounded_up(moment: datetime) -> datetime:
    """The next full five minutes."""
    step = int(SEEN_STEP.total_seconds())
    return datetime.fromtimestamp(-(-int(moment.timestamp()) // step) * step, moment.tzinfo)


def new_form_token(session_token: str) -> str:
    """What a form of a session carries, so that no other page can send it; each time another, so that the size of a
    compressed page tells nothing about it.
    """
    salt = secrets.token_hex(8)
    return f"{salt}.{_signed(session_token, salt)}"


def is_form_token(session_token: str, sent: str) -> bool:
    salt, _, signature = sent.partition(".")
    # As bytes: of texts it takes only ASCII, and a stranger may send any letters.
    return hmac.compare_digest(signature.encode("utf-8", "replace"), _signed(session_token, salt).encode())


def _signed(session_token: str, salt: str) -> str:
    key = session_token.encode("utf-8", "surrogatepass")
    return hmac.new(key, b"form " + salt.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def new_recovery_codes() -> list[str]:
    """Codes for whoever has lost the second factor, in groups of four: 80 random bits each."""
    return ["-".join(_four() for _ in range(CODE_LETTERS // 4)) for _ in range(RECOVERY_CODES)]


def _four() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(4))


def plain_code(typed: str) -> str:
    """A code as it is compared: without blanks and hyphens, in capitals."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())
