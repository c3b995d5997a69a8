"""Work for later: handed to procrastinate's queue inside the transaction of the change it belongs to."""

import json
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from open311.model.task_names import TaskName

_DEFER = text(
    "select procrastinate_defer_jobs_v1(array[row("
    ":queue, :task, 0, :lock, :lock, cast(:args as jsonb), null)::procrastinate_job_to_defer_v1])"
)


def defer(conn: Connection, task: TaskName, *, lock: str | None = None, **args: Any) -> None:
    """Have the worker run `task` once this transaction has committed.

    Of jobs with the same `lock` one waits and one runs at a time; a second one that would wait is not added.
    """
    job = {"queue": task.queue, "task": task, "lock": lock, "args": json.dumps(args)}
    if lock is None:
        conn.execute(_DEFER, job)
        return
    try:
        with conn.begin_nested():
            conn.execute(_DEFER, job)
    except IntegrityError as taken:
        if not isinstance(taken.orig, UniqueViolation):
            raise


_PRUNE = text("""
    delete from procrastinate_jobs j where status not in ('todo', 'doing') and not exists (
        select from procrastinate_events where job_id = j.id and at >= :before
    )
""")


def prune(conn: Connection, before: datetime) -> None:
    """Forget jobs that ended, well or not, and to which nothing has happened since."""
    conn.execute(_PRUNE, {"before": before})
