"""Work for later: handed to procrastinate's queue inside the transaction of the change it belongs to."""

import json
from typing import Any

from sqlalchemy import Connection, text

_DEFER = text(
    "select procrastinate_defer_jobs_v1(array["
    "row('default', :task, 0, null, null, cast(:args as jsonb), null)::procrastinate_job_to_defer_v1])"
)


def defer(conn: Connection, task: str, **args: Any) -> None:
    """Have the worker run `task` once this transaction has committed."""
    conn.execute(_DEFER, {"task": task, "args": json.dumps(args)})
