"""One requirement, what was found about it, and the table of all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How binding a requirement is. `BREAKS`: the text is silent or loose, and a named, real program breaks."""

    MUST = "MUST"
    BREAKS = "MUST†"
    SHOULD = "SHOULD"
    EXT = "EXT"


class Outcome(StrEnum):
    """What came of looking: an extension is offered or not, everything else passes or fails.

    `NOT_SEEN`: there was nothing to look at. `LEFT_OPEN`: the standard allows this and its opposite.
    """

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"
    LEFT_OPEN = "left open"
    OFFERED = "offered"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `quirk` names it when it is one that real servers are known for."""

    text: str
    quirk: str | None = None


class Ended(Exception):
    """A check has come to its end without a verdict of its own."""

    outcome = Outcome.NOT_SEEN


class NotSeen(Ended):
    """There was nothing to look at."""


class LeftOpen(Ended):
    """The standard does not say."""

    outcome = Outcome.LEFT_OPEN


class NotOffered(Ended):
    """The server does not have this extension."""

    outcome = Outcome.NOT_OFFERED


# What it takes is a `Subject`, which itself knows of what is here.
Check = Callable[[Any], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A row of the table. `posts` says that looking needs a report to be sent."""

    number: str
    level: Level
    looked_at: str
    check: Check
    posts: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    requirement: Requirement
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    note: str = ""


TABLE: list[Requirement] = []
MUST, BREAKS, SHOULD, EXT = Level


def requires(number: str, level: Level, looked_at: str, *, posts: bool = False) -> Callable[[Check], Check]:
    """Put a check into the table; it yields what is wrong, or raises an `Ended`."""

    def put(check: Check) -> Check:
        TABLE.append(Requirement(number, level, looked_at, check, posts))
        return check

    return put
