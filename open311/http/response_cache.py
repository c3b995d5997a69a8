"""Whole answers in memory, in front of the application, and what every answer gets at the very end.

An answer is kept while nothing public changes (`storage/database/freshness.py`); a process that cannot hear of
changes keeps nothing. Here, behind which no framework stands, answers are also compressed and compared with what the
client has already (georeport.md 5.13).
"""

import gzip
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.http import http_date, parse_accept_header, parse_date

from open311.base import tracing
from open311.base.bounded import Bounded
from open311.http import access_log, urls
from open311.http.base_address import FAILED
from open311.http.limits.rate_limits import Limits
from open311.http.single_flight import InFlight
from open311.storage.database.freshness import Freshness

Headers = list[tuple[str, str]]

MOST_BYTES = 8 * 1024 * 1024
MOST_BYTES_EACH = 4 * 1024 * 1024
LONGEST_QUERY = 1000
# A window that ends now moves on although nothing changes.
KEPT_SECONDS = 30.0
# Below this a compressed body saves no packet.
COMPRESS_FROM = 1000
TEXT = (
    "text/",
    "application/json",
    "application/x-ndjson",
    "application/geo+json",
    "application/schema+json",
    "application/vnd.oai.openapi+json",
    "application/atom+xml",
    "application/xml",
    "application/vnd.mapbox-vector-tile",
    "image/svg+xml",
)
SUFFIXES = tuple(f".{suffix}" for suffix in urls.SUFFIXES)
# What is never kept with an answer: each request has its own.
OF_ONE_ANSWER = frozenset({"content-length", "x-request-id"})
NOT_IN_304 = frozenset({"content-length", "content-type", "content-encoding"})


class CachedResponse:
    """One answer of the application, whole, with its compressed twin once somebody asked for it."""

    __slots__ = (
        "body",
        "entity",
        "headers",
        "known",
        "level",
        "made",
        "packed",
        "plain",
        "request_id",
        "since",
        "stamp",
        "status",
        "text",
    )

    def __init__(
        self, status: str, headers: Headers, named: Mapping[str, str], body: bytes, since: int | None = None
    ) -> None:
        """`named` are the headers by their names in lower case."""
        plain = [(name, value) for name, value in headers if name.lower() not in OF_ONE_ANSWER]
        self.request_id = named.get("x-request-id", "")
        self.status = status
        self.body = body
        self.text = named.get("content-type", "").startswith(TEXT) and "content-encoding" not in named
        # The quoted part: weak and strong spellings of the same tag are equal for a GET.
        self.entity = named.get("etag", "").removeprefix("W/") if status.startswith("200") else ""
        self.since = since if status.startswith("200") else None
        if self.since is not None:
            plain.append(("Last-Modified", _http_date(self.since)))
        self.plain = plain
        self.headers = [*plain, ("Content-Length", str(len(body)))]
        # Made for the first who asks for them.
        self.known: Headers | None = None
        self.packed: tuple[bytes, Headers] | None = None
        # Worth more work only where everybody fetches it once.
        self.level = 9 if "immutable" in named.get("cache-control", "") else 1
        self.made = time.monotonic()
        self.stamp: int | None = None

    def is_known(self, environ: WSGIEnvironment) -> bool:
        """Whether the client has this very answer: by its tag, else by when it was got (RFC 9110, 13.1)."""
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags:
            # Within the quotes that belong to it, so no tag is found as a part of another.
            return bool(self.entity) and (self.entity in tags or tags == "*")
        if self.since is None or "HTTP_IF_MODIFIED_SINCE" not in environ:
            return False
        got = parse_date(environ["HTTP_IF_MODIFIED_SINCE"])
        return got is not None and got.timestamp() >= self.since

    def send(
        self, environ: WSGIEnvironment, start_response: StartResponse, request_id: str
    ) -> tuple[list[bytes], str]:
        """Begin the response to this request; returns the body and the status."""
        own = ("X-Request-Id", request_id)
        if (self.entity or self.since) and self.is_known(environ):
            start_response("304 NOT MODIFIED", [*(self.known or self._unchanged()), own])
            return [b""], "304"
        body, headers = self.body, self.headers
        accepted = environ.get("HTTP_ACCEPT_ENCODING")
        if accepted and self.text and len(body) >= COMPRESS_FROM and takes_gzip(accepted):
            body, headers = self._packed()
        start_response(self.status, [*headers, own])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body], self.status[:3]

    def _unchanged(self) -> Headers:
        self.known = [header for header in self.plain if header[0].lower() not in NOT_IN_304]
        return self.known

    def _packed(self) -> tuple[bytes, Headers]:
        if self.packed is None:
            # Without the time: the same body would otherwise pack to other bytes each second, and a cache in between
            # takes them for another answer.
            packed = gzip.compress(self.body, compresslevel=self.level, mtime=0)
            length = ("Content-Length", str(len(packed)))
            self.packed = packed, [*self.plain, ("Content-Encoding", "gzip"), length]
        return self.packed


@lru_cache(maxsize=8)
def _http_date(moment: int) -> str:
    return http_date(moment)


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether gzip is asked for by name; some crawlers announce deflate and cannot read it."""
    return any(name.lower() == "gzip" and quality > 0 for name, quality in parse_accept_header(accepted))


class ResponseCache:
    """WSGI middleware in front of everything but proxies and bodies."""

    def __init__(
        self, application: WSGIApplication, freshness: Freshness, limits: Limits | None, *, by_host: bool
    ) -> None:
        self._application = application
        self._freshness = freshness
        self._limits = limits
        self._by_host = by_host
        self._kept = Bounded[Any, CachedResponse](MOST_BYTES, _size)
        self._flights: dict[Any, InFlight] = {}
        self._stamp = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory if that is right, else let the application answer and keep what may be kept."""
        began = time.perf_counter()
        tracing.enter(environ.get("HTTP_TRACEPARENT"))
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        # Read before the question is looked up: an answer that is made from here on may be newer than this stamp, never
        # older.
        stamp = self._freshness.stamp
        question = self._question(environ) if self._freshness.listening else None
        if question is None:
            return self._ask(environ, start_response, shared=False)[0]
        kept = self._kept.get(question)
        # Each answer says itself under which stamp it was made: another thread may exchange all of them just now.
        if kept is None or kept.stamp != stamp or kept.made + KEPT_SECONDS <= time.monotonic():
            flight = InFlight()
            first = self._flights.setdefault((question, stamp), flight)
            if first is flight:
                return self._ask_for_all(environ, start_response, question, stamp, flight)
            kept = first.wait()
        if kept is None or not self._allowed(environ):
            return self._ask(environ, start_response, shared=True)[0]
        request_id = access_log.number(environ.get("HTTP_X_REQUEST_ID"))
        body, status = kept.send(environ, start_response, request_id)
        access_log.record(
            method, environ["PATH_INFO"], int(status), len(body[0]), began, request_id, kept=True
        )
        return body

    def _question(self, environ: WSGIEnvironment) -> Any:
        """All that an answer depends on; None when it depends on who asks."""
        query, path = environ.get("QUERY_STRING", ""), environ["PATH_INFO"]
        if FAILED in environ or "HTTP_AUTHORIZATION" in environ or "api_key" in query:
            return None
        # Cookies of a city's other sites come along everywhere; only the desk reads any.
        if urls.is_below(path, urls.STAFF):
            return None
        # Strangers choose the keys of this memory, so a key must not be dearer than what it keeps.
        if len(query) > LONGEST_QUERY:
            return None
        host = (environ.get("HTTP_HOST"), environ["wsgi.url_scheme"]) if self._by_host else None
        accepted = None if path.endswith(SUFFIXES) else environ.get("HTTP_ACCEPT")
        return path, query, environ.get("HTTP_ACCEPT_LANGUAGE"), accepted, host

    def _allowed(self, environ: WSGIEnvironment) -> bool:
        limits, address = self._limits, environ.get("REMOTE_ADDR", "")
        return limits is None or limits.read_is_left(address, environ["PATH_INFO"])

    def _ask_for_all(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        question: Any,
        stamp: int,
        flight: InFlight,
    ) -> Iterable[bytes]:
        """Let the application answer, also those who ask the same at the same stamp meanwhile.

        They see every write that was answered before they asked: it would have set another stamp.
        """
        answer: CachedResponse | None = None
        try:
            parts, answer = self._ask(environ, start_response, shared=True)
            if answer:
                self._keep(question, answer, stamp)
            return parts
        finally:
            del self._flights[question, stamp]
            flight.land(answer)

    def _ask(
        self, environ: WSGIEnvironment, start_response: StartResponse, *, shared: bool
    ) -> tuple[Iterable[bytes], CachedResponse | None]:
        """What the application answers, and that answer once more if it is good for everybody."""
        said: list[Any] = []
        unwritten: list[bytes] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            said[:] = [status, headers]
            # WSGI's `write` (PEP 3333): nothing here calls it, but whoever stands below may.
            return unwritten.append

        method, since = environ["REQUEST_METHOD"], self._freshness.unchanged_since
        # The application makes the whole answer also for HEAD: its headers must be those of GET.
        parts = self._application(environ | {"REQUEST_METHOD": "GET"}, start)
        status, headers = said
        named = {name.lower(): value for name, value in headers}
        if not _is_whole(named):
            start_response(status, headers)
            return (parts if method == "GET" else _closed(parts)), None
        body = b"".join([*parts, *unwritten])
        _close(parts)
        lasting = shared and _may_be_kept(status, named)
        answer = CachedResponse(status, headers, named, body, since if lasting else None)
        return answer.send(environ, start_response, answer.request_id)[0], answer if lasting else None

    def _keep(self, question: Any, answer: CachedResponse, stamp: int) -> None:
        if len(answer.body) > MOST_BYTES_EACH or stamp != self._freshness.stamp:
            return
        with self._lock:
            # Nothing of an earlier stamp will be right again, so all of it goes at once.
            if stamp != self._stamp:
                self._kept, self._stamp = Bounded(MOST_BYTES, _size), stamp
        answer.stamp = stamp
        self._kept.keep(question, answer)


def _size(answer: CachedResponse) -> int:
    """What an answer may take, the packed twin that somebody may ask for included."""
    return 5 * len(answer.body) // 4 + 3000


def _is_whole(named: Mapping[str, str]) -> bool:
    """Whether the answer says how long it is; what does not is a stream and passes untouched."""
    return "content-length" in named and int(named["content-length"]) <= MOST_BYTES


def _may_be_kept(status: str, named: Mapping[str, str]) -> bool:
    return (
        status.startswith("200")
        and named.get("cache-control", "").startswith("public")
        and "set-cookie" not in named
    )


def _close(parts: Iterable[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close:
        close()


def _closed(parts: Iterable[bytes]) -> Iterable[bytes]:
    _close(parts)
    return ()
