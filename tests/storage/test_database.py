"""Connections to PostGIS, when its server comes and goes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from open311.base.errors import Unavailable
from open311.storage.database import Database
from open311.storage.database.connection_pool import ConnectionPool


def test_a_server_that_was_restarted_is_not_noticed_by_the_next_request(fresh_database_url: str) -> None:
    with closing(Database(fresh_database_url)) as database:
        for _ in range(2):
            with database.read() as reading, database.begin() as writing:
                assert reading.scalar(text("select 1")) == writing.scalar(text("select 1")) == 1
            with psycopg.connect(fresh_database_url) as other:
                ended = "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                ours = (
                    "where datname = current_database() and pid <> pg_backend_pid() and usename is not null"
                )
                assert len(other.execute(f"{ended} {ours}").fetchall()) == 2


def test_reading_uses_few_connections_again_and_again(fresh_database_url: str) -> None:
    backend = text("select pg_backend_pid()")
    with closing(Database(fresh_database_url, pool_size=2)) as database:
        with database.read() as one, database.read() as other:
            pair = {one.scalar(backend), other.scalar(backend)}
            assert ("read", 2, 2) in database.pools()
        for _ in range(5):
            with database.read() as conn:
                assert conn.scalar(backend) in pair
        assert len(pair) == 2


def test_whoever_finds_all_connections_lent_is_told_so(fresh_database_url: str) -> None:
    with closing(Database(fresh_database_url, pool_size=1)) as database:
        database._reading = ConnectionPool(database._reading._engine, 1, patience=0.01)
        with database.read(), pytest.raises(Unavailable) as refused, database.read():
            pass
        assert isinstance(refused.value.__cause__, PoolTimeout)
        with database.read() as conn:
            assert conn.scalar(text("select 1")) == 1


def test_a_server_that_takes_no_writes_is_out_of_reach_for_them(fresh_database_url: str) -> None:
    """A standby, or a recovery to a point in time that waits there."""
    with closing(Database(fresh_database_url)) as database:
        with psycopg.connect(fresh_database_url, autocommit=True) as other:
            name = sql.Identifier(other.info.dbname)
            other.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
        with pytest.raises(Unavailable), database.begin() as conn:
            conn.execute(text("delete from stream_readers"))
        with database.read() as conn:
            assert conn.scalar(text("select 1")) == 1


def test_a_connection_that_was_left_in_the_middle_of_something_is_not_lent_again(
    fresh_database_url: str,
) -> None:
    with closing(Database(fresh_database_url, pool_size=1)) as database:
        with database.read() as conn:
            driver: Any = conn.connection.driver_connection
            driver.execute("begin")
        with database.read() as conn:
            assert driver.closed
            driver = conn.connection.driver_connection
            assert not driver.closed
        with database.read() as conn:
            assert conn.connection.driver_connection is driver


def test_many_threads_share_few_connections(fresh_database_url: str) -> None:
    backends: set[int] = set()

    def read(_: int) -> None:
        with database.read() as conn:
            backends.add(conn.connection.driver_connection.pgconn.backend_pid)

    with closing(Database(fresh_database_url, pool_size=3)) as database, ThreadPoolExecutor(8) as threads:
        list(threads.map(read, range(400)))
        assert ("read", 0, 3) in database.pools()
    assert 1 <= len(backends) <= 3
