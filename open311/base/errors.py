"""Everything that can go wrong, as values; words are found at the edge, in the reader's language.

Open311Error
├── Invalid             what was sent cannot be accepted; carries every problem found
├── NotFound            what was asked for does not exist, or is not public
├── Forbidden           the key is missing, unknown, revoked or lacks the right
├── Conflict            others have changed it since it was looked at; carries what they did
├── TooManyRequests     the rate limit is used up; says after how many seconds to come back
├── Busy                too much is going on just now; says after how many seconds to come back
├── Unavailable         the database cannot be reached
│   └── ReplicaLost     the replica that was read from went away; the primary can still answer
└── ConfigurationError  a setting or a catalogue stops the start; already in words
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the key of a message in `translations/`, and what fills its gaps, values or problems."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)


def problem(key: str, **values: Any) -> Problem:
    """A `Problem`, written the short way."""
    return Problem(key, values)


class Open311Error(Exception):
    """The base of all errors that a front door turns into an answer."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(f"{problem.key} {problem.values}" for problem in problems))
        self.problems = problems


class Invalid(Open311Error):
    """What was sent cannot be accepted."""

    @classmethod
    def unless_empty(cls, problems: Iterable[Problem]) -> None:
        """Raise one error that carries all `problems`; do nothing when there are none."""
        problems_found = tuple(problems)
        if problems_found:
            raise cls(*problems_found)


class NotFound(Open311Error):
    """What was asked for does not exist, or is not public."""


class Forbidden(Open311Error):
    """The key is missing, unknown, revoked or lacks the right."""


class Conflict(Open311Error):
    """Others have changed it since it was looked at: at `revision` it is now, `meanwhile` are their events."""

    def __init__(self, *problems: Problem, revision: int, meanwhile: Sequence[Any] = ()) -> None:
        super().__init__(*problems)
        self.revision = revision
        self.meanwhile = tuple(meanwhile)


class TooManyRequests(Open311Error):
    """The rate limit is used up."""

    def __init__(self, *problems: Problem, retry_after: int) -> None:
        super().__init__(*problems)
        self.retry_after = retry_after


class Busy(Open311Error):
    """There is no capacity for one more of this kind just now."""

    def __init__(self, *problems: Problem, retry_after: int) -> None:
        super().__init__(*problems)
        self.retry_after = retry_after


class Unavailable(Open311Error):
    """Something that an answer needs is out of reach: the database, if nothing else is said. `event` is for the log."""

    event = "database_unavailable"


class StoreUnavailable(Unavailable):
    """The store of photos is out of reach, full, or may not be written to."""

    event = "media_store_unavailable"


class MailUnavailable(Unavailable):
    """The mail server is out of reach, or takes nothing now."""

    event = "mail_unavailable"


class MailboxUnavailable(Unavailable):
    """The server that mail is fetched from is out of reach, or refuses us."""

    event = "mailbox_unavailable"


class ReplicaLost(Unavailable):
    """The replica that was read from went away; the primary can still answer."""


class ConfigurationError(Exception):
    """A setting or a catalogue stops the start; the message is for the operator."""
