"""Jobs wait in the transaction they belong to; those with a lock wait once."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

from open311.model.task_names import Queue, TaskName
from open311.storage import jobs


def waiting(conn: Connection) -> list[tuple[str, str, dict[str, object]]]:
    """Queue, task and arguments of each job."""
    found = conn.execute(text("select queue_name, task_name, args from procrastinate_jobs order by id"))
    return [tuple(job) for job in found]


def test_a_job_waits_in_the_queue_of_its_task(conn: Connection) -> None:
    jobs.defer(conn, TaskName.MAKE_THUMBNAIL, media_id=1)
    jobs.defer(conn, TaskName.SEND_DATA_LINK, token="ü")
    assert waiting(conn) == [
        (Queue.PHOTOS, "make_thumbnail", {"media_id": 1}),
        (Queue.MAIL, "send_data_link", {"token": "ü"}),
    ]


def test_many_are_deferred_in_their_order(conn: Connection) -> None:
    jobs.defer_all(conn, TaskName.TELL_FOLLOWER, [])
    followers = [{"follower_id": number, "event_id": 1} for number in range(2_000)]
    jobs.defer_all(conn, TaskName.TELL_FOLLOWER, followers, at=datetime(2026, 11, 29, tzinfo=UTC))
    assert [args for _, _, args in waiting(conn)] == followers
    assert waiting(conn)[0][:2] == (Queue.MAIL, "tell_follower")


def test_of_jobs_with_the_same_lock_one_waits(conn: Connection) -> None:
    for number in (1, 1, 2):
        jobs.defer(conn, TaskName.DELIVER_WEBHOOKS, lock=f"webhook {number}", subscription_id=number)
    assert [args["subscription_id"] for _, _, args in waiting(conn)] == [1, 2]


def test_one_that_runs_lets_another_wait(conn: Connection) -> None:
    for _ in range(3):
        jobs.defer(conn, TaskName.DELIVER_WEBHOOKS, lock="webhook 1", subscription_id=1)
        conn.execute(
            text(
                "update procrastinate_jobs set status = 'doing' where id = (select min(id) from procrastinate_jobs)"
            )
        )
    assert len(waiting(conn)) == 2


def test_what_waits_already_leaves_the_transaction_whole(conn: Connection) -> None:
    jobs.defer(conn, TaskName.DELIVER_WEBHOOKS, lock="webhook 1", subscription_id=1)
    jobs.defer(conn, TaskName.DELIVER_WEBHOOKS, lock="webhook 1", subscription_id=1)
    jobs.defer(conn, TaskName.MAKE_THUMBNAIL, media_id=1)
    assert len(waiting(conn)) == 2
