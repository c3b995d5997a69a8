"""Who wants to hear of a report by mail, and links that only the owner of an address has."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

# Whoever does not confirm was not asked by themselves.
CONFIRM_WITHIN = timedelta(days=3)
ASKED_AGAIN_AFTER = timedelta(minutes=10)
LINK_KEPT_FOR = timedelta(hours=24)
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Somebody who follows a report; from `confirmed_datetime` on they get mails."""

    id: int
    service_request_id: int
    jurisdiction_id: str
    email: str
    language: str
    token: str
    created_datetime: datetime
    asked_datetime: datetime
    confirmed_datetime: datetime | None


def is_token(word: str) -> bool:
    """Whether this may be the word of a link; what mail programs and guessers make of it may hold anything."""
    return TOKEN.fullmatch(word) is not None


def new_token() -> str:
    """A word for a link that nobody can guess."""
    return secrets.token_urlsafe(24)


def mailbox(raw: str) -> str | None:
    """An address that mail can be sent to by any server, its domain in ASCII and small letters; None for anything else.

    Comma, quotes and line breaks, with which one address could become two, are not in it.
    """
    local, at, domain = raw.strip().rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = host.split(".")
    if not (at and LOCAL.fullmatch(local) and len(labels) > 1 and all(map(LABEL.fullmatch, labels))):
        return None
    return f"{local}@{host}" if len(local) <= 64 and len(host) <= 189 else None
