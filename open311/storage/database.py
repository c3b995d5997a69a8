"""Connections to PostGIS."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from open311.errors import Unavailable, problem
from open311.storage.freshness import MARK, Freshness, listen
from open311.storage.rows import forget_row

__all__ = ["Connection", "Database"]

# Custom plans and no parallel workers: with PostGIS a generic plan or a fresh worker costs far more than planning.
SESSION = {
    "application_name": "open311",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_custom_plan",
    "statement_timeout": "20s",
    "timezone": "UTC",
}
CONNECT_SECONDS = 5
POOL_SECONDS = 10


class Database:
    """Connections, a pool for reading and one for writing in each process.

    `read()` lends one on which each statement stands alone; `begin()` one inside a transaction that commits at
    the end, or rolls back when an exception passes. Both raise `Unavailable` when the server is out of reach.
    """

    def __init__(self, url: str, *, pool_size: int = 4) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
        self.freshness = Freshness(make_url(url))
        given: dict[str, Any] = {
            "url": make_url(url).set(drivername="postgresql+psycopg"),
            "pool_size": pool_size,
            "max_overflow": 0,
            "json_deserializer": orjson.loads,
            # See `_forget_row`.
            "hide_parameters": True,
            "pool_timeout": POOL_SECONDS,
            "connect_args": {"options": options, "connect_timeout": CONNECT_SECONDS},
        }
        self.engine = create_engine(**given)
        # Nothing is left to roll back, so a connection is lent and given back without a word to the server.
        self._reading = create_engine(**given, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; no transaction is opened, so one statement is one round trip."""
        with _unavailable_when_lost(), self._reading.connect() as conn:
            yield conn

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection inside a transaction."""
        with _unavailable_when_lost(), self.engine.begin() as conn:
            conn.info.pop(MARK, None)
            yield conn
            changed = conn.info.pop(MARK, None)
        if changed:
            self.freshness.renew()

    def keep_listening(self) -> None:
        """Hear from now on, in a thread of this process, of what other hosts change."""
        url = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        threading.Thread(target=listen, args=(url, self.freshness), name="listener", daemon=True).start()

    def check(self) -> None:
        """Raise `Unavailable` unless the server answers."""
        with self.read() as conn:
            conn.execute(text("select 1"))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._reading.dispose()


@contextmanager
def _unavailable_when_lost() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as lost:
        raise Unavailable(problem("error.unavailable")) from lost
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(problem("error.unavailable")) from error
        if isinstance(error.orig, psycopg.Error):
            forget_row(error.orig)
            error.args = error.orig.args
        raise
