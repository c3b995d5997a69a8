"""What the queue says about jobs, as lines like all others; and which job each line of a task belongs to."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from open311.base import tracing
from open311.base.errors import Open311Error, Unavailable

log = structlog.get_logger()

# By what procrastinate calls it: our name, and how much it matters.
EVENTS = {
    "job_error": ("job_failed", "error"),
    "job_error_retry": ("job_tried_again", "info"),
    "job_aborted": ("job_aborted", "warning"),
    "job_aborted_retry": ("job_aborted", "info"),
    "task_not_found": ("job_unknown", "error"),
}


class JobLog(logging.Handler):
    """Writes one line for what procrastinate says in several; the traceback only of what nobody foresaw."""

    def emit(self, record: logging.LogRecord) -> None:
        """Success says nothing: the queue is full of it."""
        event, level = EVENTS.get(getattr(record, "action", ""), ("queue_says", record.levelname.lower()))
        job = getattr(record, "job", None) or {}
        fields: dict[str, Any] = {
            "job_id": job.get("id"),
            "task": job.get("task_name"),
            "attempts": job.get("attempts"),
        }
        if event == "queue_says":
            fields = {"text": record.getMessage()}
        error = record.exc_info[1] if record.exc_info else None
        if error:
            # That something is out of reach says its name; why, says what it came from.
            why = error.__cause__ if isinstance(error, Unavailable) and error.__cause__ else error
            fields["reason"] = f"{type(error).__name__}: {why}".splitlines()[0]
            if not isinstance(error, Open311Error):
                fields["exc_info"] = error
        getattr(log, level if level in ("info", "warning", "error") else "error")(event, **fields)


def install() -> None:
    """Have what the queue says written as lines of ours."""
    logger = logging.getLogger("procrastinate")
    lines = JobLog()
    # Upon the handler: loggers below this one hand records to it past the filters of the logger.
    lines.addFilter(_tells_something)
    logger.handlers = [lines]
    logger.propagate = False
    logger.setLevel(logging.INFO)
    # Each attempt to reach a database that is away, plain text among lines of JSON; `queue_lost` tells it once.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


def _tells_something(record: logging.LogRecord) -> bool:
    """What ends well says nothing; and what else is said at length may hold arguments, and with them tokens."""
    action = getattr(record, "action", "")
    return record.levelno > logging.INFO or action in EVENTS


async def in_each_line(call: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """Middleware of procrastinate's worker: lines that a task writes name its job, and the chain it belongs to."""
    job = context.job
    trace = tracing.continued(job.task_kwargs.get(tracing.HEADER)) or tracing.new()
    with (
        bound_contextvars(job_id=job.id, task=job.task_name),
        tracing.span(job.task_name, "consumer", trace, job_id=job.id, queue=job.queue),
    ):
        return await call()
