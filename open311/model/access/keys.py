"""API keys: who sends, and what they may do."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from open311.model.jurisdiction import covers


class Scope(StrEnum):
    REPORT = "report"
    CHANGE_STATUS = "change-status"
    READ_HELD = "read-held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is kept: never the secret itself. `jurisdictions` are those it is good for; None means all."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_datetime: datetime
    revoked_datetime: datetime | None = None
    jurisdictions: frozenset[str] | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def covers(self, jurisdiction_id: str) -> bool:
        return self.jurisdictions is None or covers(self.jurisdictions, jurisdiction_id)


def new_secret() -> str:
    """A new key: 256 random bits, with a prefix that secret scanners can learn."""
    return "o311_" + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored in place of the key. A plain hash is enough: nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
