"""Reads from a streaming replica that never fall behind an answer already given (read-your-writes).

Every change of something public moves the stamp of the host before the answer (`database/freshness.py`). For each stamp
a process asks the primary once how far its log had come, and the replica may answer when it has replayed as much. Asked
again each second, this also bounds how old an answer may be when the change was made on another host.

While the primary is out of reach, a replica that has replayed all it has received goes on answering. Under synchronous
replication that is everything that was ever acknowledged.
"""

import time

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from open311.storage.database.connection_pool import ConnectionPool
from open311.storage.database.failures import LOST
from open311.storage.database.freshness import Freshness

# A replica's position is asked again at the latest after this.
BOUND_SECONDS = 1.0
# While others wait for the same, a request waits this long for the replica, then asks the primary.
PAUSES = (0.0, 0.001, 0.002, 0.004, 0.008, 0.016)
STANDS_SECONDS = 0.008
REST_SECONDS = {"behind": 1.0, "out of reach": 5.0}
STAMP = "open311_read_under"
REPLAYED = "open311_replayed"

# A commit that does not wait for the disk may be behind what is flushed, and what is not flushed is not sent.
_POSITION = """
select (case current_setting('synchronous_commit') when 'off' then pg_current_wal_insert_lsn()
        else pg_current_wal_flush_lsn() end - '0/0')::bigint
"""
# A promoted replica reports what it has written itself.
_REPLAYED = """
select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
        else pg_current_wal_flush_lsn() end - '0/0')::bigint,
       not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn(),
       pg_is_in_recovery() and pg_is_wal_replay_paused()
"""

log = structlog.get_logger()


class Replica:
    """A replica, and whether it may answer now. Its engine is in autocommit, too."""

    def __init__(self, engine: Engine, primary: ConnectionPool, freshness: Freshness) -> None:
        self._engine = engine
        self._primary = primary
        self._freshness = freshness
        # Stamp, position (None: the primary is out of reach), when it was asked for.
        self._known: tuple[int, int | None, float] = (0, None, 0.0)
        self._rests_until = 0.0
        self.state = "ok"

    def connect(self) -> Connection | None:
        """A connection that has seen all that this host has; None when the primary is to be asked."""
        now = time.monotonic()
        if now < self._rests_until:
            return None
        if self.state != "ok":
            # One request tries whether it is back; the others need not wait for that.
            self._rests_until = now + REST_SECONDS[self.state]
        stamp = self._freshness.stamp
        needed = self._position(stamp, now)
        try:
            conn = self._engine.connect()
        except LOST as reason:
            self.leave_out("out of reach", reason)
            return None
        return self._ready(conn, stamp, needed)

    def leave_out(self, state: str, reason: Exception | None = None) -> None:
        """Ask the primary for the next seconds."""
        self._rests_until = time.monotonic() + REST_SECONDS[state]
        if self.state != state:
            self.state = state
            description = str(getattr(reason, "orig", reason)) if reason else None
            log.warning("replica_left_out", state=state, reason=description)

    def close(self) -> None:
        self._engine.dispose()

    def _position(self, stamp: int, now: float) -> int | None:
        known_stamp, position, asked_at = self._known
        if known_stamp == stamp and now < asked_at + BOUND_SECONDS:
            return position
        if known_stamp == stamp and position is None:
            # Here too one request tries, while nothing more was written.
            self._known = (stamp, None, now)
        try:
            with self._primary.checkout() as conn:
                position = conn.exec_driver_sql(_POSITION).scalar_one()
        except LOST:
            position = None
        self._known = (stamp, position, now)
        return position

    def _ready(self, conn: Connection, stamp: int, needed: int | None) -> Connection | None:
        try:
            arrived = self._has_arrived(conn, needed)
        except DBAPIError as reason:
            conn.close()
            self.leave_out("out of reach", reason)
            return None
        if not arrived:
            conn.close()
            self.leave_out("behind")
            return None
        if self.state != "ok":
            self.state, self._rests_until = "ok", 0.0
            log.info("replica_back")
        conn.info[STAMP] = stamp
        return conn

    def _has_arrived(self, conn: Connection, needed: int | None) -> bool:
        if needed is not None and conn.info.get(REPLAYED, -1) >= needed:
            return True
        before = None
        for pause in PAUSES:
            time.sleep(pause)
            replayed, everything, paused = conn.exec_driver_sql(_REPLAYED).one()
            conn.info[REPLAYED] = replayed
            # The last record that a dead primary sent may have come in part, and then it is never replayed.
            stands = everything or (replayed == before and pause >= STANDS_SECONDS and not paused)
            if stands if needed is None else replayed >= needed:
                return True
            before = replayed
        return False
