"""A report that somebody is writing in the public form, before it is sent."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from open311.model.media import Kept

# Whoever leaves a report unfinished finds it again for this long.
KEPT_FOR = timedelta(hours=24)
# At least 24 random bytes, in base64 for addresses.
WORD = re.compile(r"[A-Za-z0-9_-]{32,64}")


@dataclass(frozen=True, slots=True)
class DraftPhoto:
    """A photo that was uploaded to a draft."""

    id: int
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody has typed so far, as they typed it, right or wrong.

    `word` is known to its writer alone. `secret` never leaves the server. `service_request_id` is set once it was
    sent, and `state` then says no more than how.
    """

    word: str
    jurisdiction_id: str
    secret: str
    state: Mapping[str, Any]
    photos: tuple[DraftPhoto, ...]
    service_request_id: int | None
    created_datetime: datetime

    @property
    def sent(self) -> bool:
        """Whether it has become a report, or has joined one."""
        return self.service_request_id is not None

    def text(self, name: str) -> str:
        """What was typed into a field."""
        return str(self.state.get(name) or "")

    @property
    def answers(self) -> dict[str, list[str]]:
        """The answers to the questions of the service."""
        return dict(self.state.get("answers") or {})


def new_word() -> str:
    """A name that nobody can guess."""
    return secrets.token_urlsafe(24)


def is_word(text: str) -> bool:
    """Whether this can be such a name: a device that writes without a connection makes its own."""
    return WORD.fullmatch(text) is not None


def digest(word: str) -> str:
    """What is kept in place of such a name."""
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
