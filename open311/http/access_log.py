"""One structured line a request, without personal data or keys: the path is logged, the query never."""

import logging
import re
import secrets
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request

from open311.settings import Settings

log = structlog.get_logger()
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@dataclass
class _State:
    as_json: bool = False
    requests: bool = True
    # Begins the ids of this process; processes are forked, so it cannot be chosen when the module is loaded.
    process: str = ""


_state = _State()
_numbers = count()
# Lines of answers from memory, written together: a line of its own would cost more than the answer.
_lines: SimpleQueue[str] = SimpleQueue()
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
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if writes_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if writes_json and not any(each.name == WRITER for each in threading.enumerate()):
        threading.Thread(target=_write_lines, name=WRITER, daemon=True).start()


def _write_lines() -> None:
    while True:
        first = _lines.get()
        time.sleep(WRITE_EVERY_SECONDS)
        flush(first)


def flush(*waiting: str) -> None:
    """Write the lines that wait; whoever ends a process calls it last."""
    lines = [*waiting]
    try:
        while len(lines) < MOST_LINES:
            lines.append(_lines.get_nowait())
    except Empty:
        pass
    sys.stderr.write("".join(lines))


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Lines for a terminal. Plain tracebacks: a fancy one shows local variables, and with them personal data."""
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def install(app: Flask) -> None:
    """Log each request of this application."""
    app.before_request(_begin)
    app.after_request(_end)


def number() -> str:
    """A new id for a request."""
    return f"{_state.process}{next(_numbers):x}"


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = number()


def _end(response: Response) -> Response:
    milliseconds = (time.perf_counter() - g.began) * 1000 if "began" in g else 0.0
    response.headers["X-Request-Id"] = g.get("request_id", "")
    _line(
        method=request.method,
        path=request.path,
        endpoint=request.endpoint,
        status=response.status_code,
        bytes=response.calculate_content_length(),
        ms=round(milliseconds, 1),
        request_id=g.get("request_id"),
    )
    return response


def kept(method: str, path: str, status: str, size: int, began: float, request_id: str) -> None:
    """The line of a request that was answered from memory."""
    milliseconds = (time.perf_counter() - began) * 1000
    if _state.requests and _state.as_json:
        head = _head(method=method, path=path, kept=True)
        _put(
            f'{head},"status":{status},"bytes":{size},"ms":{milliseconds:.3f},"request_id":"{request_id}"}}\n'
        )
    elif _state.requests:
        _line(
            method=method,
            path=path,
            kept=True,
            status=int(status),
            bytes=size,
            ms=round(milliseconds, 3),
            request_id=request_id,
        )


def directly(path: str, endpoint: str, size: int, began: float, request_id: str) -> None:
    """The line of a request that was answered without the framework."""
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    fields = {"method": "GET", "path": path, "endpoint": endpoint, "status": 200}
    if _state.requests and _state.as_json:
        head = orjson.dumps(fields)[1:-1].decode()
        _put(f'{head},"bytes":{size},"ms":{milliseconds},"request_id":"{request_id}"}}\n')
    elif _state.requests:
        _line(**fields, bytes=size, ms=milliseconds, request_id=request_id)


def _put(rest: str) -> None:
    now = time.time()
    moment = f"{_second(int(now))}.{int(now % 1 * 1000):03}+00:00"
    _lines.put(f'{{"event":"request","level":"info","timestamp":"{moment}",{rest}')


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]


@lru_cache(maxsize=1024)
def _head(*, method: str, path: str, kept: bool) -> str:
    return _as_json({"method": method, "path": discreet(path), "kept": kept})[1:-1]


# Whoever has the last part of such a path may read or change what belongs to somebody.
_SECRET = re.compile(r"(/(?:report|follow|my-data|staff/welcome|order)/)[^/]{16,}")


def discreet(path: str) -> str:
    """A path without the words that open somebody's data."""
    return _SECRET.sub(r"\1…", path)


def _line(**fields: Any) -> None:
    """One line, past structlog where it is JSON: its processors cost more than a whole answer from memory."""
    if not _state.requests:
        return
    fields["path"] = discreet(fields["path"])
    if not _state.as_json:
        log.info("request", **fields)
        return
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"event": "request", "level": "info", "timestamp": moment} | fields
    sys.stderr.write(_as_json(line) + "\n")


def _as_json(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
