"""A whole response as each of its readers gets it: compressed, without a body, or as 304 (georeport.md 5.13)."""

import gzip
import time
from collections.abc import Mapping
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.http import http_date, parse_accept_header, parse_date

Headers = list[tuple[str, str]]

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
# Never cached with a response: each request has its own.
OF_ONE_RESPONSE = frozenset({"content-length", "x-request-id"})
NOT_IN_304 = frozenset({"content-length", "content-type", "content-encoding"})


class CachedResponse:
    """A whole response of the application, and its gzipped body once somebody has asked for one."""

    __slots__ = (
        "body",
        "code",
        "entity",
        "gzipped",
        "headers",
        "level",
        "made",
        "not_modified",
        "plain",
        "request_id",
        "since",
        "stamp",
        "status",
        "text",
    )

    def __init__(
        self, status: str, headers: Headers, by_name: Mapping[str, str], body: bytes, since: int | None = None
    ) -> None:
        """`by_name` has the headers under their names in lower case."""
        plain = [(name, value) for name, value in headers if name.lower() not in OF_ONE_RESPONSE]
        self.request_id = by_name.get("x-request-id", "")
        self.status, self.code = status, int(status[:3])
        self.body = body
        self.text = by_name.get("content-type", "").startswith(TEXT) and "content-encoding" not in by_name
        # The quoted part: weak and strong spellings of the same tag are equal for a GET.
        self.entity = by_name.get("etag", "").removeprefix("W/") if status.startswith("200") else ""
        self.since = since if status.startswith("200") else None
        if self.since is not None:
            plain.append(("Last-Modified", _http_date(self.since)))
        self.plain = plain
        self.headers = [*plain, ("Content-Length", str(len(body)))]
        # Made when first asked for.
        self.not_modified: Headers | None = None
        self.gzipped: tuple[bytes, Headers] | None = None
        # Worth more work only for what every browser fetches once and keeps.
        self.level = 9 if "immutable" in by_name.get("cache-control", "") else 1
        self.made = time.monotonic()
        self.stamp: int | None = None

    def is_current_for(self, environ: WSGIEnvironment) -> bool:
        """Whether the client holds this very response: by its tag, else by its date (RFC 9110, 13.1)."""
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags:
            # The tag includes its quotes, so none is found inside another.
            return bool(self.entity) and (self.entity in tags or tags == "*")
        if self.since is None or "HTTP_IF_MODIFIED_SINCE" not in environ:
            return False
        date = parse_date(environ["HTTP_IF_MODIFIED_SINCE"])
        return date is not None and date.timestamp() >= self.since

    def send(
        self, environ: WSGIEnvironment, start_response: StartResponse, request_id: str
    ) -> tuple[list[bytes], int]:
        """Begin the response to this request; returns the body and the number of the status."""
        own = ("X-Request-Id", request_id)
        if (self.entity or self.since) and self.is_current_for(environ):
            start_response("304 NOT MODIFIED", [*(self.not_modified or self._not_modified()), own])
            return [b""], 304
        body, headers = self.body, self.headers
        accepted = environ.get("HTTP_ACCEPT_ENCODING")
        if accepted and self.text and len(body) >= COMPRESS_FROM and takes_gzip(accepted):
            body, headers = self._gzipped()
        start_response(self.status, [*headers, own])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body], self.code

    def _not_modified(self) -> Headers:
        self.not_modified = [header for header in self.plain if header[0].lower() not in NOT_IN_304]
        return self.not_modified

    def _gzipped(self) -> tuple[bytes, Headers]:
        if self.gzipped is None:
            # With mtime the same body would compress to other bytes each second, which a cache in between would take
            # for another response.
            gzipped = gzip.compress(self.body, compresslevel=self.level, mtime=0)
            length = ("Content-Length", str(len(gzipped)))
            self.gzipped = gzipped, [*self.plain, ("Content-Encoding", "gzip"), length]
        return self.gzipped


@lru_cache(maxsize=8)
def _http_date(moment: int) -> str:
    return http_date(moment)


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether gzip is asked for by name; some crawlers announce deflate and cannot read it."""
    return any(name.lower() == "gzip" and quality > 0 for name, quality in parse_accept_header(accepted))
