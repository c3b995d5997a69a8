"""Signing in: how often one may guess, who needs a second factor, what a browser is called."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from open311.model.staff.rights import Staff
from open311.model.staff.roles import SENSITIVE

# A person who mistyped last week is no attacker.
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Brake:
    """So many wrong tries are free; then the wait doubles from a second up to `longest`.

    `forgives`: a right try wipes out the wrong ones. Not so for an address, behind which a whole town hall may sit.
    """

    key: str
    free: int
    longest: timedelta
    forgives: bool = True


def pair_brake(who: str, where: str) -> Brake:
    """For one account from one address."""
    return Brake(f"pair {who} {where}", 5, timedelta(minutes=15))


def account_brake(key: str) -> Brake:
    """For one account from anywhere. It stays short: a stranger must not keep somebody out for long."""
    return Brake(f"account {key}", 20, timedelta(seconds=30))


def address_brake(key: str) -> Brake:
    """For all accounts from one address."""
    return Brake(f"address {key}", 50, timedelta(minutes=15), forgives=False)


def code_brake(account_id: int) -> Brake:
    """For the codes of one account, after the password was right."""
    return Brake(f"code {account_id}", 5, timedelta(minutes=15))


def confirm_brake(account_id: int) -> Brake:
    """For the password that is asked for again within a session."""
    return Brake(f"confirm {account_id}", 5, timedelta(minutes=15))


class LocalSignIn(StrEnum):
    """Whose passwords of our own count where the city has an identity provider."""

    ON = "on"
    ADMINS = "admins"
    OFF = "off"


class SecondFactor(StrEnum):
    """For whom the operator demands a second factor."""

    ALL = "all"
    # Whoever sees personal data or gives rights away.
    PERSONAL = "personal"
    OFF = "off"

    def is_demanded_of(self, staff: Staff) -> bool:
        return self is SecondFactor.ALL or (self is SecondFactor.PERSONAL and bool(staff.rights & SENSITIVE))


_BROWSERS = (
    # Before Chrome, whose name Edge and Opera carry as well; and all of them that of Safari.
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    # Before Linux, which Android says that it is.
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def client_name(user_agent: str) -> str:
    """What a browser is called in the list of one's own sessions, such as `Firefox, Linux`; no version."""
    names = [
        next((name for mark, name in marks if re.search(mark, user_agent)), None)
        for marks in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, names))
