"""A lenient client of other GeoReport v2 servers: whatever they answer, we read what can be read.

JSON is asked for first, and XML for the rest of the client's life where JSON is not to be had.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from open311.adapters import safe_http
from open311.adapters.safe_http import Answer, MayReach, Refused, Resolve
from open311.base.datetimes import write_utc
from open311.federation import foreign
from open311.federation import parsing as reading
from open311.federation.foreign import ForeignChanges, ForeignRequest, ForeignUpdate
from open311.federation.parsing import Item, Unreadable

MOST_BYTES = 64 * 1024 * 1024
SECONDS = 60.0
REDIRECTS = 3
NOT_OFFERED = (404, 405, 406, 410, 415, 501)
LOST_CURSOR = (400, 410)
FORM = "application/x-www-form-urlencoded; charset=utf-8"

Value = str | int | float | datetime | None | Sequence[str]


class RemoteError(Exception):
    """The other server said no, or nothing that can be understood.

    `status` is None when no answer came. `may_have_acted` is False only when it certainly has not done what was asked:
    it could not be reached, or has refused. `passing` says that asking again later is worthwhile, and `retry_after`
    after how many seconds it wants to be asked.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        passing: bool = False,
        may_have_acted: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.passing = status, passing
        self.may_have_acted, self.retry_after = may_have_acted, retry_after


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list of requests; `following` asks for the next part, None when the server names none."""

    requests: list[ForeignRequest]
    following: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RemoteReceipt:
    """What a report was answered with: an id, a token, or neither."""

    service_request_id: str | None = None
    token: str | None = None


@dataclass(slots=True)
class Client:
    """Another server. `zone` is that of times that name none; `may_reach` may forbid addresses within our network."""

    url: str
    jurisdiction_id: str | None = None
    api_key: str | None = None
    zone: tzinfo = UTC
    seconds: float = SECONDS
    resolve: Resolve = safe_http.addresses
    may_reach: MayReach = lambda address: True
    suffix: str = "json"
    _settled: bool = field(default=False, init=False)

    def services(self) -> list[Item]:
        """The services it offers, as it describes them."""
        return self._list("services", {}, "service_code")

    def service(self, service_code: str) -> Item | None:
        """The definition of a service; None when it has none."""
        found = self._list(f"services/{_step(service_code)}", {}, "attributes", "service_code")
        return found[0] if found else None

    def requests(self, **query: Value) -> list[ForeignRequest]:
        """Requests, as its filters say; datetimes may be given as such, lists as such."""
        return self.page(**query).requests

    def page(self, **query: Value) -> Page:
        """A part of the list of requests, and where it goes on if the server says so (`Link`, rel=next)."""
        answer = self._get("requests", query)
        found = _items(answer, "service_request_id")
        read = [foreign.request_from(each, self.zone) for each in found]
        return Page([each for each in read if each], _following(answer))

    def request(self, service_request_id: str) -> ForeignRequest | None:
        """One request; None when it is not there, or not public."""
        found = self._list(f"requests/{_step(service_request_id)}", {}, "service_request_id")
        return foreign.request_from(found[0], self.zone) if found else None

    def updates(self, **query: Value) -> list[ForeignUpdate] | None:
        """Updates in FixMyStreet's way; None when this server does not offer them."""
        try:
            found = _items(self._get("servicerequestupdates", query), "update_id")
        except RemoteError as refused:
            if refused.status in NOT_OFFERED:
                return None
            raise
        read = [foreign.update_from(each, self.zone) for each in found]
        return [each for each in read if each]

    def changes(self, since: str | None, limit: int) -> ForeignChanges | None:
        """A part of the change feed, which servers of this program have; None when there is none."""
        asked = urlencode(_pairs({"jurisdiction_id": self.jurisdiction_id, "since": since, "limit": limit}))
        answer = self._fetch(f"{self.url.rstrip('/')}/changes.json", asked)
        lost = since is not None and answer.status in LOST_CURSOR
        if answer.status in (*NOT_OFFERED, *LOST_CURSOR) and not lost:
            return None
        if answer.status != 200:
            raise _refusal(answer)
        return foreign.changes_from(_parsed(answer), self.zone)

    def token(self, token: str) -> str | None:
        """The id behind a token; None as long as it is not given out."""
        for each in self._list(f"tokens/{_step(token)}", {}, "service_request_id"):
            return foreign.word(each, "service_request_id")
        return None

    def report(self, fields: Mapping[str, Value | Sequence[str]]) -> RemoteReceipt:
        """Hand in a report."""
        answer = self._post("requests", fields)
        for each in _items(answer, "service_request_id", "token", acted=True):
            number, token = foreign.word(each, "service_request_id"), foreign.word(each, "token")
            return RemoteReceipt(number, None if number else token)
        return RemoteReceipt()

    def _list(self, path: str, query: Mapping[str, Value], *marks: str) -> list[Item]:
        try:
            return _items(self._get(path, query), *marks)
        except RemoteError as refused:
            if "/" in path and refused.status in (404, 410):
                return []
            raise

    def _get(self, path: str, query: Mapping[str, Value]) -> Answer:
        asked = urlencode(_pairs({"jurisdiction_id": self.jurisdiction_id, **query}))
        answer = self._fetch(f"{self.url.rstrip('/')}/{path}.{self.suffix}", asked)
        if not self._settled and not _speaks(answer):
            other = self._fetch(f"{self.url.rstrip('/')}/{path}.xml", asked)
            if _speaks(other):
                self.suffix, answer = "xml", other
        if answer.status != 200:
            raise _refusal(answer)
        self._settled = True
        return answer

    def _fetch(self, url: str, asked: str) -> Answer:
        address = f"{url}?{asked}" if asked else url
        for _ in range(REDIRECTS + 1):
            answer = self._send("GET", address, {"Accept": "application/json, text/xml;q=0.9, */*;q=0.5"})
            if answer.status not in safe_http.REDIRECTS or "Location" not in answer.headers:
                return answer
            address = _redirected(address, answer.headers["Location"])
        raise RemoteError(f"{urlsplit(url).netloc} redirects in circles")

    def _post(self, path: str, fields: Mapping[str, Value]) -> Answer:
        own = {"jurisdiction_id": self.jurisdiction_id, "api_key": self.api_key}
        content = urlencode(_pairs({**own, **fields})).encode()
        answer = self._send(
            "POST", f"{self.url.rstrip('/')}/{path}.{self.suffix}", {"Content-Type": FORM}, content
        )
        if answer.status not in (200, 201, 202) or _says_no(answer):
            raise _refusal(answer)
        return answer

    def _send(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        try:
            return safe_http.send(
                method,
                url,
                headers=headers,
                content=content,
                most_bytes=MOST_BYTES,
                seconds=self.seconds,
                resolve=self.resolve,
                may_reach=self.may_reach,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as reason:
            raise RemoteError(f"not reached: {_told(reason)}", passing=True) from None
        except httpx.HTTPError as reason:
            raise RemoteError(_told(reason), passing=True, may_have_acted=method == "POST") from None
        except Refused as reason:
            raise RemoteError(str(reason)) from None
        except OSError as reason:
            raise RemoteError(f"not reached: {_told(reason)}", passing=True) from None


def _told(reason: Exception) -> str:
    return str(reason) or type(reason).__name__


def _step(word: str) -> str:
    return str(httpx.URL(path=f"/{word}").raw_path.decode()).removeprefix("/").replace("/", "%2F")


def _pairs(query: Mapping[str, Value]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, (list, tuple)):
            found += [(name, str(each)) for each in value]
        elif isinstance(value, datetime):
            found.append((name, write_utc(value)))
        elif value is not None:
            found.append((name, str(value)))
    return found


def _items(answer: Answer, *marks: str, acted: bool = False) -> list[Item]:
    try:
        if answer.cut:
            raise Unreadable(f"longer than {MOST_BYTES} bytes")
        plain = reading.unpacked(answer.body, answer.headers.get("Content-Encoding", ""), MOST_BYTES)
        return reading.items(plain, *marks)
    except Unreadable as reason:
        raise RemoteError(f"answered {reason}", status=answer.status, may_have_acted=acted) from None


def _parsed(answer: Answer) -> object:
    try:
        plain = reading.unpacked(answer.body, answer.headers.get("Content-Encoding", ""), MOST_BYTES)
        return reading.parse(plain)
    except Unreadable:
        return None


def _speaks(answer: Answer) -> bool:
    """Whether the format is one that the server has: a list, or an error told in GeoReport's way."""
    if answer.status != 200 and answer.status not in NOT_OFFERED:
        return True
    with suppress(Unreadable):
        return bool(reading.items(answer.body, "code")) or answer.status == 200
    return False


def _says_no(answer: Answer) -> bool:
    """Some servers tell errors under a status of 200."""
    with suppress(Unreadable):
        return any(str(each["code"])[:1] in "45" for each in reading.items(answer.body, "code"))
    return False


def _refusal(answer: Answer) -> RemoteError:
    told = _error_told(answer)
    wait = answer.headers.get("Retry-After", "")
    busy = answer.status in (408, 425, 429, 503)
    return RemoteError(
        f"{answer.status} {told or ''}".strip(),
        status=answer.status,
        passing=busy or answer.status >= 500,
        may_have_acted=answer.status >= 500 and answer.status != 503,
        retry_after=int(wait) if wait.isascii() and wait.isdigit() else None,
    )


def _error_told(answer: Answer) -> str | None:
    with suppress(Unreadable):
        for each in reading.items(answer.body, "description"):
            return (foreign.word(each, "description") or "")[:500]
    return None


def _redirected(address: str, location: str) -> str:
    """Where a redirect leads, if that is the same host; http may become https."""
    before, after = httpx.URL(address), httpx.URL(address).join(location)
    if after.host != before.host or (before.scheme == "https" and after.scheme != "https"):
        raise RemoteError(f"redirects from {before.host} to {after.scheme}://{after.host}")
    return str(after)


def _following(answer: Answer) -> dict[str, str] | None:
    """The query of the next page; only the query, so that a server cannot send us elsewhere."""
    for link in answer.headers.get("Link", "").split(","):
        target, _, parameters = link.partition(";")
        if 'rel="next"' in parameters.lower() or "rel=next" in parameters.lower():
            return dict(parse_qsl(urlsplit(target.strip().strip("<>")).query))
    return None
