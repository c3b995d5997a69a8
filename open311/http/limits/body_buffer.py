"""Request bodies are received in full before a request takes one of the few places in admission.

A server process works on a few requests at a time. Were a body read there, a handful of clients that send one byte a
second would keep out everybody else. So the server has many more threads than places: most of them only wait. How many
may wait is bounded, for all and for each address, so that threads are left for requests without a body.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected

from open311.base.errors import Busy, problem
from open311.base.sender import Sender, working_for
from open311.http import urls
from open311.http.limits.admission import FairSemaphore, Permit
from open311.http.limits.connections import PATIENCE_SECONDS, SLOWEST, Threads, is_broken_off
from open311.model.access.network import network_of

RETRY_AFTER = 5
MOST_AT_ONCE = 16 * 1024
# With a single one, a short report would be read in thirty pieces.
FIRST_BYTES = 16
# Larger bodies go to disk: a few hundred slow photo uploads would fill the memory of a process.
KEPT_IN_MEMORY = 1024 * 1024


class BodyBuffer:
    """WSGI middleware: `application` sees whole bodies only, and no more than `places` reads and writes each at once.

    A body over `limit` is not read to its end; the application refuses it by its length. One whose sender went away, or
    is far too slow, raises 400 when it is read, so that nothing is half stored; one that found too many others, 503.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        places: int,
        limit: int,
        patience: float = PATIENCE_SECONDS,
        threads: Threads | None = None,
    ) -> None:
        self._application = application
        # A write spends most of its time waiting for the disk.
        self._reads, self._writes = FairSemaphore(1, places), FairSemaphore(min(2, places), places)
        # A balancer would take a server away because it has much to do.
        self._probes = FairSemaphore(1, places)
        self._limit = limit
        self._patience = patience
        self._threads = threads or Threads()
        self._senders = self._threads.senders

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Receive the body, then let the application answer."""
        length = _length(environ)
        # Nothing to wait for; and what is too long is refused by its length alone (413), unread.
        if length is not None and not 0 < length <= self._limit:
            return self._answered(environ, start_response)
        network = network_of(environ.get("REMOTE_ADDR"))
        if not self._senders.enter(network):
            environ["wsgi.input"] = _Missing(_crowded)
            return self._answered(environ, start_response)
        with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as body:
            try:
                whole = self._receive(environ["wsgi.input"], body, length)
                if whole and length is None and _sender_is_gone(environ):
                    whole = None
            finally:
                self._senders.leave(network)
            if whole is None and self._threads.crowded:
                return _nobody(start_response)
            environ["wsgi.input"] = body if whole else _Missing(ClientDisconnected)
            return self._answered(environ, start_response)

    def _answered(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        place = Permit(self._places_for(environ))
        sender = Sender(network_of(environ.get("REMOTE_ADDR")), place.lent)
        with self._threads.computing(), place, working_for(sender):
            answer = self._application(environ, start_response)
        # A list is whole. What comes in pieces is still being made when the place has been given back.
        return answer if isinstance(answer, list) else _Pieces(answer, self._threads)

    def _places_for(self, environ: WSGIEnvironment) -> FairSemaphore:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._writes
        return self._probes if environ["PATH_INFO"] in urls.PROBES else self._reads

    def _receive(self, source: Any, body: IO[bytes], length: int | None) -> bool | None:
        """Whether all of it came; None when its sender is gone, and no answer would reach him."""
        # Always in this thread: granian deadlocks when a request ends while another thread reads its body.
        began, got = time.monotonic(), 0
        try:
            # A read returns when all of it is there, and not before: nobody is asked for much more than came already.
            while got <= self._limit and (chunk := source.read(min(got // 8 + FIRST_BYTES, MOST_AT_ONCE))):
                got += body.write(chunk)
                seconds = time.monotonic() - began
                if seconds > self._patience and got < seconds * SLOWEST:
                    return False
        except OSError:
            return None
        body.seek(0)
        return True if length in (None, got) else None


def _length(environ: WSGIEnvironment) -> int | None:
    """The announced length; None when the body ends where its sender says so."""
    # Chunks win over a length (RFC 9112, 6.3): with both, a client may smuggle a second request past a proxy.
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    announced = environ.get("CONTENT_LENGTH") or "0"
    # `²` is a digit to `isdigit`, and none to `int`.
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _sender_is_gone(environ: WSGIEnvironment) -> bool:
    # The other end of all connections is the proxy then: a client that leaves would have the bodies of others refused.
    if "werkzeug.proxy_fix.orig" in environ:
        return False
    return is_broken_off(network_of(environ.get("REMOTE_ADDR")), int(environ["SERVER_PORT"]))


def _nobody(start_response: StartResponse) -> list[bytes]:
    # Working out an answer in words would cost the others, of many lost connections at once, seconds.
    start_response("400 BAD REQUEST", [("Content-Length", "0")])
    return [b""]


def _crowded() -> Busy:
    return Busy(problem("error.busy", seconds=RETRY_AFTER), retry_after=RETRY_AFTER)


class _Missing:
    """Stands in for a body that broke off or was given up: reading it raises the reason."""

    def __init__(self, reason: Callable[[], Exception]) -> None:
        self._reason = reason

    def read(self, size: int = -1) -> bytes:
        raise self._reason()

    # Parsers read in any of these ways, and each has to hear of it.
    readline = readlines = read


class _Pieces:
    """An answer in pieces. Between two of them its reader is waited for, while one is made he is not."""

    def __init__(self, pieces: Iterable[bytes], threads: Threads) -> None:
        self._pieces = pieces
        self._iterator = iter(pieces)
        self._threads = threads

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._threads.computing():
            return next(self._iterator)

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close:
            close()
