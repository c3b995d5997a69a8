"""What log lines look like and where they go: standard error, as JSON or for a terminal."""

import logging
import sys
from typing import Any

import orjson
import structlog

from open311.adapters import spans
from open311.base import tracing
from open311.settings import Settings

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(settings: Settings) -> None:
    """Let this process write its log as the settings say, and report spans if they name a collector."""
    # One configuration a process, as structlog and OpenTelemetry have it: whoever logs far below has no Core at hand.
    writes_json = settings.log_format == "json"
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


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Lines for a terminal. Plain tracebacks: a fancy one shows local variables, and with them personal data."""
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def _as_json(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
