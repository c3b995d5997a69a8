"""Whole answers in memory, in front of the application, and what every answer gets at the very end.

An answer is kept as long as nothing public changes anywhere (`storage/freshness.py`); a process that cannot hear of
changes keeps nothing. Here, behind which no framework stands, answers are also compressed and compared with what the
client has already (georeport.md 5.13).
"""

import gzip
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.http import http_date, parse_accept_header, parse_date

from open311.storage.freshness import Freshness
from open311.web import logs
from open311.web.limits import Limits

Headers = list[tuple[str, str]]

MOST_BYTES = 24 * 1024 * 1024
MOST_BYTES_EACH = 4 * 1024 * 1024
LONGEST_QUERY = 1000
# A window that ends now moves on although nothing changes.
KEPT_SECONDS = 30.0
# Below this a compressed body saves no packet.
COMPRESS_FROM = 1000
TEXT = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/atom+xml",
    "application/xml",
    "application/vnd.mapbox-vector-tile",
    "image/svg+xml",
)
SUFFIXES = (".json", ".xml", ".geojson", ".csv", ".atom", ".mvt")
NOT_IN_304 = frozenset({"content-length", "content-type", "content-encoding"})


class Answer:
    """One answer of the application, whole, with its compressed twin once somebody asked for it."""

    __slots__ = ("body", "entity", "headers", "level", "made", "packed", "since", "status", "text")

    def __init__(self, status: str, headers: Headers, body: bytes, since: int | None = None) -> None:
        named = {name.lower(): value for name, value in headers}
        self.status = status
        self.headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        self.body = body
        self.text = named.get("content-type", "").startswith(TEXT) and "content-encoding" not in named
        # The quoted part: weak and strong spellings of the same tag are equal for a GET.
        self.entity = named.get("etag", "").removeprefix("W/")
        self.since = since
        if since is not None:
            self.headers.append(("Last-Modified", http_date(since)))
        self.packed: bytes | None = None
        # Worth more work only where everybody fetches it once.
        self.level = 9 if "immutable" in named.get("cache-control", "") else 1
        self.made = time.monotonic()

    def is_known(self, environ: WSGIEnvironment) -> bool:
        """Whether the client has this very answer: by its tag, else by when it was got (RFC 9110, 13.1)."""
        if not self.status.startswith("200"):
            return False
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags:
            return bool(self.entity) and (self.entity in tags or tags == "*")
        got = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE")) if self.since is not None else None
        return got is not None and self.since is not None and got.timestamp() >= self.since

    def send(self, environ: WSGIEnvironment, start_response: StartResponse) -> tuple[bytes, str]:
        """Begin the response; returns the body and the status."""
        if self.is_known(environ):
            start_response(
                "304 NOT MODIFIED", [each for each in self.headers if each[0].lower() not in NOT_IN_304]
            )
            return b"", "304"
        headers, body = self.headers, self.body
        if self.text and len(body) >= COMPRESS_FROM and takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            body = self.packed = self.packed or gzip.compress(body, compresslevel=self.level, mtime=0)
            headers = [*headers, ("Content-Encoding", "gzip")]
        start_response(self.status, [*headers, ("Content-Length", str(len(body)))])
        return (b"" if environ["REQUEST_METHOD"] == "HEAD" else body), self.status[:3]


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether gzip is asked for by name; some crawlers announce deflate and cannot read it."""
    return any(name == "gzip" and quality > 0 for name, quality in parse_accept_header(accepted))


class KeptAnswers:
    """WSGI middleware in front of everything but proxies and bodies."""

    def __init__(
        self, application: WSGIApplication, freshness: Freshness, limits: Limits | None, *, by_host: bool
    ) -> None:
        self._application = application
        self._freshness = freshness
        self._limits = limits
        self._by_host = by_host
        self._kept: dict[Any, Answer] = {}
        self._stamp = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory if that is right, else let the application answer and keep what may be kept."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        stamp = self._freshness.stamp if self._freshness.listening else None
        question = self._question(environ) if stamp is not None else None
        kept = self._kept.get(question) if stamp == self._stamp and question else None
        if kept and kept.made + KEPT_SECONDS > time.monotonic() and self._allowed(environ):
            began = time.perf_counter()
            body, status = kept.send(environ, start_response)
            logs.kept(environ["REQUEST_METHOD"], environ["PATH_INFO"], status, len(body), began)
            return (body,)
        return self._ask(environ, start_response, question, stamp)

    def _question(self, environ: WSGIEnvironment) -> Any:
        """All that an answer depends on; None when it depends on who asks."""
        query = environ.get("QUERY_STRING", "")
        if "HTTP_AUTHORIZATION" in environ or "HTTP_COOKIE" in environ or "api_key" in query:
            return None
        if len(query) > LONGEST_QUERY:
            return None
        path = environ["PATH_INFO"]
        host = (environ.get("HTTP_HOST"), environ["wsgi.url_scheme"]) if self._by_host else None
        wanted = None if path.endswith(SUFFIXES) else environ.get("HTTP_ACCEPT")
        return path, query, environ.get("HTTP_ACCEPT_LANGUAGE"), wanted, host

    def _allowed(self, environ: WSGIEnvironment) -> bool:
        return self._limits is None or self._limits.read_is_left(environ.get("REMOTE_ADDR", ""))

    def _ask(
        self, environ: WSGIEnvironment, start_response: StartResponse, question: Any, stamp: int | None
    ) -> Iterable[bytes]:
        said: list[Any] = []
        unwritten: list[bytes] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            said[:] = [status, headers]
            return unwritten.append

        method, since = environ["REQUEST_METHOD"], self._freshness.unchanged_since
        # The application makes the whole answer also for HEAD: its headers must be those of GET.
        parts = self._application(environ | {"REQUEST_METHOD": "GET"}, start)
        status, headers = said
        if not _is_whole(headers):
            start_response(status, headers)
            return parts if method == "GET" else _closed(parts)
        body = b"".join([*parts, *unwritten])
        _close(parts)
        if question is None or not _may_be_kept(status, headers):
            return (Answer(status, headers, body).send(environ, start_response)[0],)
        answer = Answer(status, headers, body, since)
        self._keep(question, answer, stamp)
        return (answer.send(environ, start_response)[0],)

    def _keep(self, question: Any, answer: Answer, stamp: int | None) -> None:
        size = 3 * len(answer.body) // 2 + 2000
        if len(answer.body) > MOST_BYTES_EACH or stamp != self._freshness.stamp:
            return
        with self._lock:
            if stamp != self._stamp or self._bytes + size > MOST_BYTES:
                self._kept, self._bytes, self._stamp = {}, 0, stamp or 0
            self._kept[question] = answer
            self._bytes += size


def _is_whole(headers: Headers) -> bool:
    """Whether the answer says how long it is; what does not is a stream and passes untouched."""
    return any(name.lower() == "content-length" and int(value) <= MOST_BYTES for name, value in headers)


def _may_be_kept(status: str, headers: Headers) -> bool:
    named = {name.lower(): value for name, value in headers}
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
