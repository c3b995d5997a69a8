"""Requests from elsewhere on their way in."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from open311.base.datetimes import write_utc
from open311.base.errors import Problem, problem
from open311.base.problems import in_words
from open311.model.service_request import Reporter

MOST_TROUBLES = 100
LONGEST_REASON = 300

# Many servers touch rows that stay as they are; and the closing moment is mostly guessed from `updated_datetime`.
NOT_IN_DIGEST = ("updated_datetime", "closed_datetime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request from elsewhere, already in our terms; `values` has the names of the table's columns."""

    foreign_id: str
    values: Mapping[str, Any]
    service_name: str = ""
    reporter: Reporter | None = None
    # Somebody mends a file and its mapping: there, moments count too that servers touch.
    is_from_file: bool = False

    @property
    def digest(self) -> str:
        """Equal exactly when nothing that counts has changed; behind the point, what only counts in files."""
        contents = self._digest(_in_digest(tuple(self.values)))[:32]
        return f"{contents}.{self._digest(NOT_IN_DIGEST)[:16]}" if self.is_from_file else contents

    def _digest(self, names: Iterable[str]) -> str:
        contents = repr([(name, self.values[name]) for name in names])
        # Half of a surrogate pair, which some servers send, is no text that could be encoded.
        return hashlib.sha256(contents.encode(errors="replace")).hexdigest()


@lru_cache(maxsize=100)
def _in_digest(names: tuple[str, ...]) -> list[str]:
    return sorted({*names}.difference(NOT_IN_DIGEST))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that cannot be taken in, and why."""

    problem: Problem
    foreign_id: str = ""

    def reason(self, language: str) -> str:
        """Why, in words for the person who mends it at its source."""
        return in_words(self.problem, language)


def refusal_for(key: str, foreign_id: str = "", **values: Any) -> Refusal:
    """A refusal for the reason that this message gives."""
    return Refusal(problem(key, **values), foreign_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many requests were new, changed, the same, gone at their source, or not to be taken in."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            **{count.name: getattr(self, count.name) + getattr(other, count.name) for count in fields(self)}
        )

    @property
    def all(self) -> int:
        """Every request that was looked at."""
        return self.new + self.changed + self.same + self.gone + self.refused

    def as_dict(self) -> dict[str, int]:
        return {count.name: getattr(self, count.name) for count in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReference:
    """What is stored of a foreign id; without a number it was erased here."""

    service_request_id: int | None
    digest: str
    gone: bool

    def differs_in_moments_alone(self, arrival: Arrival) -> bool:
        """Whether the rest of a row is as it was when it last came."""
        return not self.gone and self.digest.partition(".")[0] == arrival.digest.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an operator should know of a source: a row that was refused, or, without an id, what is odd there."""

    reason: str
    foreign_id: str = ""

    def as_dict(self, at: datetime) -> dict[str, str]:
        """As it is stored, with the moment when it was last seen."""
        return {
            "datetime": write_utc(at),
            "foreign_id": self.foreign_id,
            "reason": self.reason[:LONGEST_REASON],
        }


def with_troubles(
    known: Sequence[Mapping[str, str]], fresh: Iterable[Trouble], at: datetime
) -> list[Mapping[str, str]]:
    """The newest troubles, each once, the newest last."""
    rows = [*known, *(trouble.as_dict(at) for trouble in fresh)]
    newest = {(row["foreign_id"], row["reason"]): row for row in rows}
    return sorted(newest.values(), key=lambda row: row["datetime"])[-MOST_TROUBLES:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A source: where requests of a jurisdiction come from, and how far that has come."""

    jurisdiction_id: str
    source: str
    kind: str
    created_datetime: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    catalogue: Mapping[str, Any] | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    troubles: Sequence[Mapping[str, str]] = ()
    run_datetime: datetime | None = None
