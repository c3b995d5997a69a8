"""Whether anything public has changed: a stamp in memory that all processes of this host share.

Whoever changes something public sets a new stamp after the commit and before the answer; what was kept under another
stamp is stale. So an answer never goes stale on this host. Other hosts hear of the change by `NOTIFY`, and set the
stamp of theirs (`web/kept.py`). Every process of this host hears of it too, which covers a writer that died between
commit and stamp; the change has a number by which they see that the stamp is set already.
"""

import hashlib
import mmap
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import structlog
from sqlalchemy import URL, Connection, func, select

CHANNEL = "open311_changed"
MARK = "open311_public_change"
# The shared page: the stamp, when it was set, and the latest changes, each at a place that follows from its number.
FIRST_CHANGE, CHANGES = 256, 256
RETRY_SECONDS = 1.0
ALIVE_SECONDS = 5.0
# A host that vanished without a word is noticed within seconds, not when TCP gives up after a quarter of an hour.
ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
CONNECT_SECONDS = 5

log = structlog.get_logger()


def announce(conn: Connection) -> None:
    """Say, within the transaction, that it changes something public."""
    if MARK not in conn.info:
        conn.execute(select(func.pg_notify(CHANNEL, announced(conn))))


def announced(conn: Connection) -> str:
    """Note that this transaction changes something public, and itself says so with the number returned here."""
    change = conn.info[MARK] = random.getrandbits(63)
    return str(change)


class Freshness:
    """The stamp that belongs to one database."""

    def __init__(self, url: URL) -> None:
        path = _folder() / f"open311-{os.getuid()}-{_name(url)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(descriptor).st_size < mmap.PAGESIZE:
                os.ftruncate(descriptor, mmap.PAGESIZE)
            self._stamp = memoryview(mmap.mmap(descriptor, mmap.PAGESIZE)).cast("Q")
        finally:
            os.close(descriptor)

        self.listening = False

    @property
    def stamp(self) -> int:
        """The present stamp; equal stamps mean that nothing has changed in between."""
        return self._stamp[0]

    def renew(self, change: int = 0) -> None:
        """Make everything kept so far stale, unless some process of this host did so after the same `change`.

        Stamps are random, so that two writers need no lock and no stamp returns.
        """
        place = FIRST_CHANGE + change % CHANGES
        if change and self._stamp[place] == change:
            return
        self._stamp[1] = int(time.time())
        self._stamp[0] = int.from_bytes(os.urandom(8), "little")
        self._stamp[place] = change

    @property
    def unchanged_since(self) -> int | None:
        """A second in which nothing changed any more, nor later; None while the second of the last change lasts.

        Whoever has an answer from then or later has the newest (RFC 9110, 8.8.2.2).
        """
        quiet = self._stamp[1] + 1
        return quiet if self.listening and time.time() >= quiet else None


def listen(url: str, freshness: Freshness) -> NoReturn:
    """Hear of changes made elsewhere, for ever. While it cannot hear, `freshness.listening` is off."""
    while True:
        try:
            _listen(url, freshness)
        except psycopg.Error as lost:
            log.warning("listener_lost", reason=str(lost))
        finally:
            freshness.listening = False
        time.sleep(RETRY_SECONDS)


def _listen(url: str, freshness: Freshness) -> None:
    given: dict[str, Any] = {
        "application_name": "open311 listener",
        "connect_timeout": CONNECT_SECONDS,
        **ALIVE,
    }
    with psycopg.connect(url, autocommit=True, **given) as conn:
        conn.execute(f"listen {CHANNEL}")
        # Whatever changed while nobody listened is stale now.
        freshness.renew()
        freshness.listening = True
        while True:
            for heard in conn.notifies(timeout=ALIVE_SECONDS):
                freshness.renew(_number(heard.payload))
            conn.execute("select 1")


def _number(payload: str) -> int:
    """The number of a change; 0 for a notification that somebody else has sent."""
    return int(payload) if payload.isdecimal() and len(payload) < 20 else 0


def _folder() -> Path:
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def _name(url: URL) -> str:
    place = (
        url.host,
        url.port,
        url.database,
        sorted((name, str(value)) for name, value in url.query.items()),
    )
    return hashlib.sha256(repr(place).encode()).hexdigest()[:24]
