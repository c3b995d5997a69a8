"""`open311 work` as a process: tokens become ids, whatever happens to the worker."""

import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import psycopg
import pytest

from open311 import core as core_module
from open311 import settings
from open311.actions import casework, catalogue_publication, keys
from open311.actions.reporting import report
from open311.core import Core
from open311.model import task_names
from open311.model.access.actor import key_actor
from open311.model.access.keys import Key, Scope
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from open311.webhooks import subscriptions
from open311.worker import PLACES
from tests.actors import CLARA
from tests.adapters.strangers import Question, Reply, a_stranger
from tests.processes.running import PATIENCE_SECONDS, run, started, wait_for

pytestmark = pytest.mark.slow
STALLED = PLACES[task_names.Queue.WEBHOOKS]
# A target that stalls is not given up before the test is over.
PATIENT = (
    f"from open311.webhooks import delivery;delivery.deliver.__kwdefaults__['seconds'] = {PATIENCE_SECONDS}"
)
LOOKS = "select count(*) from procrastinate_workers"
BEGUN = "select count(*) from procrastinate_jobs where task_name = 'accept_token' and status = 'doing'"


@dataclass(frozen=True)
class Queue:
    """A database with batch reports, and what tests ask of it."""

    url: str
    core: Core
    key: Key

    def report(self) -> str:
        """Hand in a report to a batch service; its token."""
        submission = Submission(service_code="KANAL", location=Location(49.4811, 8.4464))
        receipt = report.submit(self.core, self.core.catalogues.in_force[0], submission, key_actor(self.key))
        assert receipt.token
        assert receipt.service_request_id is None
        return receipt.token

    def ask(self, question: str, *values: object) -> int:
        """The number a query answers with."""
        with closing(psycopg.connect(self.url)) as connection:
            row = connection.execute(question.encode(), values).fetchone()
        assert row
        return int(row[0])

    def accepted(self, token: str) -> bool:
        """Whether the id behind a token is given out."""
        return bool(self.ask("select count(accepted_datetime) from tokens where token = %s", token))

    def loses_its_connections(self) -> None:
        """As if the database had been away for a moment."""
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            others = (
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            )
            connection.execute(f"{others} and pid <> pg_backend_pid()".encode())
        self.core.database.close()

    def time_passes(self) -> None:
        """As if the last minutes had been hours: no sign of life of any worker, and no regular task, is recent."""
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")
            connection.execute("delete from procrastinate_periodic_defers")


@pytest.fixture
def queue(fresh_database_url: str) -> Iterator[Queue]:
    core = core_module.build(replace(settings.load({}), database_url=fresh_database_url))
    catalogue_publication.publish(core)
    key = keys.find_key(core, keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA))
    assert key
    yield Queue(fresh_database_url, core, key)
    core.database.close()


def test_token_becomes_an_id(queue: Queue, tmp_path: Path) -> None:
    """R-100, R-145, R-146: of what waited, and of what comes while the worker runs."""
    waiting = queue.report()
    with started(tmp_path / "log", "work", DATABASE_URL=queue.url):
        assert wait_for(lambda: queue.accepted(waiting)), (tmp_path / "log").read_text()
        later = queue.report()
        assert wait_for(lambda: queue.accepted(later))


def test_targets_that_stall_hold_up_nobody_else(queue: Queue, tmp_path: Path) -> None:
    """R-145: as many as are served at a time, on a machine with few processors."""
    done = Event()

    def stall(question: Question) -> Reply:
        done.wait(PATIENCE_SECONDS)
        return Reply()

    with a_stranger(stall) as target:
        for number in range(STALLED):
            subscriptions.add(
                queue.core, queue.core.catalogues.in_force[0], f"{number}", target.url, actor=CLARA
            )
        waste = Submission(service_code="MUELL_WILD", location=Location(49.4811, 8.4464))
        report.submit(queue.core, queue.core.catalogues.in_force[0], waste, key_actor(queue.key))
        variables = {"DATABASE_URL": queue.url, "OPEN311_WEBHOOK_ALLOW_PRIVATE": "on"}
        with started(tmp_path / "log", "work", changed=PATIENT, **variables):
            assert wait_for(lambda: len(target.asked) >= STALLED)
            token = queue.report()
            assert wait_for(lambda: queue.accepted(token), PATIENCE_SECONDS / 2), (
                tmp_path / "log"
            ).read_text()
            done.set()


def test_worker_killed_in_the_middle_is_followed_by_another(queue: Queue, tmp_path: Path) -> None:
    """R-145, R-148: nothing is half done, nothing forgotten."""
    token = queue.report()
    with closing(psycopg.connect(queue.url)) as holding:
        holding.execute("select * from tokens for update")
        with started(tmp_path / "first", "work", DATABASE_URL=queue.url) as first:
            # A worker that starts may wait for other locks before it takes the job.
            assert wait_for(lambda: queue.ask(BEGUN) > 0 and _somebody_waits(queue))
            first.send_signal(signal.SIGKILL)
            first.wait(PATIENCE_SECONDS)
    assert wait_for(lambda: queue.ask("select count(*) from pg_locks where not granted") == 0)
    assert not queue.accepted(token)
    assert queue.ask(BEGUN) == 1
    queue.time_passes()
    with started(tmp_path / "second", "work", DATABASE_URL=queue.url):
        assert wait_for(lambda: queue.accepted(token)), (tmp_path / "second").read_text()
    assert queue.ask("select count(*) from events where kind = 'accepted'") == 1


def test_sigterm_lets_a_job_finish(queue: Queue, tmp_path: Path) -> None:
    """R-145."""
    token = queue.report()
    # What is not done within some seconds is done again at the next start, of which there is none here.
    patient = "from open311 import worker; worker.GRACE_SECONDS = 10_000"
    with started(tmp_path / "log", "work", changed=patient, DATABASE_URL=queue.url) as worker:
        with closing(psycopg.connect(queue.url)) as holding:
            holding.execute("select * from tokens for update")
            assert wait_for(lambda: queue.ask(BEGUN) > 0 and _somebody_waits(queue))
            worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE_SECONDS) == 0, (tmp_path / "log").read_text()
    assert queue.accepted(token)


def _somebody_waits(queue: Queue) -> bool:
    return queue.ask("select count(*) from pg_locks where not granted") > 0


def test_two_workers_do_each_job_once(queue: Queue, tmp_path: Path) -> None:
    """R-145."""
    tokens = [queue.report() for _ in range(20)]
    with (
        started(tmp_path / "first", "work", DATABASE_URL=queue.url),
        started(tmp_path / "second", "work", DATABASE_URL=queue.url),
    ):
        assert wait_for(lambda: all(queue.accepted(token) for token in tokens))
    assert queue.ask("select count(*) from events where kind = 'accepted'") == 20


def test_staff_may_be_faster(queue: Queue, tmp_path: Path) -> None:
    """R-145: `open311 request accept TOKEN`; the worker then finds nothing to do."""
    token = queue.report()
    done = run("request", "accept", token, DATABASE_URL=queue.url)
    assert done.returncode == 0, done.stderr
    number = int(done.stdout)
    before = casework.show(queue.core, number, CLARA)
    waiting = "select count(*) from procrastinate_jobs where task_name = 'accept_token'"
    assert queue.ask(waiting) == 1
    with started(tmp_path / "log", "work", DATABASE_URL=queue.url):
        assert wait_for(lambda: queue.ask(waiting) == 0), (tmp_path / "log").read_text()
    assert casework.show(queue.core, number, CLARA) == before


def test_without_a_database_it_says_how_to_get_one(tmp_path: Path) -> None:
    stopped = run("work", OPEN311_DATA_DIR=str(tmp_path))
    assert stopped.returncode == 2
    assert "start `open311 dev` first" in stopped.stderr


def test_the_first_process_of_a_container_hears_who_ends_it(queue: Queue, tmp_path: Path) -> None:
    """Also while the database is away: it has a handler then, without which the kernel tells it nothing."""
    away = (
        "import os; os.getpid = lambda: 1; from open311 import worker; worker._is_back = lambda core: False"
    )
    with started(tmp_path / "log", "work", changed=away, DATABASE_URL=queue.url) as worker:
        assert wait_for(lambda: queue.ask(LOOKS) > 0), (tmp_path / "log").read_text()
        queue.loses_its_connections()
        assert wait_for(lambda: "queue_lost" in (tmp_path / "log").read_text())
        worker.terminate()
        assert worker.wait(PATIENCE_SECONDS) == 128 + signal.SIGTERM


def test_worker_outlives_a_lost_connection(queue: Queue, tmp_path: Path) -> None:
    """R-145: the database may be away for a moment."""
    with started(tmp_path / "log", "work", DATABASE_URL=queue.url) as worker:
        first = queue.report()
        assert wait_for(lambda: queue.accepted(first))
        queue.loses_its_connections()
        second = queue.report()
        # Rarely a job was just being taken; the next one takes it up once it counts as stalled.
        assert wait_for(lambda: queue.accepted(second)), (tmp_path / "log").read_text()
        assert worker.poll() is None
