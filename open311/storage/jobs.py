"""Work for later: handed to procrastinate's queue inside the transaction of the change it belongs to."""

import json
from typing import Any

from sqlalchemy import Connection, text

_DEFER = text(
    "select procrastinate_defer_jobs_v1(array["
    "row(:queue, :task, 0, null, null, cast(:args as jsonb), null)::procrastinate_job_to_defer_v1])"
)


# What waits for other servers has places of its own in the worker, so that a slow one delays nothing else.
OUTSIDE = "outside"


def defer(conn: Connection, task: str, queue: str = "default", **args: Any) -> None:
    """Have the worker run `task` once this transaction has committed."""
    conn.execute(_DEFER, {"task": task, "queue": queue, "args": json.dumps(args)})
