"""What all tests share: a real PostGIS, migrated once per worker, copied where a test wants a database alone.

Each worker of pytest-xdist has a cluster of its own: the stream of events shows what is older than every open
transaction of the cluster, so tests in two workers would hold each other up. A machine without PostGIS fails each test
that needs it, with the command that installs it.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from open311.base.errors import ConfigurationError
from open311.dev import private_cluster
from open311.storage.database import migrate
from open311.storage.upkeep import identity

pytest_plugins = ["tests.compiled", "tests.s3", "tests.serving"]

TEMPLATE = "open311_template"
_numbers = count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of the files that take long, so that none is left with one at the end.

    pytest-xdist gives each worker a part of the list, and those that have done theirs take from the others' ends.
    """
    slow = sorted({item.path for item in items if item.get_closest_marker("slow")})
    others = [item for item in items if item.path not in slow]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [
        item
        for worker in range(workers)
        for item in (
            *(item for path in slow[worker::workers] for item in items if item.path == path),
            *others[len(others) * worker // workers : len(others) * (worker + 1) // workers],
        )
    ]


def _copy(cluster_url: str, name: str) -> str:
    with closing(psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True)) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy wal_log").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    url = cluster_url.replace("DATABASE", name)
    # To the server a copy looks like a backup that was restored; here it is a server's own database.
    with migrate.connected(url) as connection:
        identity.adopt(connection)
        connection.commit()
    return url


def _drop(cluster_url: str, name: str) -> None:
    with closing(psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True)) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """The address of the cluster of this worker, with DATABASE in the place of a name."""
    with tempfile.TemporaryDirectory(prefix="open311-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        try:
            with private_cluster.cluster(folder, durable=False) as cluster:
                migrate.upgrade(cluster.ensure_database(TEMPLATE))
                yield cluster.url("DATABASE")
        except ConfigurationError as reason:
            pytest.fail(str(reason), pytrace=False)


@pytest.fixture(scope="session")
def database_url(cluster_url: str) -> str:
    """A migrated database that the tests of this worker share; roll back what you write."""
    return _copy(cluster_url, "shared")


@pytest.fixture
def fresh_database_url(cluster_url: str) -> Iterator[str]:
    """A migrated, empty database for one test alone."""
    name = f"fresh_{next(_numbers)}"
    yield _copy(cluster_url, name)
    _drop(cluster_url, name)


@pytest.fixture(scope="session")
def served_database_url(cluster_url: str) -> str:
    """A migrated, empty database for the server process that tests of this worker share."""
    return _copy(cluster_url, "served")


@pytest.fixture(scope="session")
def new_database(cluster_url: str) -> Callable[[], str]:
    """A function that makes a migrated, empty database, for what a worker may have to set up more than once."""
    return lambda: _copy(cluster_url, f"own_{next(_numbers)}")
