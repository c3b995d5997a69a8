"""What all tests share: a real PostGIS, migrated once per run, copied per worker.

The cluster is started by the first process that pytest runs, so that the workers of pytest-xdist share it. A machine
without PostGIS fails each test that needs it, with the command that installs it.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from open311 import embedded
from open311.errors import ConfigurationError

pytest_plugins = ["tests.s3", "tests.serving"]

TEMPLATE = "open311_template"
_numbers = count(1)
_run = ExitStack()


def _start_cluster() -> dict[str, str]:
    """Where a database named `{}` is found, or why there is none."""
    folder = Path(tempfile.mkdtemp(prefix="open311-test-"))
    _run.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)
    try:
        cluster = _run.enter_context(embedded.cluster(folder, durable=False))
    except ConfigurationError as reason:
        return {"missing": str(reason)}
    _migrate(cluster.ensure_database(TEMPLATE))
    return {"url": cluster.url("DATABASE")}


def _migrate(url: str) -> None:
    if find_spec("open311.storage.migrate"):
        from open311.storage import migrate

        migrate.upgrade(url)


def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist, in the first process, before each worker starts."""
    if not hasattr(node.config, "open311_cluster"):
        node.config.open311_cluster = _start_cluster()
    node.workerinput["open311_cluster"] = node.config.open311_cluster


def pytest_unconfigure() -> None:
    _run.close()


def _copy(cluster_url: str, name: str) -> str:
    with closing(psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True)) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    return cluster_url.replace("DATABASE", name)


def _drop(cluster_url: str, name: str) -> None:
    with closing(psycopg.connect(cluster_url.replace("DATABASE", "postgres"), autocommit=True)) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def cluster_url(request: pytest.FixtureRequest) -> str:
    """The address of the cluster of this run, with DATABASE in the place of a name."""
    shared = getattr(request.config, "workerinput", None)
    found: dict[str, str] = shared["open311_cluster"] if shared else _start_cluster()
    if "missing" in found:
        pytest.fail(found["missing"], pytrace=False)
    return found["url"]


@pytest.fixture(scope="session")
def database_url(cluster_url: str, worker_id: str) -> str:
    """A migrated database that the tests of this worker share; roll back what you write."""
    return _copy(cluster_url, f"shared_{worker_id}")


@pytest.fixture
def fresh_database_url(cluster_url: str, worker_id: str) -> Iterator[str]:
    """A migrated, empty database for one test alone."""
    name = f"fresh_{worker_id}_{next(_numbers)}"
    yield _copy(cluster_url, name)
    _drop(cluster_url, name)


@pytest.fixture(scope="session")
def served_database_url(cluster_url: str, worker_id: str) -> str:
    """A migrated, empty database for the server process that tests of this worker share."""
    return _copy(cluster_url, f"served_{worker_id}")


@pytest.fixture(scope="session")
def site_database_url(cluster_url: str, worker_id: str) -> str:
    """A migrated, empty database for the public site that browser tests of this worker share."""
    return _copy(cluster_url, f"site_{worker_id}")
