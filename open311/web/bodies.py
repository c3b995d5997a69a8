"""Bodies are received before a request takes one of the few places where requests are worked on.

A server process works on a few requests at a time. Were a body read there, a handful of clients that send one byte a
second would keep out everybody else. So the server has many more threads than places: most of them only wait.
"""

import tempfile
from collections.abc import Iterable
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected

from open311.web.places import Places

# How many slow senders one process bears; a proxy in front that buffers bodies bears any number.
WAITING_PLACES = 64
CHUNK = 64 * 1024
KEPT_IN_MEMORY = 1024 * 1024


class BodiesFirst:
    """WSGI middleware: `application` sees whole bodies only, and no more than `places` reads and writes each at once.

    A body over `limit` is not read to its end; the application refuses it by its length. One whose sender went away
    raises 400 when it is read, so that nothing is half stored.
    """

    def __init__(self, application: WSGIApplication, *, places: int, limit: int) -> None:
        self._application = application
        # A write spends most of its time waiting for the disk.
        self._reads, self._writes = Places(1, places), Places(min(2, places), places)
        self._limit = limit

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Receive the body, then let the application answer."""
        length = _length(environ)
        if length is None or 0 < length <= self._limit:
            environ["wsgi.input"] = self._received(environ["wsgi.input"], length)
        places = self._reads if environ["REQUEST_METHOD"] in ("GET", "HEAD") else self._writes
        got = places.take()
        try:
            return self._application(environ, start_response)
        finally:
            places.give_back(got)

    def _received(self, source: Any, length: int | None) -> "IO[bytes] | _Missing":
        # Always in this thread: granian deadlocks when a request ends while another thread reads its body.
        body = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115
        while body.tell() <= self._limit and (chunk := source.read(CHUNK)):
            body.write(chunk)
        if length not in (None, body.tell()):
            return _Missing()
        body.seek(0)
        return body


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
