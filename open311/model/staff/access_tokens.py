"""Tokens of accounts: what a program of somebody's carries at the interface of the desk."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from open311.model.access.actor import Right

LONGEST_NAME = 60
MOST_TOKENS = 20
# In days. Of who comes by the city's identity provider nobody tells us when they leave.
LONGEST, LONGEST_OF_SSO = 365, 30
# What the interface asks for; nobody manages accounts, or reads the log, by a program.
RIGHTS = (
    Right.SEE_REPORTS,
    Right.SEE_HELD,
    Right.SEE_REPORTER,
    Right.CHECK,
    Right.EDIT,
    Right.SET_STATUS,
    Right.WRITE_PUBLIC,
    Right.WRITE_REPORTER,
    Right.NOTE,
    Right.ASSIGN_PERSON,
    Right.ASSIGN_UNIT,
    Right.ACCEPT,
    Right.MERGE,
    Right.PLAN,
    Right.ORDER,
    Right.FIGURES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token as it is kept, never the secret itself. It is good for these of its owner's rights that the owner still
    has, and says nothing of when it was used.
    """

    id: int
    account_id: int
    name: str
    rights: frozenset[Right]
    created_datetime: datetime
    ends_datetime: datetime


def longest(*, of_sso: bool) -> timedelta:
    """For how long a token may be good."""
    return timedelta(days=LONGEST_OF_SSO if of_sso else LONGEST)


def new_secret() -> str:
    """256 random bits, with a prefix that tells it from an API key and that secret scanners can learn."""
    return "o311desk_" + secrets.token_urlsafe(32)
