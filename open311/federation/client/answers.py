"""What an answer of another server says: a document, a list, a refusal, where to go on."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from open311.adapters.safe_http import Answer
from open311.federation.client import foreign, parsing
from open311.federation.client.dates import Dates
from open311.federation.client.parsing import Item, Unreadable

# Servers without pages send everything at once.
MOST_BYTES = 64 * 1024 * 1024
# How servers say that they lack a format or a method.
NOT_OFFERED = (404, 405, 406, 410, 415, 501)


class RemoteError(Exception):
    """The other server said no, or nothing that can be understood.

    `status` is None when no answer came. `may_have_acted` is False only when it certainly has not done what was asked:
    it could not be reached, or has refused. `passing` says that asking again later is worthwhile, and `retry_after`
    after how many seconds it wants to be asked. `in_geo_report`: the refusal was told as GeoReport has it,
    `readable`: in a document at least.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        passing: bool = False,
        may_have_acted: bool = False,
        retry_after: int | None = None,
        in_geo_report: bool = False,
        readable: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.passing = status, passing
        self.may_have_acted, self.retry_after = may_have_acted, retry_after
        self.in_geo_report, self.readable = in_geo_report, readable


def parsed(answer: Answer, *, acted: bool = False) -> Any:
    """The document in an answer; raises `RemoteError` when there is none."""
    try:
        if answer.cut:
            raise Unreadable(f"longer than {MOST_BYTES} bytes")
        plain = parsing.unpacked(answer.body, answer.headers.get("Content-Encoding", ""), MOST_BYTES)
        return parsing.parse(plain, answer.headers.get("Content-Type", ""))
    except Unreadable as reason:
        raise RemoteError(f"answered {reason}", status=answer.status, may_have_acted=acted) from None


def entries(answer: Answer, value: Any, *marks: str) -> list[Item]:
    """The entries of the list that an answer holds; raises `RemoteError` for anything else."""
    try:
        return parsing.entries(value, *marks)
    except Unreadable as reason:
        raise RemoteError(f"answered {reason}", status=answer.status) from None


def has_our_format(answer: Answer) -> bool:
    """Whether the format is one that the server has: any document, or an error told in GeoReport's way."""
    if answer.status != 200 and answer.status not in NOT_OFFERED:
        return True
    with suppress(RemoteError):
        value = parsed(answer)
        return answer.status == 200 or bool(parsing.items_in(value, "code"))
    return False


def is_error_document(answer: Answer) -> bool:
    """Some servers tell errors under a status of 200."""
    with suppress(RemoteError):
        value = parsed(answer)
        codes = (str(entry["code"])[:1] for entry in parsing.items_in(value, "code"))
        return any(code in ("4", "5") for code in codes) or (
            isinstance(value, Mapping) and parsing.is_error(value)
        )
    return False


def refusal(answer: Answer) -> RemoteError:
    error = _error_told(answer)
    # Said before anything was done, so trying again is safe; any other 5xx may have come after it was done.
    busy = answer.status in (408, 425, 429, 503)
    return RemoteError(
        f"{answer.status} {error or ''}".strip(),
        status=answer.status,
        passing=busy or answer.status >= 500,
        may_have_acted=answer.status >= 500 and answer.status != 503,
        retry_after=_retry_after(answer.headers),
        in_geo_report=error is not None,
        readable=_is_document(answer),
    )


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """After how many seconds to come back: given as such, or as a date by the clock of that server."""
    wait = headers.get("Retry-After", "").strip()
    # `isdigit` alone is true of `²`, which `int` refuses.
    if wait.isascii() and wait.isdigit():
        return int(wait[:9])
    at = Dates().read(wait)
    # Both moments by the clock of that server, which may be minutes off ours.
    now = Dates().read(headers.get("Date", "")) or datetime.now(UTC)
    return max(0, int((at - now).total_seconds())) if at else None


def _is_document(answer: Answer) -> bool:
    with suppress(RemoteError):
        return bool(parsed(answer))
    return False


def _error_told(answer: Answer) -> str | None:
    with suppress(RemoteError):
        for entry in parsing.items_in(parsed(answer), "description"):
            return (foreign.word(entry, "description") or "")[:500]
    return None


# A target may hold commas and semicolons; only what stands behind it ends at one (RFC 8288, 3).
_LINK = re.compile(r"<([^<>]*)>((?:\s*;[^,;\"]*(?:\"[^\"]*\"[^,;\"]*)?)*)")
_RELATIONS = re.compile(r"\brel\s*+=\s*+[\"']?([^\"';]*)", re.IGNORECASE)


def next_query(answer: Answer, value: Any) -> dict[str, str] | None:
    """The query of the next page, named by a header or in the list; only that, so that nobody sends us elsewhere."""
    # Only the query is taken over: a server must not be able to redirect a harvest to another host.
    for target, parameters in _LINK.findall(answer.headers.get("Link", "")):
        if any("next" in names.lower().split() for names in _RELATIONS.findall(parameters)):
            return _query_of(target)
    named = value.get("next") if isinstance(value, Mapping) else None
    return _query_of(named) if isinstance(named, str) and "?" in named else None


def _query_of(address: str) -> dict[str, str] | None:
    return dict(parse_qsl(address.partition("?")[2].partition("#")[0], keep_blank_values=True)) or None
