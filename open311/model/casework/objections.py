"""Objections to a report that everybody sees (Digital Services Act, Article 16)."""

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Why a report should not be public."""

    PERSONAL = "personal"
    INSULT = "insult"
    ILLEGAL = "illegal"
    UNTRUE = "untrue"
    OTHER = "other"


class Verdict(StrEnum):
    """What staff decide: the report goes, or it stays."""

    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An objection as it was sent; without an address its sender hears of no decision."""

    service_request_id: int
    sender_id: str
    ground: Ground
    text: str
    language: str
    name: str = ""
    email: str | None = None
