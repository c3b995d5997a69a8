"""A connection pool above SQLAlchemy's, which takes as long to check one out as a small query does."""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Lender:
    """Up to `most` connections, which stay checked out of the engine's own pool of the same size."""

    def __init__(self, engine: Engine, most: int, patience: float) -> None:
        self._engine, self._patience = engine, patience
        self._places = threading.BoundedSemaphore(most)
        # Used last, lent first: the others may be closed by whoever closes what is idle.
        self._idle: list[Connection] = []
        self.most = most
        # A set, since two threads that count at once may count one.
        self._lent: set[Connection] = set()

    @property
    def lent(self) -> int:
        """How many are in use."""
        return len(self._lent)

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection for as long as the block lasts; raises `TimeoutError` of SQLAlchemy when none becomes free."""
        if not self._places.acquire(timeout=self._patience):
            raise PoolTimeout(f"no connection has become free within {self._patience:g} seconds")
        try:
            conn = self._ready()
            self._lent.add(conn)
            try:
                yield conn
            finally:
                self._lent.discard(conn)
                self._take_back(conn)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close those that are not in use."""
        while conn := self._popped():
            conn.close()
        self._engine.dispose()

    def _ready(self) -> Connection:
        while conn := self._popped():
            if not has_ended(conn.connection.driver_connection):
                return conn
            conn.invalidate()
            conn.close()
        return self._engine.connect()

    def _popped(self) -> Connection | None:
        # Not asked first whether there is one: another thread may take it in between.
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _take_back(self, conn: Connection) -> None:
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
        # In autocommit nothing is to be undone; SQLAlchemy forgets the transaction that it imagines.
        conn.rollback()
    driver: Any = conn.connection.driver_connection
    return bool(driver.pgconn.transaction_status == TransactionStatus.IDLE)


def has_ended(driver: Any) -> bool:
    """Whether the server went away while a connection lay idle: what waits to be read there is its end."""
    waiting = select.poll()
    waiting.register(driver.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
