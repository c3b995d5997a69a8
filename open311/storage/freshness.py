"""Whether anything public has changed: a stamp in memory that all processes of this host share.

Whoever changes something public sets a new stamp after the commit and before the answer; what was kept under another
stamp is stale. So an answer never goes stale on this host. Other hosts hear of the change by `NOTIFY`, and set the
stamp of theirs (`web/kept.py`).
"""

import hashlib
import mmap
import os
import tempfile
from pathlib import Path

from sqlalchemy import URL, Connection, text

CHANNEL = "open311_changed"
MARK = "open311_public_change"


def announce(conn: Connection) -> None:
    """Say, within the transaction, that it changes something public."""
    if not conn.info.get(MARK):
        conn.execute(text(f"notify {CHANNEL}"))
        conn.info[MARK] = True


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

    @property
    def stamp(self) -> int:
        """The present stamp; equal stamps mean that nothing has changed in between."""
        return self._stamp[0]

    def renew(self) -> None:
        """Make everything kept so far stale. Random, so that two writers need no lock and no stamp returns."""
        self._stamp[0] = int.from_bytes(os.urandom(8), "little")


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
