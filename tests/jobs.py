"""The worker's jobs, run by hand on the connection of a test and by the worker's own wiring."""

from sqlalchemy import Connection, text

from open311 import worker
from open311.core import Core
from open311.model.task_names import TaskName

_WAITING = text(
    "select id, task_name, args from procrastinate_jobs"
    " where status = 'todo' and task_name = any(:names) order by id"
)
_DONE = text("update procrastinate_jobs set status = 'succeeded' where id = :id")


def work(core: Core, conn: Connection, *names: TaskName) -> int:
    """Do the jobs of these tasks that wait now, all tasks if none is named; returns how many there were."""
    tasks = worker.build(core).tasks
    jobs = conn.execute(_WAITING, {"names": list(names or TaskName)}).all()
    for number, name, args in jobs:
        conn.execute(_DONE, {"id": number})
        tasks[name].func(**args)
    return len(jobs)
