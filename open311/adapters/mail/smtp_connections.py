"""Connections to one mail server, kept for the next mail: greeting and TLS cost more than the mail itself."""

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# Mail servers end a connection that takes too many, and count those that only wait.
MAILS_A_CONNECTION = 100
IDLE_SECONDS = 5.0
OK = 250


@dataclass
class _Connection:
    server: smtplib.SMTP
    mails: int = 0
    idle_since: float = field(default_factory=time.monotonic)


class SmtpConnections:
    """As many connections as are used at a time; each is let go when nothing was sent for a moment."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()
        self._tidying = False

    @contextmanager
    def one(self) -> Iterator[smtplib.SMTP]:
        """A connection for one mail; one on which something went wrong is not used again."""
        connection = self._living() or _Connection(self._connect())
        try:
            yield connection.server
        except BaseException:
            connection.server.close()
            raise
        connection.mails += 1
        if connection.mails < MAILS_A_CONNECTION:
            self._keep(connection)
        else:
            _leave(connection)

    def _living(self) -> _Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            # The server may have ended it meanwhile; then no mail has begun on it.
            with suppress(smtplib.SMTPException, OSError):
                if connection.server.rset()[0] == OK:
                    return connection
            connection.server.close()

    def _keep(self, connection: _Connection) -> None:
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.append(connection)
            self._tidy_later()

    def _tidy_later(self) -> None:
        if self._idle and not self._tidying:
            self._tidying = True
            timer = threading.Timer(IDLE_SECONDS, self._tidy)
            timer.daemon = True
            timer.start()

    def _tidy(self) -> None:
        latest = time.monotonic() - IDLE_SECONDS
        with self._lock:
            old = [connection for connection in self._idle if connection.idle_since <= latest]
            self._idle = [connection for connection in self._idle if connection.idle_since > latest]
            self._tidying = False
            self._tidy_later()
        for connection in old:
            _leave(connection)


def _leave(connection: _Connection) -> None:
    with suppress(smtplib.SMTPException, OSError):
        connection.server.quit()
