"""`open311 db` on the command line, and which release it is of."""

from collections.abc import Iterator

import psycopg
import pytest

from open311.base import version
from open311.storage.database import migrate
from tests.processes.running import run


@pytest.fixture
def empty(cluster_url: str) -> Iterator[str]:
    """The address of a database as `createdb` makes it."""
    with psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True) as admin:
        admin.execute("create database empty template template0")
        yield cluster_url.replace("DATABASE", "empty")
        admin.execute("drop database empty with (force)")


def test_the_release_and_its_commit_are_told() -> None:
    assert run("--version").stdout == f"open311 {version.build()}\n"


def test_an_upgrade_says_from_where_to_where(empty: str) -> None:
    """An update that installed nothing new is seen at a glance."""
    head, release = migrate.expected(), f"open311 {version.build()}"
    upgraded = [run("db", "upgrade", DATABASE_URL=empty).stdout for _ in range(2)]
    assert upgraded == [
        f"The database went from base to {head} with {release}.\n",
        f"The database stays at {head}, the last of {release}.\n",
    ]
    back = run("db", "downgrade", "base", "--yes", DATABASE_URL=empty).stdout
    assert back == f"The database went from {head} to base with {release}.\n"


def test_check_says_what_is_missing_and_what_to_do(fresh_database_url: str) -> None:
    whole = run("db", "check", DATABASE_URL=fresh_database_url)
    assert (whole.returncode, whole.stdout) == (0, f"The database is at {migrate.expected()}, as expected.\n")
    with psycopg.connect(fresh_database_url) as conn:
        conn.execute("drop table webhook_attempts")
    broken = run("db", "check", DATABASE_URL=fresh_database_url)
    assert broken.returncode == 2
    assert "lacks table webhook_attempts; restore a whole backup" in broken.stderr
    assert run("request", "held", DATABASE_URL=fresh_database_url).returncode == 2
