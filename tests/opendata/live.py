"""A server on a database of its own, where transactions really commit, side by side."""

from collections.abc import Iterator

import pytest

from open311 import settings
from open311.adapters import log_output
from open311.core import Catalogues, Core
from open311.model.catalogue import Catalogue
from open311.storage.database import Database
from tests.serving import Clock, first_city

POOL = 12


def a_live_core(url: str, *catalogues: Catalogue, **environ: str) -> Core:
    """A Core that shares nothing with other tests; close its database."""
    quiet = {"OPEN311_RATE_LIMITS": "off", "OPEN311_LOG_LEVEL": "error", "OPEN311_MAP_STYLE_URL": "none"}
    chosen = settings.load(quiet | environ)
    log_output.configure(chosen)
    return Core(chosen, Database(url, pool_size=POOL), Catalogues(catalogues or (first_city(),)), Clock())


@pytest.fixture
def live_core(fresh_database_url: str) -> Iterator[Core]:
    """The first city's server."""
    core = a_live_core(fresh_database_url)
    yield core
    core.database.close()
