"""`open311 jobs` on the command line."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.processes.running import run

STATES = "select status::text, attempts, scheduled_at from procrastinate_jobs order by id"


@pytest.fixture
def database(fresh_database_url: str) -> str:
    """Mails that failed, one that waits for another try, and one that is to be sent now."""
    with psycopg.connect(fresh_database_url) as conn:
        for status, later, number in (
            ("failed", None, 1),
            ("failed", None, 2),
            ("todo", "1 hour", 3),
            ("todo", None, 4),
        ):
            conn.execute(
                "insert into procrastinate_jobs (queue_name, task_name, args, status, attempts, scheduled_at)"
                " values ('mail', %s, %s, %s, 10, now() + %s::interval)",
                [
                    "tell_follower" if number < 4 else "ask_follower",
                    Jsonb({"follower_id": number}),
                    status,
                    later,
                ],
            )
    return fresh_database_url


def jobs(database: str, *words: str) -> str:
    """Standard output of `open311 jobs WORDS`, which must go well."""
    done = run("jobs", *words, DATABASE_URL=database)
    assert done.returncode == 0, done.stderr
    return done.stdout


def states(database: str) -> list[tuple[str, int, bool]]:
    """State and attempts of each job, and whether it waits for a moment."""
    with psycopg.connect(database) as conn:
        return [(state, attempts, bool(at)) for state, attempts, at in conn.execute(STATES)]


def test_what_failed_is_listed(database: str) -> None:
    failed, waiting = jobs(database, "list"), jobs(database, "list", "--state", "waiting")
    assert "follower_id 1" in failed
    assert "follower_id 2" in failed
    assert "follower_id 3" not in failed
    assert "follower_id 3" in waiting
    assert "ask_follower" not in jobs(database, "list", "--state", "waiting", "--task", "tell_follower")


def test_what_failed_is_done_again(database: str) -> None:
    assert jobs(database, "retry", "1") == "1 job is done again.\n"
    assert states(database) == [
        ("todo", 0, False),
        ("failed", 10, False),
        ("todo", 10, True),
        ("todo", 10, False),
    ]
    assert jobs(database, "retry", "--all") == "2 jobs are done again.\n"
    assert [state for state, _, later in states(database) if not later] == ["todo"] * 4


def test_what_failed_is_forgotten(database: str) -> None:
    assert jobs(database, "forget", "--task", "tell_follower") == "2 jobs are forgotten.\n"
    assert jobs(database, "forget", "4") == "1 job is forgotten.\n"
    assert states(database) == [("todo", 10, True)]


@pytest.mark.parametrize("words", [("retry",), ("forget",), ("retry", "1", "--all")])
def test_nothing_is_done_to_all_by_chance(database: str, words: tuple[str, ...]) -> None:
    done = run("jobs", *words, DATABASE_URL=database)
    assert done.returncode == 2
    assert "--task" in done.stderr
