"""What all tests share: a real PostGIS, migrated once per worker, copied where a test wants a database alone.

Each worker of pytest-xdist has a cluster of its own: the stream of events shows what is older than every open
transaction of the cluster, so tests in two workers would hold each other up. A machine without PostGIS fails each test
that needs it, with the command that installs it.
"""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from open311.base.errors import ConfigurationError
from open311.dev import private_cluster
from open311.storage.database import migrate
from tests.databases import TEMPLATE, Databases
from tests.folders import cluster_folder

pytest_plugins = [
    "tests.garbage",
    "tests.compiled",
    "tests.dealing",
    "tests.templates",
    "tests.patience",
    "tests.s3",
    "tests.serving",
]
# The same examples each time: `pytest --hypothesis-profile=default` looks at others.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Hypothesis draws from the words of all modules that are loaded, too, and those differ with the tests before."""
    if not config.getoption("--hypothesis-profile"):
        providers._get_local_constants = lambda: providers._local_constants


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    """The address of the cluster of this worker, with DATABASE in the place of a name."""
    with cluster_folder() as folder:
        try:
            with private_cluster.cluster(folder, durable=False) as cluster:
                migrate.upgrade(cluster.ensure_database(TEMPLATE))
                yield cluster.url("DATABASE")
        except ConfigurationError as reason:
            pytest.fail(str(reason), pytrace=False)


@pytest.fixture(scope="session")
def databases(cluster_url: str) -> Databases:
    """The databases of this worker."""
    return Databases(cluster_url)


@pytest.fixture(scope="session")
def database_url(databases: Databases) -> str:
    """A migrated database that the tests of this worker share; roll back what you write."""
    return databases.new("shared")


@pytest.fixture
def fresh_database_url(databases: Databases) -> Iterator[str]:
    """A migrated, empty database for one test alone."""
    with databases.lent() as url:
        yield url


@pytest.fixture(scope="session")
def served_database_url(databases: Databases) -> str:
    """A migrated, empty database for the server process that tests of this worker share."""
    return databases.new("served")


@pytest.fixture(scope="session")
def new_database(databases: Databases) -> Callable[[], str]:
    """A function that makes a migrated, empty database, for what a worker may have to set up more than once."""
    names = count(1)
    return lambda: databases.new(f"own_{next(names)}")
