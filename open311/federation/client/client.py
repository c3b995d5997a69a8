"""A lenient client of other GeoReport v2 servers: it reads whatever can be read of their answers.

JSON is asked for first, and XML for the rest of the client's life where JSON is not to be had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit

import httpx2

from open311.adapters import safe_http
from open311.adapters.safe_http import Answer, DestinationRefused, MayReach, Resolve
from open311.base.datetimes import write_utc
from open311.federation.client import answers, foreign, parsing
from open311.federation.client.answers import MOST_BYTES, NOT_OFFERED, RemoteError
from open311.federation.client.dates import Dates
from open311.federation.client.foreign import ForeignChanges, ForeignRequest, ForeignUpdate
from open311.federation.client.parsing import Item

# Old servers take long over a page of a thousand requests.
SECONDS = 60.0
REDIRECTS = 3
LOST_CURSOR = (400, 410)
FORM = "application/x-www-form-urlencoded; charset=utf-8"

Value = str | int | float | datetime | None | Sequence[str]


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
    """Another server. `dates`: how it writes moments; `may_reach` may forbid addresses within our network."""

    url: str
    jurisdiction_id: str | None = None
    api_key: str | None = None
    dates: Dates = field(default_factory=Dates)
    seconds: float = SECONDS
    resolve: Resolve = safe_http.addresses
    may_reach: MayReach = lambda address: True
    suffix: str = "json"
    _settled: bool = field(default=False, init=False)

    def services(self) -> list[Item]:
        return self._list("services", {}, "service_code")

    def service(self, service_code: str) -> Item | None:
        items = self._list(f"services/{_step(service_code)}", {}, "attributes", "service_code")
        return items[0] if items else None

    def requests(self, **query: Value) -> list[ForeignRequest]:
        """Requests, as its filters say; datetimes may be given as such, lists as such."""
        return self.page(**query).requests

    def page(self, **query: Value) -> Page:
        """A part of the list of requests, and where it goes on if the server says so (`Link`, rel=next)."""
        try:
            answer = self._get("requests", query)
        except RemoteError as refused:
            # Only of a server that has answered before: at the first question a 404 more likely means that the
            # address is wrong.
            if refused.status == 404 and refused.in_geo_report and self._settled:
                return Page([])  # Servers that find nothing say so.
            raise
        value = answers.parsed(answer)
        entries = answers.entries(answer, value, "service_request_id")
        requests = [foreign.request_from(entry, self.dates) for entry in entries]
        return Page([request for request in requests if request], answers.next_query(answer, value))

    def request(self, service_request_id: str) -> ForeignRequest | None:
        """One request; None when it is not there, or not public."""
        items = self._list(f"requests/{_step(service_request_id)}", {}, "service_request_id")
        return foreign.request_from(items[0], self.dates) if items else None

    def updates(self, **query: Value) -> list[ForeignUpdate] | None:
        """Updates in FixMyStreet's way; None when this server does not offer them."""
        try:
            answer = self._get("servicerequestupdates", query)
        except RemoteError as refused:
            if refused.status in NOT_OFFERED:
                return None
            raise
        entries = answers.entries(answer, answers.parsed(answer), "update_id")
        updates = [foreign.update_from(entry, self.dates) for entry in entries]
        return [update for update in updates if update]

    def changes(self, since: str | None, limit: int) -> ForeignChanges | None:
        """A part of the change feed, which servers of this program have; None when there is none."""
        query = urlencode(_pairs({"jurisdiction_id": self.jurisdiction_id, "since": since, "limit": limit}))
        answer = self._fetch(f"{self.url.rstrip('/')}/changes.json", query)
        lost = since is not None and answer.status in LOST_CURSOR
        if answer.status in (*NOT_OFFERED, *LOST_CURSOR) and not lost:
            return None
        if answer.status != 200:
            raise answers.refusal(answer)
        try:
            return foreign.changes_from(answers.parsed(answer), self.dates)
        except RemoteError:
            return None

    def token(self, token: str) -> str | None:
        """The id behind a token; None as long as it is not given out."""
        for item in self._list(f"tokens/{_step(token)}", {}, "service_request_id"):
            return foreign.word(item, "service_request_id")
        return None

    def report(self, fields: Mapping[str, Value | Sequence[str]]) -> RemoteReceipt:
        answer = self._post("requests", fields)
        for item in parsing.items_in(answers.parsed(answer, acted=True), "service_request_id", "token"):
            number, token = foreign.word(item, "service_request_id"), foreign.word(item, "token")
            return RemoteReceipt(number, None if number else token)
        return RemoteReceipt()

    def _list(self, path: str, query: Mapping[str, Value], *marks: str) -> list[Item]:
        try:
            answer = self._get(path, query)
            return answers.entries(answer, answers.parsed(answer), *marks)
        except RemoteError as refused:
            if "/" in path and refused.status in (404, 410):
                return []
            raise

    def _get(self, path: str, query: Mapping[str, Value]) -> Answer:
        query_string = urlencode(_pairs({"jurisdiction_id": self.jurisdiction_id, **query}))
        answer = self._fetch(f"{self.url.rstrip('/')}/{path}.{self.suffix}", query_string)
        if not self._settled and not answers.has_our_format(answer):
            other = self._fetch(f"{self.url.rstrip('/')}/{path}.xml", query_string)
            if answers.has_our_format(other):
                self.suffix, answer = "xml", other
        if answer.status != 200:
            raise answers.refusal(answer)
        self._settled = True
        return answer

    def _fetch(self, url: str, query_string: str) -> Answer:
        address = f"{url}?{query_string}" if query_string else url
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
        if answer.status not in (200, 201, 202) or answers.is_error_document(answer):
            raise answers.refusal(answer)
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
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as reason:
            raise RemoteError(f"not reached: {_reason_in_words(reason)}", passing=True) from None
        except httpx2.HTTPError as reason:
            raise RemoteError(
                _reason_in_words(reason), passing=True, may_have_acted=method == "POST"
            ) from None
        except DestinationRefused as reason:
            raise RemoteError(str(reason)) from None
        except OSError as reason:
            raise RemoteError(f"not reached: {_reason_in_words(reason)}", passing=True) from None


def _reason_in_words(reason: Exception) -> str:
    return str(reason) or type(reason).__name__


def _step(word: str) -> str:
    return str(httpx2.URL(path=f"/{word}").raw_path.decode()).removeprefix("/").replace("/", "%2F")


def _pairs(query: Mapping[str, Value]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, (list, tuple)):
            pairs += [(name, str(item)) for item in value]
        elif isinstance(value, datetime):
            pairs.append((name, write_utc(value)))
        elif value is not None:
            pairs.append((name, str(value)))
    return pairs


def _redirected(address: str, location: str) -> str:
    """Where a redirect leads, if that is the same host; http may become https."""
    before, after = httpx2.URL(address), httpx2.URL(address).join(location)
    if after.host != before.host or (before.scheme == "https" and after.scheme != "https"):
        raise RemoteError(f"redirects from {before.host} to {after.scheme}://{after.host}")
    return str(after)
