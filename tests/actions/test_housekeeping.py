"""What the server keeps about its own work does not grow for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from open311.actions.upkeep import housekeeping
from open311.core import Core


def add(conn: Connection, status: str, ended: timedelta, lock: str | None = None) -> None:
    """A job that ended some time ago."""
    job = conn.execute(
        text(
            "insert into procrastinate_jobs (queue_name, task_name, queueing_lock)"
            " values ('default', :name, :lock) returning id"
        ),
        {"name": f"{status} {ended} {lock}", "lock": lock},
    ).scalar_one()
    ending = (
        "update procrastinate_jobs set status = cast(:status as procrastinate_job_status) where id = :job"
    )
    conn.execute(text(ending), {"status": status, "job": job})
    conn.execute(
        text("update procrastinate_events set at = :at where job_id = :job"),
        {"at": _now(conn) - ended, "job": job},
    )


def _now(conn: Connection) -> object:
    return conn.info["now"]


@pytest.fixture
def dated(core: Core, conn: Connection) -> Connection:
    """A connection that knows the moment of the server under test."""
    conn.info["now"] = core.now()
    return conn


def test_jobs_that_ended_are_forgotten(core: Core, dated: Connection) -> None:
    """What succeeded after a day; what failed after a month, unless it is done again by itself."""
    hours, days = timedelta(hours=23), timedelta(days=2)
    add(dated, "succeeded", hours)
    add(dated, "succeeded", days)
    add(dated, "failed", days)
    add(dated, "failed", timedelta(days=31))
    add(dated, "failed", days, "fold_map")
    add(dated, "todo", timedelta(days=99))
    housekeeping.forget_old(core)
    left = dated.execute(text("select task_name from procrastinate_jobs order by id")).scalars().all()
    assert left == [f"succeeded {hours} None", f"failed {days} None", f"todo {timedelta(days=99)} None"]
    events = dated.execute(text("select count(distinct job_id) from procrastinate_events")).scalar_one()
    assert events == 3
