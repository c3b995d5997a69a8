"""Cache invalidation: stamps in memory shared by all processes of this host, which change with the data.

Every change of something public sets a new stamp after the commit and before the answer; what was kept under
another stamp is stale. So an answer never goes stale on this host. Other hosts hear of the change by `NOTIFY`, and
set the stamp of theirs (`http/caching/response_cache.py`). Every process of this host hears of it too, which covers
a writer that died between commit and stamp; the change has a number by which they see that the stamp is set
already.

A second stamp is for the staff desk. It moves with every public change and with every internal one, which in turn
leaves the first alone: however much staff write to each other, no public answer is made again. A third one is for who
may send what, which every report asks and which hardly ever changes.
"""

import hashlib
import mmap
import os
import random
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import psycopg
import structlog
from psycopg.pq import ExecStatus
from sqlalchemy import URL, Connection

from open311.base.shared_memory import shared_memory
from open311.storage.database.failures import raise_in_our_words
from open311.storage.database.statement import require

CHANNEL = "open311_changed"
MARKS = "open311_changes"
# The shared page: the stamp, when it was set, the stamp of the desk, that of who may send, and the latest changes, each
# at a place that follows from its number.
STAMP, SET_AT, DESK_STAMP, SENDERS_STAMP = range(4)
FIRST_CHANGE, CHANGES = 256, 256
RETRY_SECONDS = 1.0
ALIVE_SECONDS = 5.0
# Notifications in quick succession are handled together: waking up costs as much as a small request.
PAUSE_SECONDS = 0.01
# A host that vanished is noticed within seconds, not when TCP gives up after a quarter of an hour.
ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
CONNECT_SECONDS = 5

log = structlog.get_logger()


class Change(NamedTuple):
    """What a transaction may change: its prefix in notifications, and the stamps that it moves."""

    prefix: str
    stamps: tuple[int, ...]


PUBLIC = Change("", (STAMP, DESK_STAMP))
INTERNAL = Change("desk ", (DESK_STAMP,))
SENDERS = Change("senders ", (SENDERS_STAMP,))
Numbers = dict[Change, int]


def announce(conn: Connection, change: Change = PUBLIC) -> None:
    """Mark this transaction as a change; listeners are notified after its commit."""
    numbers: Numbers = conn.info.setdefault(MARKS, {})
    # At most 19 digits, which is what `_number` reads.
    numbers.setdefault(change, random.getrandbits(63))


def announce_internal(conn: Connection) -> None:
    """The same for something that only staff see."""
    announce(conn, INTERNAL)


def forget_marks(conn: Connection) -> Numbers:
    """The changes that were noted, with their numbers."""
    numbers: Numbers = conn.info.pop(MARKS, {})
    if PUBLIC in numbers:
        # It moves the stamp of the desk, too.
        numbers.pop(INTERNAL, None)
    return numbers


class Freshness:
    def __init__(self, url: URL) -> None:
        # Each stamp is one word of the machine, so nobody reads half of one.
        self._stamp = shared_memory(_name(url), mmap.PAGESIZE).cast("Q")
        self.listening = False

    @property
    def stamp(self) -> int:
        """The present stamp; equal stamps mean that nothing has changed in between."""
        return self._stamp[STAMP]

    @property
    def desk_stamp(self) -> int:
        """The same for what staff see."""
        return self._stamp[DESK_STAMP]

    @property
    def senders_stamp(self) -> int | None:
        """The same for who may send what; None while nobody would hear of a change made elsewhere."""
        return self._stamp[SENDERS_STAMP] if self.listening else None

    def renew(self, number: int = 0, change: Change = PUBLIC) -> None:
        """Make stale what was kept before a change, unless some process of this host did so after the same `number`.

        Stamps are random, so that two writers need no lock and no stamp returns.
        """
        if self._is_known(number):
            return
        if STAMP in change.stamps:
            self._stamp[SET_AT] = int(time.time())
        for place in change.stamps:
            self._stamp[place] = _random_stamp()
        self._stamp[FIRST_CHANGE + number % CHANGES] = number

    def commit(self, conn: Connection) -> None:
        """Commit a transaction that changes something, have all hosts told, and make stale what was kept before it."""
        numbers = forget_marks(conn)
        if not numbers:
            return
        try:
            _commit_and_tell(conn, [f"{change.prefix}{number}" for change, number in numbers.items()])
        finally:
            # Also when nobody knows whether it was committed.
            for change, number in numbers.items():
                self.renew(number, change)

    def hear(self, payload: str) -> None:
        """Take in what a notification says: which change there was, and of what kind."""
        for change in (INTERNAL, SENDERS):
            if payload.startswith(change.prefix):
                self.renew(_number(payload.removeprefix(change.prefix)), change)
                return
        self.renew(_number(payload))

    def _is_known(self, number: int) -> bool:
        return bool(number) and self._stamp[FIRST_CHANGE + number % CHANGES] == number

    @property
    def unchanged_since(self) -> int | None:
        """A second in which nothing changed any more, nor later; None while the second of the last change lasts.

        Whoever has an answer from then or later has the newest (RFC 9110, 8.8.2.2).
        """
        quiet = self._stamp[SET_AT] + 1
        return quiet if self.listening and time.time() >= quiet else None


def _commit_and_tell(conn: Connection, payloads: Sequence[str]) -> None:
    """PostgreSQL has transactions that notify wait in line until each is on the disk, so it is done behind the commit.

    Both in one message: a process that dies in between leaves nothing untold.
    """
    libpq = conn.connection.driver_connection.pgconn  # type: ignore[union-attr]
    try:
        notices = ", ".join(f"pg_notify('{CHANNEL}', '{payload}')" for payload in payloads)
        result = libpq.exec_(f"commit; select {notices}".encode())
        require(libpq, result, ExecStatus.TUPLES_OK)
    except psycopg.Error as error:
        raise_in_our_words(conn, error)
        raise


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
    parameters: dict[str, Any] = {
        "application_name": "open311 listener",
        "connect_timeout": CONNECT_SECONDS,
        **ALIVE,
    }
    with psycopg.connect(url, autocommit=True, **parameters) as conn:
        conn.execute(f"listen {CHANNEL}")
        # Changes while nobody listened were missed, so everything counts as stale.
        for change in (PUBLIC, SENDERS):
            freshness.renew(change=change)
        freshness.listening = True
        while True:
            payloads = [heard.payload for heard in conn.notifies(timeout=ALIVE_SECONDS, stop_after=1)]
            for payload in payloads:
                freshness.hear(payload)
            if payloads:
                time.sleep(PAUSE_SECONDS)
            else:
                # A connection that died without a word is noticed by asking it something, never by waiting.
                conn.execute("select 1")


def _number(payload: str) -> int:
    """The number of a change; 0 for a notification that somebody else has sent."""
    return int(payload) if payload.isdecimal() and len(payload) < 20 else 0


def _random_stamp() -> int:
    return int.from_bytes(os.urandom(8), "little")


def _name(url: URL) -> str:
    place = (
        url.host,
        url.port,
        url.database,
        sorted((name, str(value)) for name, value in url.query.items()),
    )
    return hashlib.sha256(repr(place).encode()).hexdigest()[:24]
