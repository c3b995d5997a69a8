"""Ports for the servers of tests: nobody listens there, and no other worker of pytest-xdist is given one of them."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import cycle, islice

# Below those that Linux lends to connections, one of which could take a port between here and its use.
FIRST, END = 12_000, 32_000


@cache
def _own() -> Iterator[int]:
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(FIRST + worker, END, workers)
    # From somewhere, since the tests of another clone may run beside these; none comes again soon.
    return islice(cycle(ports), random.randrange(len(ports)), None)


def free_port() -> int:
    """A port for one server."""
    while True:
        port = next(_own())
        with socket.socket() as attempt, suppress(OSError):
            attempt.bind(("127.0.0.1", port))
            return port
