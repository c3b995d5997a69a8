"""Servers of others on this machine, which answer as a test tells them to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]


@dataclass(frozen=True)
class Question:
    """What a stranger was asked."""

    method: str
    path: str
    headers: Headers
    body: bytes


@dataclass
class Reply:
    """What a stranger answers; `write` takes the place of `body` where the form of the answer is the point."""

    body: str | bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    write: Callable[[BaseHTTPRequestHandler], None] | None = None


Answering = Callable[[Question], Reply]


@dataclass
class Stranger:
    """A server that remembers what it was asked; `answering` may be replaced at any time."""

    answering: Answering
    url: str = ""
    asked: list[Question] = field(default_factory=list)


@contextmanager
def a_stranger(answering: Answering) -> Iterator[Stranger]:
    """A server of somebody else, for as long as the block lasts."""
    stranger = Stranger(answering)

    class Handler(BaseHTTPRequestHandler):
        """Asks the test."""

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            question = Question(self.command, self.path, dict(self.headers), self.rfile.read(length))
            stranger.asked.append(question)
            reply = stranger.answering(question)
            if reply.write:
                reply.write(self)
                return
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    class Server(ThreadingHTTPServer):
        """Whoever asks may go away."""

        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Be quiet."""

    server = Server(("127.0.0.1", 0), Handler)
    stranger.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stranger
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
