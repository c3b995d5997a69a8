"""Bodies are there as a whole before anybody works on them, or not at all."""

import threading
import time
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.test import EnvironBuilder

from open311.http.limits.body_buffer import BodyBuffer

LIMIT = 100_000


class Trickle(BytesIO):
    """A sender of one byte every few milliseconds. As in the server, a read waits until it has all it asked for."""

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        time.sleep(0.005 * len(found))
        return found


def received(source: BytesIO, length: int, patience: float = 20.0) -> bytes:
    """What the application reads of a body."""
    seen: list[bytes] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(environ["wsgi.input"].read())
        return []

    environ = EnvironBuilder(method="POST").get_environ()
    environ |= {"wsgi.input": source, "CONTENT_LENGTH": str(length)}
    BodyBuffer(application, places=2, limit=LIMIT, patience=patience)(environ, lambda *_: lambda _: None)
    return seen[0]


@pytest.mark.parametrize("length", [0, 1, 2, 9, 1000, LIMIT])
def test_a_body_is_received_as_it_was_sent(length: int) -> None:
    body = bytes(place % 251 for place in range(length))
    assert received(BytesIO(body), length) == body


def test_a_body_that_is_shorter_than_announced_is_not_there() -> None:
    with pytest.raises(ClientDisconnected):
        received(BytesIO(b"half"), 8)


def test_nobody_waits_for_a_sender_of_one_byte_at_a_time() -> None:
    source = Trickle(b"a" * LIMIT)
    with pytest.raises(ClientDisconnected):
        received(source, LIMIT, patience=0.05)
    assert source.tell() < LIMIT / 100


def test_a_slow_sender_of_a_short_report_is_waited_for() -> None:
    assert received(Trickle(b"a" * 20), 20) == b"a" * 20


@pytest.mark.parametrize("probe", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_is_answered_while_all_places_for_reads_are_taken(probe: str) -> None:
    taken, done = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != probe:
            taken.set()
            done.wait(20)
        return []

    server = BodyBuffer(application, places=1, limit=LIMIT)

    def ask(path: str) -> threading.Thread:
        environ = EnvironBuilder(path=path).get_environ()
        asking = threading.Thread(target=server, args=(environ, lambda *_: None), daemon=True)
        asking.start()
        return asking

    reader = ask("/open311/v2/requests.json")
    assert taken.wait(20)
    asked = ask(probe)
    asked.join(10)
    assert not asked.is_alive()
    assert reader.is_alive()
    done.set()
