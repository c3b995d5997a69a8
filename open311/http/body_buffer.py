"""Bodies are received before a request takes one of the few places where requests are worked on.

A server process works on a few requests at a time. Were a body read there, a handful of clients that send one byte a
second would keep out everybody else. So the server has many more threads than places: most of them only wait.
"""

import tempfile
import time
from collections.abc import Iterable
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected

from open311.http.admission import Places

# How many slow senders one process bears at once; a proxy in front that buffers bodies bears any number. Their threads
# are made when they are needed.
WAITING_PLACES = 256
# Whoever is slower than this, in bytes a second, after so many seconds, is not waited for any longer.
SLOWEST = 500
PATIENCE_SECONDS = 20.0
MOST_AT_ONCE = 16 * 1024
KEPT_IN_MEMORY = 1024 * 1024


class BodiesFirst:
    """WSGI middleware: `application` sees whole bodies only, and no more than `places` reads and writes each at once.

    A body over `limit` is not read to its end; the application refuses it by its length. One whose sender went away, or
    is far too slow, raises 400 when it is read, so that nothing is half stored.
    """

    def __init__(
        self, application: WSGIApplication, *, places: int, limit: int, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._application = application
        # A write spends most of its time waiting for the disk.
        self._reads, self._writes = Places(1, places), Places(min(2, places), places)
        self._limit = limit
        self._patience = patience

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Receive the body, then let the application answer."""
        length = _length(environ)
        if length is not None and not 0 < length <= self._limit:
            return self._answered(environ, start_response)
        with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as body:
            whole = self._receive(environ["wsgi.input"], body, length)
            environ["wsgi.input"] = body if whole else _Missing()
            return self._answered(environ, start_response)

    def _answered(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        places = self._reads if environ["REQUEST_METHOD"] in ("GET", "HEAD") else self._writes
        got = places.take()
        try:
            return self._application(environ, start_response)
        finally:
            places.give_back(got)

    def _receive(self, source: Any, body: IO[bytes], length: int | None) -> bool:
        """Whether all of it came."""
        # Always in this thread: granian deadlocks when a request ends while another thread reads its body.
        began, got = time.monotonic(), 0
        # A read returns when all of it is there, and not before: nobody is asked for much more than has come already.
        while got <= self._limit and (chunk := source.read(min(got // 8 + 1, MOST_AT_ONCE))):
            got += body.write(chunk)
            seconds = time.monotonic() - began
            if seconds > self._patience and got < seconds * SLOWEST:
                return False
        body.seek(0)
        return length in (None, got)


def _length(environ: WSGIEnvironment) -> int | None:
    """The announced length; None when the body ends where its sender says so."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    announced = environ.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isascii() and announced.isdigit() else 0


class _Missing:
    """In the place of a body that did not come whole."""

    def read(self, size: int = -1) -> bytes:
        raise ClientDisconnected

    readline = readlines = read
