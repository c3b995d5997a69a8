"""What the tests of open data share: a server for clients that speak HTTP, and reports by the handful."""

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from tests.opendata.live import live_core
from tests.serving import Api

__all__ = ["live_core", "served"]


@pytest.fixture
def served(api: Api) -> Iterator[str]:
    """The address of a server that answers from the connection of this test, one request at a time."""
    server = make_server("127.0.0.1", 0, api.client.server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
