"""The access log: a structured line a request, without personal data or keys; the query is never logged."""

import logging
import re
import secrets
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any, cast

import orjson
import structlog
from flask import Flask, Response, g, request

from open311.adapters.log_output import LEVELS
from open311.base import tracing
from open311.http.urls import discreet
from open311.operations.request_counters import RequestCounters
from open311.settings import Settings

log = structlog.get_logger()

# Where a WSGI environment says which log its request belongs to.
LOG = "open311.access_log"
# An id of somebody else's is repeated in the log and in a header: letters alone, so that it can forge neither.
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
# One write for many lines: the log would otherwise cost more than a kept answer.
WRITE_EVERY_SECONDS = 0.02
MOST_LINES = 10_000


# What is known of a request once it is answered: the time in seconds since 1970, method, path, endpoint, whether it was
# answered from memory, status, bytes, seconds, its id, that of its trace. To make a class takes four times as long.
_Request = tuple[float, str, str, str | None, bool, int, int | None, float, str, str | None]


class AccessLog:
    """The lines and counters of a server's requests. Made in the process that answers: a fork would lose its thread."""

    def __init__(self, settings: Settings) -> None:
        self.counters = RequestCounters()
        self._writes = LEVELS[settings.log_level] <= logging.INFO
        # As JSON, requests wait and are written together: a line of its own would cost more than an answer from memory.
        self._gathers = self._writes and settings.log_format == "json"
        self._requests: deque[_Request] = deque()
        self._waiting = threading.Event()
        # So that a thread that has flushed knows that all lines are out, also those that another thread had taken.
        self._writing = threading.Lock()
        self._prefix, self._numbers = secrets.token_hex(5), count()
        if self._gathers:
            threading.Thread(target=self._write_lines, name="log lines", daemon=True).start()

    def request_id(self, incoming: str | None = None) -> str:
        """The id of a request: the one that a proxy or client gave it, if it is a plain word; else a new one."""
        if incoming and GIVEN.fullmatch(incoming):
            return incoming
        return f"{self._prefix}{next(self._numbers):x}"

    def record(
        self,
        method: str,
        path: str,
        status: int,
        size: int | None,
        began: float | None,
        request_id: str,
        *,
        endpoint: str | None = None,
        kept: bool = False,
    ) -> None:
        """Count a request and log it, however it was answered; `began` by `time.perf_counter`, None without one."""
        seconds = time.perf_counter() - began if began else 0.0
        trace = tracing.current()
        if trace and tracing.report:
            _report(trace, method, path, status, endpoint, seconds)
        if not kept:
            self.counters.count(endpoint, method, status, seconds)
        if self._gathers:
            trace_id = trace.trace_id if trace else None
            # Spelt out and counted by whoever writes it: here it would take half as long as an answer from memory.
            self._requests.append(
                (time.time(), method, path, endpoint, kept, status, size, seconds, request_id, trace_id)
            )
            if not self._waiting.is_set():
                self._waiting.set()
            return
        if kept:
            self.counters.count_kept(method, status, 1)
        if self._writes:
            fields = _fields(method, path, endpoint, kept)
            ms = round(seconds * 1000, 3)
            log.info("request", **fields, status=status, bytes=size, ms=ms, request_id=request_id)

    def _write_lines(self) -> None:
        while True:
            self._waiting.wait()
            # No line is in these hands meanwhile: the thread that ends the process finds all of them.
            time.sleep(WRITE_EVERY_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Write and count the requests that wait; the last call of a process."""
        with self._writing:
            # Before they are taken: one that comes in between wakes the writer again.
            self._waiting.clear()
            # Nobody else takes any away, so there are as many.
            requests = [self._requests.popleft() for _ in range(min(len(self._requests), MOST_LINES))]
            if self._requests:
                self._waiting.set()
            lines, from_memory = _lines(requests)
            sys.stderr.write(lines)
            for (method, status), times in from_memory.items():
                self.counters.count_kept(method, status, times)


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def of_request() -> AccessLog:
    """The log of the server that answers this request."""
    return cast(AccessLog, request.environ[LOG])


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = of_request().request_id(request.headers.get("X-Request-Id"))


def _end(response: Response) -> Response:
    request_id = response.headers["X-Request-Id"] = g.get("request_id", "")
    size = response.calculate_content_length()
    of_request().record(
        request.method,
        request.path,
        response.status_code,
        size,
        g.get("began"),
        request_id,
        endpoint=request.endpoint,
    )
    of_request().flush()
    return response


def _report(
    trace: tracing.Trace, method: str, path: str, status: int, endpoint: str | None, seconds: float
) -> None:
    """A span in the words of OpenTelemetry; the endpoint, since paths are without number."""
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "http.response.status_code": status,
        "url.path": discreet(path),
        "http.route": endpoint or "memory",
    }
    tracing.report_span(
        trace, f"{method} {endpoint or 'memory'}", "server", attributes, seconds, failed=status >= 500
    )


def _lines(requests: Iterable[_Request]) -> tuple[str, Counter[tuple[str, int]]]:
    """As JSON, past structlog, which would cost more than an answer from memory; and how many of those there were."""
    lines, from_memory = [], Counter[tuple[str, int]]()
    last, moment = 0, ""
    for at, method, path, endpoint, kept, status, size, seconds, request_id, trace_id in requests:
        if kept:
            from_memory[method, status] += 1
        # A dozen answers from memory have the same.
        if last != (milliseconds := int(at * 1000)):
            last = milliseconds
            moment = datetime.fromtimestamp(last / 1000, UTC).isoformat(timespec="milliseconds")
        trace = f',"trace_id":"{trace_id}"' if trace_id else ""
        lines.append(
            f'{{"event":"request","level":"info","timestamp":"{moment}",{_head(method, path, endpoint, kept)},'
            f'"status":{status},"bytes":{"null" if size is None else size},"ms":{seconds * 1000:.3f},'
            f'"request_id":"{request_id}"{trace}}}\n'
        )
    return "".join(lines), from_memory


@lru_cache(maxsize=1024)
def _head(method: str, path: str, endpoint: str | None, kept: bool) -> str:
    return orjson.dumps(_fields(method, path, endpoint, kept)).decode()[1:-1]


def _fields(method: str, path: str, endpoint: str | None, kept: bool) -> dict[str, Any]:
    return {"method": method, "path": discreet(path), "endpoint": endpoint, "kept": kept}
