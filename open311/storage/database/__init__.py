"""Connections to PostGIS."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from contextvars import ContextVar
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

from open311.base.errors import Busy, ReplicaLost, Unavailable
from open311.storage.database.connection_pool import ConnectionPool, has_ended
from open311.storage.database.failures import in_our_words, went_away
from open311.storage.database.freshness import ALIVE, CONNECT_SECONDS, Freshness, forget_marks, listen
from open311.storage.database.replica import STAMP, Replica
from open311.storage.database.statement import CUSTOM, forget_plans, plan_as

__all__ = ["Connection", "Database"]

# Custom plans and no parallel workers: with PostGIS a generic plan or a fresh worker costs far more than planning.
SESSION = {
    "application_name": "open311",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": CUSTOM,
    # Whatever query a stranger comes up with, it holds its connection no longer than this.
    "statement_timeout": "20s",
    "timezone": "UTC",
}
POOL_SECONDS = 10

log = structlog.get_logger()

_primary_only: ContextVar[bool] = ContextVar("primary_only", default=False)


class Database:
    """Connections to read with and others to write with, in each process.

    `read()` lends one on which each statement stands alone; `begin()` one inside a transaction that commits at
    the end, or rolls back when an exception passes. Both raise `Unavailable` when the server is out of reach, `Busy`
    when PostgreSQL took the transaction back, since it and another waited for each other.

    With `pooler_url` both go through PgBouncer in transaction mode. With `replica_url`, `read_public()` reads there.
    """

    _replica: Replica | None = None

    def __init__(
        self, url: str, *, pool_size: int = 4, pooler_url: str | None = None, replica_url: str | None = None
    ) -> None:
        self.freshness = Freshness(make_url(url))
        self._direct = make_url(url).set(drivername="postgresql")
        way = _through_pooler() if pooler_url else _straight()
        self.engine = _engine(pooler_url or url, pool_size, **way)
        self._writing = ConnectionPool(self.engine, pool_size, POOL_SECONDS)
        # Nothing is ever left to roll back, so checking a connection out and in takes no round trip.
        alone: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
        reading = _engine(pooler_url or url, pool_size, **way, **alone)
        self._reading = ConnectionPool(reading, pool_size, POOL_SECONDS)
        if pooler_url:
            event.listen(reading, "first_connect", _tell_what_the_pooler_lacks)
        if replica_url:
            copy = _engine(replica_url, pool_size, **_straight(), **alone)
            self._replica = Replica(copy, self._reading, self.freshness)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; no transaction is opened, so one statement is one round trip."""
        with in_our_words(), self._reading.checkout() as conn:
            yield conn

    def read_public(self) -> AbstractContextManager[Connection]:
        """The same for what everybody may see: from the replica, if it has seen all that this host has.

        Raises `ReplicaLost` when the replica goes away in the middle; `at_primary()` reads without it.
        """
        if self._replica is None or _primary_only.get():
            return self.read()
        return self._read_copy(self._replica)

    @contextmanager
    def _read_copy(self, replica: Replica) -> Iterator[Connection]:
        copy = replica.connect()
        if copy is None:
            with self.read() as conn:
                yield conn
            return
        try:
            with closing(copy), in_our_words():
                yield copy
        except (Unavailable, Busy) as error:
            # A replica also cancels queries that conflict with its replay; the primary would not.
            if not went_away(error.__cause__):
                raise
            replica.leave_out("out of reach", error)
            raise ReplicaLost(*error.problems) from error.__cause__

    @contextmanager
    def at_primary(self) -> Iterator[None]:
        """Within the block, this thread reads nothing from the replica."""
        before = _primary_only.set(True)
        try:
            yield
        finally:
            _primary_only.reset(before)

    @property
    def replica_state(self) -> str | None:
        """How the replica was found the last time: ok, behind or out of reach; None without one."""
        return self._replica.state if self._replica else None

    def pools(self) -> list[tuple[str, int, int]]:
        """Name, connections in use and size of each pool of this process."""
        pools = {"write": self._writing, "read": self._reading}
        return [(name, pool.in_use, pool.most) for name, pool in pools.items()]

    def stamp_of(self, conn: Connection) -> int:
        """The stamp under which what this connection reads may be cached."""
        return int(conn.info.get(STAMP, self.freshness.stamp))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection inside a transaction."""
        with in_our_words(), self._writing.checkout() as conn, conn.begin():
            forget_marks(conn)
            yield conn
            # By itself where there is something to tell; the commit that SQLAlchemy adds then finds nothing open.
            self.freshness.commit(conn)

    def keep_listening(self) -> None:
        """Listen for the changes of other hosts, in a thread of this process."""
        url = self._direct.render_as_string(hide_password=False)
        threading.Thread(target=listen, args=(url, self.freshness), name="listener", daemon=True).start()

    def check(self) -> None:
        """Raise `Unavailable` unless the server answers."""
        with self.read() as conn:
            conn.execute(text("select 1"))

    def close(self) -> None:
        self._writing.close()
        self._reading.close()
        if self._replica:
            self._replica.close()


def _engine(url: str, pool_size: int, **more: Any) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        # As many as the settings say and not one more: the server's own bound is shared by all processes.
        max_overflow=0,
        json_deserializer=orjson.loads,
        # Errors are logged, and a statement's parameters are a reporter's name and address.
        hide_parameters=True,
        pool_timeout=POOL_SECONDS,
        **more,
    )
    event.listen(engine, "checkout", _require_alive)
    event.listen(engine, "before_cursor_execute", _plan_anew)
    event.listen(engine, "rollback", forget_plans)
    event.listen(engine, "rollback_savepoint", lambda conn, *_: forget_plans(conn))
    return engine


def _require_alive(driver: Any, record: Any, proxy: Any) -> None:
    """Replace a connection whose server went away while it lay in the pool."""
    if has_ended(driver):
        raise DisconnectionError


def _plan_anew(conn: Connection, *_: Any) -> None:
    """Reset the plan mode that a `Statement` may have set."""
    plan_as(conn, CUSTOM)


def _straight() -> dict[str, Any]:
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    return {"connect_args": {"options": options, "connect_timeout": CONNECT_SECONDS, **ALIVE}}


def _through_pooler() -> dict[str, Any]:
    """A session lasts one transaction there: PgBouncer sets its options, and nothing is prepared in it."""
    name = SESSION["application_name"]
    options = {"application_name": name, "connect_timeout": CONNECT_SECONDS, "prepare_threshold": None}
    return {"connect_args": options | ALIVE}


def _tell_what_the_pooler_lacks(driver: Any, record: Any) -> None:
    needed = {name: SESSION[name] for name in SESSION.keys() - {"application_name"}}
    with driver.cursor() as cursor:
        cursor.execute(f"select {', '.join('current_setting(%s)' for _ in needed)}", list(needed))
        present = dict(zip(needed, cursor.fetchone(), strict=True))
    # The connection goes into the pool next, and must not begin its life within a transaction.
    driver.rollback()
    lacking = sorted(name for name in needed if present[name] != needed[name])
    if lacking:
        log.warning("pooler_without_settings", lacking=lacking, see="deploy/pgbouncer.ini")
