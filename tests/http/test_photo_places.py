"""A report without photos never waits for the photos of others."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from werkzeug.test import EnvironBuilder

from open311.base.errors import Busy
from open311.base.sender import waiting_outside
from open311.http.limits.body_buffer import BodyBuffer


def test_photos_are_waited_for_outside_the_places() -> None:
    """With one place for writes: while a request waits for a photo, another one is answered by the same thread."""
    answered: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/photo":
            with suppress(Busy), waiting_outside() as sender:
                answered.append(sender)
                ask("/plain")
        answered.append(environ["PATH_INFO"])
        return []

    server = BodyBuffer(application, places=1, limit=1000)

    def ask(path: str) -> None:
        environ = EnvironBuilder(path, method="POST").get_environ() | {"REMOTE_ADDR": "192.0.2.1"}
        server(environ, lambda *_: lambda _: None)

    ask("/photo")
    assert answered == ["192.0.2.1", "/plain", "/photo"]
