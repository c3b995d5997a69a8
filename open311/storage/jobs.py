"""The job queue (procrastinate): jobs are deferred inside the transaction of the change they belong to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from open311.base import tracing
from open311.model.task_names import TaskName

# By procrastinate's SQL functions: its Python API would open a transaction of its own, and leave the job behind when
# the change is rolled back.
_DEFER = text(
    "select procrastinate_defer_jobs_v1(array[row("
    ":queue, :task, :priority, :lock, :lock, cast(:args as jsonb), cast(:at as timestamptz)"
    ")::procrastinate_job_to_defer_v1])"
)

_DEFER_ALL = text(
    "select procrastinate_defer_jobs_v1(array_agg(row("
    "cast(:queue as text), cast(:task as text), cast(:priority as integer), null, null, args, cast(:at as timestamptz)"
    ")::procrastinate_job_to_defer_v1)) from jsonb_array_elements(cast(:works as jsonb)) as args"
)


def defer(
    conn: Connection,
    task: TaskName,
    *,
    lock: str | None = None,
    at: datetime | None = None,
    **args: Any,
) -> None:
    """Have the worker run `task` once this transaction has committed, and not before `at`.

    Of jobs with the same `lock` one waits and one runs at a time; a second one that would wait is not added.
    """
    # As `lock` and as `queueing_lock`: the one keeps two from running at a time, the other two from waiting.
    job = _kind(task, at) | {"lock": lock, "args": json.dumps(args | _trace())}
    if lock is None:
        conn.execute(_DEFER, job)
        return
    try:
        # Only the savepoint is lost when one waits already; the change that the job belongs to goes on.
        with conn.begin_nested():
            conn.execute(_DEFER, job)
    except IntegrityError as taken:
        if not isinstance(taken.orig, UniqueViolation):
            raise


def defer_all(
    conn: Connection, task: TaskName, works: Sequence[Mapping[str, Any]], *, at: datetime | None = None
) -> None:
    """Have the worker run `task` with each of these arguments; one statement, however many there are."""
    if works:
        trace = _trace()
        conn.execute(
            _DEFER_ALL, _kind(task, at) | {"works": json.dumps([{**args, **trace} for args in works])}
        )


def _kind(task: TaskName, at: datetime | None) -> dict[str, Any]:
    return {"queue": task.queue, "task": task, "priority": task.priority, "at": at}


def _trace() -> dict[str, str]:
    # Taken off again by the worker before the task sees it.
    trace = tracing.current()
    return {tracing.HEADER: trace.header()} if trace else {}


class JobState(StrEnum):
    """Where a job stands, for the operator."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the queue. `due` is when it is tried again; None for at once, and for one that failed for good."""

    id: int
    task: str
    queue: str
    state: JobState
    attempts: int
    args: Mapping[str, Any]
    due: datetime | None
    begun: datetime | None


_STATES = {JobState.WAITING: "todo", JobState.RUNNING: "doing", JobState.FAILED: "failed"}
_LIST = text("""
    select id, task_name as task, queue_name as queue, attempts, args, scheduled_at as due,
        (select max(at) from procrastinate_events where job_id = job.id and type = 'started') as begun
    from procrastinate_jobs as job
    where status::text = :status and (cast(:task as text) is null or task_name = :task) order by id limit :most
""")
# Two that wait for the same lock would be one too many; the one that waits does what this one would.
_AGAIN = text("""
    update procrastinate_jobs as job set status = 'todo', attempts = 0, scheduled_at = null
    where status::text in ('failed', 'todo') and (status = 'failed' or attempts > 0 and scheduled_at is not null)
        and (cast(:ids as bigint[]) is null or id = any(:ids)) and (cast(:task as text) is null or task_name = :task)
        and not exists (select from procrastinate_jobs as other
                        where other.queueing_lock = job.queueing_lock and other.status = 'todo' and other.id <> job.id)
""")
_FORGET = text("""
    delete from procrastinate_jobs
    where status::text in ('failed', 'todo')
        and (cast(:ids as bigint[]) is null or id = any(:ids)) and (cast(:task as text) is null or task_name = :task)
        and (cast(:ids as bigint[]) is not null or status = 'failed')
""")
# What has a lock is done again by itself, so it needs no keeping when it failed once.
_PRUNE = text("""
    delete from procrastinate_jobs where id in (
        select id from procrastinate_jobs as job
        where status::text in ('succeeded', 'cancelled', 'aborted', 'failed')
            and coalesce((select max(at) from procrastinate_events where job_id = job.id), '-infinity')
                < case when status = 'failed' and queueing_lock is null then :failed_before else :done_before end
        order by id limit :most
    )
""")


def listed(conn: Connection, state: JobState, task: str | None = None, most: int = 1000) -> list[Job]:
    """The jobs in a state, the oldest first."""
    parameters = {"status": _STATES[state], "task": task, "most": most}
    return [Job(**{**row._mapping, "state": state}) for row in conn.execute(_LIST, parameters)]


def again(conn: Connection, ids: Sequence[int] | None, task: str | None = None) -> int:
    """Have jobs done now that failed for good or wait for another try; all without `ids`. Returns how many."""
    return conn.execute(_AGAIN, {"ids": list(ids) if ids is not None else None, "task": task}).rowcount


def forget(conn: Connection, ids: Sequence[int] | None, task: str | None = None) -> int:
    """Delete jobs that failed or wait; without `ids` all that failed. Returns how many."""
    return conn.execute(_FORGET, {"ids": list(ids) if ids is not None else None, "task": task}).rowcount


def prune(conn: Connection, done_before: datetime, failed_before: datetime, most: int) -> int:
    """Delete jobs that ended long ago; returns how many."""
    parameters = {"done_before": done_before, "failed_before": failed_before, "most": most}
    return conn.execute(_PRUNE, parameters).rowcount
