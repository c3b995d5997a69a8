"""A connection pool above SQLAlchemy's, which takes as long to check one out as a small query does."""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout


class ConnectionPool:
    """Up to `most` connections, which stay checked out of the engine's own pool of the same size."""

    def __init__(self, engine: Engine, most: int, patience: float) -> None:
        self._engine, self._patience = engine, patience
        self._slots = threading.BoundedSemaphore(most)
        # Last in, first out: a pooler or firewall in between may then close those that stay idle.
        self._idle: list[Connection] = []
        self.most = most
        # A set, since a counter could lose one of two concurrent changes.
        self._used: set[Connection] = set()

    @property
    def in_use(self) -> int:
        """How many are in use."""
        return len(self._used)

    @contextmanager
    def checkout(self) -> Iterator[Connection]:
        """A connection for as long as the block lasts; raises `TimeoutError` of SQLAlchemy when none becomes free."""
        if not self._slots.acquire(timeout=self._patience):
            raise PoolTimeout(f"no connection has become free within {self._patience:g} seconds")
        try:
            conn = self._connection()
            self._used.add(conn)
            try:
                yield conn
            finally:
                self._used.discard(conn)
                self._check_in(conn)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Close those that are not in use."""
        while conn := self._pop_idle():
            conn.close()
        self._engine.dispose()

    def _connection(self) -> Connection:
        while conn := self._pop_idle():
            if not has_ended(conn.connection.driver_connection):
                return conn
            conn.invalidate()
            conn.close()
        return self._engine.connect()

    def _pop_idle(self) -> Connection | None:
        # Without looking first: another thread could take it in between.
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _check_in(self, conn: Connection) -> None:
        if _is_usable(conn):
            self._idle.append(conn)
            return
        if not conn.closed:
            conn.invalidate()
        conn.close()


def _is_usable(conn: Connection) -> bool:
    if conn.closed or conn.invalidated:
        return False
    if conn.in_transaction():
        # In autocommit there is nothing to undo; this resets what SQLAlchemy takes for a transaction.
        conn.rollback()
    driver: Any = conn.connection.driver_connection
    return bool(driver.pgconn.transaction_status == TransactionStatus.IDLE)


def has_ended(driver: Any) -> bool:
    """Whether the server has closed an idle connection: then there is something to read on it."""
    waiting = select.poll()
    waiting.register(driver.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
