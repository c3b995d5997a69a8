"""One structured line a request, without personal data or keys: the path is logged, the query never."""

import logging
import sys
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from open311.settings import Settings

log = structlog.get_logger()
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(settings: Settings) -> None:
    """Write log lines to standard error, as JSON or for a terminal."""
    writes_json = settings.log_format == "json"
    renderer = structlog.processors.JSONRenderer() if writes_json else _for_people()
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


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Lines for a terminal. Plain tracebacks: a fancy one shows local variables, and with them personal data."""
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def install(app: Flask) -> None:
    """Log each request of this application."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = uuid.uuid4().hex[:16]


def _end(response: Response) -> Response:
    milliseconds = (time.perf_counter() - g.began) * 1000 if "began" in g else 0.0
    response.headers["X-Request-Id"] = g.get("request_id", "")
    log.info(
        "request",
        method=request.method,
        path=request.path,
        endpoint=request.endpoint,
        status=response.status_code,
        bytes=response.calculate_content_length(),
        ms=round(milliseconds, 1),
        request_id=g.get("request_id"),
    )
    return response
