"""The access log: a structured line a request, without personal data or keys; the query is never logged."""

import logging
import re
import secrets
import sys
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

from open311.adapters import spans
from open311.base import tracing
from open311.http.urls import discreet
from open311.operations import metrics
from open311.settings import Settings

log = structlog.get_logger()
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@dataclass
class _State:
    as_json: bool = False
    requests: bool = True
    # The prefix of this process's request ids; processes are forked, so it cannot be chosen at import.
    process: str = ""


_state = _State()
_numbers = count()
# Lines of answers from memory, written together: a line of its own would cost more than the answer.
_lines: deque[str] = deque()
_waiting = threading.Event()
# So that a thread that has flushed knows that all lines are out, also those that another thread had taken.
_writing = threading.Lock()
# Cache hits not yet counted in the metrics: method and status.
_uncounted: deque[tuple[str, int]] = deque()
_counting = threading.Lock()
# An id of somebody else's is repeated in the log and in a header: letters alone, so that it can forge neither.
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
# One write for many lines: the log would otherwise cost more than a kept answer.
WRITE_EVERY_SECONDS = 0.02
MOST_LINES = 10_000
WRITER = "log lines"


def configure(settings: Settings) -> None:
    """Write log lines to standard error, as JSON or for a terminal."""
    writes_json = settings.log_format == "json"
    _state.as_json, _state.requests = writes_json, LEVELS[settings.log_level] <= logging.INFO
    _state.process = secrets.token_hex(5)
    renderer = structlog.processors.JSONRenderer(serializer=_as_json) if writes_json else _for_people()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            tracing.add_to_line,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if writes_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    spans.report_spans(settings)
    if writes_json and not any(thread.name == WRITER for thread in threading.enumerate()):
        threading.Thread(target=_write_lines, name=WRITER, daemon=True).start()


def _write_lines() -> None:
    while True:
        _waiting.wait()
        # No line is in these hands meanwhile: the thread that ends the process finds all of them.
        time.sleep(WRITE_EVERY_SECONDS)
        flush()


def flush() -> None:
    """Write the lines that wait; the last call of a process."""
    with _writing:
        # Before they are taken: a line that comes in between wakes the writer again.
        _waiting.clear()
        # Nobody else takes lines away, so there are as many.
        lines = [_lines.popleft() for _ in range(min(len(_lines), MOST_LINES))]
        if _lines:
            _waiting.set()
        sys.stderr.write("".join(lines))
    count_kept()


def count_kept() -> None:
    """Count the answers from memory so far; each by itself would take as long as half an answer."""
    with _counting:
        answers = Counter([_uncounted.popleft() for _ in range(len(_uncounted))])
    for (method, status), times in answers.items():
        metrics.count_kept(method, status, times)


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Lines for a terminal. Plain tracebacks: a fancy one shows local variables, and with them personal data."""
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def number(incoming: str | None = None) -> str:
    """The id of a request: the one that a proxy or client gave it, if it is a plain word; else a new one."""
    if incoming and GIVEN.fullmatch(incoming):
        return incoming
    return f"{_state.process}{next(_numbers):x}"


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = number(request.headers.get("X-Request-Id"))


def _end(response: Response) -> Response:
    request_id = response.headers["X-Request-Id"] = g.get("request_id", "")
    record(
        request.method,
        request.path,
        response.status_code,
        response.calculate_content_length(),
        g.get("began"),
        request_id,
        endpoint=request.endpoint,
    )
    flush()
    return response


def record(
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
    """The line of a request, however it was answered; `began` by `time.perf_counter`, None where it never did.

    It waits to be written with others, past structlog where it is JSON: either would cost more than an answer from
    memory.
    """
    seconds = time.perf_counter() - began if began else 0.0
    if kept:
        _uncounted.append((method, status))
    else:
        metrics.count(endpoint, method, status, seconds)
    trace = tracing.current()
    if trace and tracing.report:
        _report(trace, method, path, status, endpoint, seconds)
    if not _state.requests:
        count_kept()
        return
    if _state.as_json:
        head, moment = _head(method, path, endpoint, kept), _moment(int(time.time() * 1000))
        length = "null" if size is None else size
        trace_id = f',"trace_id":"{trace.trace_id}"' if trace else ""
        _lines.append(
            f'{{"event":"request","level":"info","timestamp":"{moment}",{head},"status":{status},"bytes":{length},'
            f'"ms":{seconds * 1000:.3f},"request_id":"{request_id}"{trace_id}}}\n'
        )
        if not _waiting.is_set():
            _waiting.set()
        return
    count_kept()
    fields = _fields(method, path, endpoint, kept)
    log.info(
        "request", **fields, status=status, bytes=size, ms=round(seconds * 1000, 3), request_id=request_id
    )


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


@lru_cache(maxsize=8)
def _moment(milliseconds: int) -> str:
    # A dozen answers from memory have the same.
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


@lru_cache(maxsize=1024)
def _head(method: str, path: str, endpoint: str | None, kept: bool) -> str:
    return _as_json(_fields(method, path, endpoint, kept))[1:-1]


def _fields(method: str, path: str, endpoint: str | None, kept: bool) -> dict[str, Any]:
    return {"method": method, "path": discreet(path), "endpoint": endpoint, "kept": kept}


def _as_json(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
