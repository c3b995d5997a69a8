"""Connections to PostGIS, when its server comes and goes."""

from contextlib import closing

import psycopg
from sqlalchemy import text

from open311.storage.database import Database


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
