"""A cache of whole responses in front of the application.

A response is served from the cache while nothing public changes (`storage/database/freshness.py`); a process that
cannot hear of changes caches nothing. A hit never reaches the framework.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from open311.base import tracing
from open311.base.bounded import Bounded
from open311.http import urls
from open311.http.access_log import AccessLog
from open311.http.base_address import FAILED
from open311.http.caching.cached_response import TEXT, CachedResponse, Headers
from open311.http.caching.single_flight import InFlight
from open311.http.limits.rate_limits import Limits
from open311.storage.database.freshness import Freshness

MOST_BYTES = 8 * 1024 * 1024
MOST_BYTES_EACH = 4 * 1024 * 1024
LONGEST_QUERY = 1000
# The default window of a list ends now, and moves on although nothing changes.
MOST_AGE_SECONDS = 30.0
SUFFIXES = tuple(f".{suffix}" for suffix in urls.SUFFIXES)


class ResponseCache:
    """WSGI middleware in front of everything but the layers about proxies and bodies."""

    def __init__(
        self,
        application: WSGIApplication,
        freshness: Freshness,
        limits: Limits | None,
        log: AccessLog,
        *,
        by_host: bool,
    ) -> None:
        self._application = application
        self._freshness = freshness
        self._limits = limits
        self._log = log
        self._by_host = by_host
        self._entries = Bounded[Any, CachedResponse](MOST_BYTES, _size)
        self._flights: dict[Any, InFlight] = {}
        self._stamp = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve from the cache if the entry is fresh, else let the application answer and cache what it may."""
        began = time.perf_counter()
        tracing.enter(environ.get("HTTP_TRACEPARENT"))
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        # Read before the lookup: a response made from here on may be newer than this stamp, never older.
        stamp = self._freshness.stamp
        cache_key = self._cache_key(environ) if self._freshness.listening else None
        if cache_key is None:
            return self._fetch(environ, start_response, shared=False)[0]
        entry = self._entries.get(cache_key)
        # Each entry carries its own stamp: another thread may be swapping the whole cache just now.
        if entry is None or entry.stamp != stamp or entry.made + MOST_AGE_SECONDS <= time.monotonic():
            flight = InFlight()
            first = self._flights.setdefault((cache_key, stamp), flight)
            if first is flight:
                return self._fetch_for_all(environ, start_response, cache_key, stamp, flight)
            entry = first.wait()
        if entry is None or not self._allowed(environ):
            return self._fetch(environ, start_response, shared=True)[0]
        request_id = self._log.request_id(environ.get("HTTP_X_REQUEST_ID"))
        body, status = entry.send(environ, start_response, request_id)
        self._log.record(method, environ["PATH_INFO"], status, len(body[0]), began, request_id, kept=True)
        return body

    def _cache_key(self, environ: WSGIEnvironment) -> Any:
        """Everything that a response depends on; None when it depends on who asks."""
        query, path = environ.get("QUERY_STRING", ""), environ["PATH_INFO"]
        # Of those who ask for parts of one file at once, none waits for another.
        own = FAILED in environ or "HTTP_AUTHORIZATION" in environ or "HTTP_RANGE" in environ
        if own or "api_key" in query:
            return None
        # Cookies of a city's other sites come along everywhere; only the desk reads any.
        if urls.is_below(path, urls.STAFF):
            return None
        # Strangers choose the keys of this cache, so a key must not take more memory than its entry.
        if len(query) > LONGEST_QUERY:
            return None
        host = (environ.get("HTTP_HOST"), environ["wsgi.url_scheme"]) if self._by_host else None
        accepted = None if path.endswith(SUFFIXES) else environ.get("HTTP_ACCEPT")
        return path, query, environ.get("HTTP_ACCEPT_LANGUAGE"), accepted, host

    def _allowed(self, environ: WSGIEnvironment) -> bool:
        limits, address = self._limits, environ.get("REMOTE_ADDR", "")
        return limits is None or limits.read_is_left(address, environ["PATH_INFO"])

    def _fetch_for_all(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        cache_key: Any,
        stamp: int,
        flight: InFlight,
    ) -> Iterable[bytes]:
        """Let the application answer once for all who ask the same under the same stamp meanwhile (single flight).

        They see every write that was acknowledged before they asked: it would have set another stamp.
        """
        response: CachedResponse | None = None
        try:
            parts, response = self._fetch(environ, start_response, shared=True)
            if response:
                self._store(cache_key, response, stamp)
            return parts
        finally:
            del self._flights[cache_key, stamp]
            flight.land(response)

    def _fetch(
        self, environ: WSGIEnvironment, start_response: StartResponse, *, shared: bool
    ) -> tuple[Iterable[bytes], CachedResponse | None]:
        """The response of the application, and what of it may be cached; None when it is for one reader only."""
        started: list[Any] = []
        unwritten: list[bytes] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            started[:] = [status, headers]
            # WSGI's `write` (PEP 3333): nothing of ours calls it, but an application below may.
            return unwritten.append

        method, since = environ["REQUEST_METHOD"], self._freshness.unchanged_since
        # HEAD is passed on as GET: its headers must be the same (RFC 9110, 9.3.2).
        parts = self._application(environ | {"REQUEST_METHOD": "GET"}, start)
        status, headers = started
        by_name = {name.lower(): value for name, value in headers}
        if not _is_collected(status, by_name):
            start_response(status, headers)
            return (parts if method == "GET" else _closed(parts)), None
        body = b"".join([*parts, *unwritten])
        _close(parts)
        cacheable = shared and _is_cacheable(status, by_name)
        response = CachedResponse(status, headers, by_name, body, since if cacheable else None)
        return response.send(environ, start_response, response.request_id)[0], response if cacheable else None

    def _store(self, cache_key: Any, response: CachedResponse, stamp: int) -> None:
        if len(response.body) > MOST_BYTES_EACH or stamp != self._freshness.stamp:
            return
        with self._lock:
            # No entry of an earlier stamp can be served again, so all of them go at once.
            if stamp != self._stamp:
                self._entries, self._stamp = Bounded(MOST_BYTES, _size), stamp
        response.stamp = stamp
        self._entries.keep(cache_key, response)


def _size(response: CachedResponse) -> int:
    """The bytes that an entry may come to, the gzipped body included."""
    return 5 * len(response.body) // 4 + 3000


def _is_collected(status: str, by_name: Mapping[str, str]) -> bool:
    """Whether the response may be kept or compressed; streams, parts of files and large files pass untouched."""
    if "content-length" not in by_name or status.startswith("206"):
        return False
    most = MOST_BYTES if by_name.get("content-type", "").startswith(TEXT) else MOST_BYTES_EACH
    return int(by_name["content-length"]) <= most


def _is_cacheable(status: str, by_name: Mapping[str, str]) -> bool:
    return (
        status.startswith("200")
        and by_name.get("cache-control", "").startswith("public")
        and "set-cookie" not in by_name
    )


def _close(parts: Iterable[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close:
        close()


def _closed(parts: Iterable[bytes]) -> Iterable[bytes]:
    _close(parts)
    return ()
