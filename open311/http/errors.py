"""What an error means to the client: an HTTP status, and words in the reader's language."""

from collections.abc import Mapping

from open311.base import problems
from open311.base.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    MailUnavailable,
    NotFound,
    Open311Error,
    Problem,
    ReplicaLost,
    StoreUnavailable,
    TooManyRequests,
    Unavailable,
)
from open311.http import current

STATUS: Mapping[type[Open311Error], int] = {
    Invalid: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooManyRequests: 429,
    Busy: 503,
    Unavailable: 503,
    ReplicaLost: 503,
    StoreUnavailable: 503,
    MailUnavailable: 503,
}


def in_words(problem: Problem) -> str:
    """A problem in the reader's language."""
    return problems.in_words(problem, current.language())
