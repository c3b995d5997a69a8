"""Two real servers: one hands reports on to the other, whichever process is killed in the middle."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.databases import Databases
from tests.ports import free_port
from tests.processes.running import answers, run, started, wait_for

ROOT = Path(__file__).parent.parent.parent
REPORTS = 12


@dataclass(frozen=True)
class Side:
    """One city: its database, its catalogue, its port."""

    folder: Path
    url: str
    port: int
    environ: dict[str, str]

    @property
    def base(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}/open311/v2"

    @contextmanager
    def running(self, command: str) -> Iterator[object]:
        """`open311 serve` or `open311 work`."""
        with started(self.folder / f"{command}-{time.monotonic()}.log", command, **self.environ) as process:
            if command == "serve":
                assert wait_for(lambda: answers(self.port))
            yield process

    def ask(self, question: str) -> int:
        """The number a query answers with."""
        with closing(psycopg.connect(self.url)) as connection:
            row = connection.execute(question.encode()).fetchone()
        assert row
        return int(row[0] or 0)

    def time_passes(self) -> None:
        """As if minutes had passed: no sign of life of a dead worker is recent, no lease is in force."""
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")
            connection.execute("delete from procrastinate_periodic_defers")
            connection.execute("update forwards set due_datetime = now() - interval '1 minute'")


def a_side(folder: Path, url: str, catalogue: str, **more: str) -> Side:
    """A city with this catalogue."""
    folder.mkdir()
    (folder / "categories.yaml").write_text(catalogue, encoding="utf-8")
    port = free_port()
    environ = {
        "DATABASE_URL": url,
        "OPEN311_CATALOGUE": str(folder / "categories.yaml"),
        "OPEN311_DATA_DIR": str(folder / "data"),
        "OPEN311_RATE_LIMITS": "off",
        "OPEN311_WORKERS": "1",
        "PORT": str(port),
        **more,
    }
    return Side(folder, url, port, environ)


@pytest.fixture
def second_database_url(databases: Databases) -> Iterator[str]:
    """Another empty database beside the first."""
    with databases.lent() as url:
        yield url


@pytest.mark.slow
def test_each_report_arrives_once_and_comes_back_done(
    fresh_database_url: str, second_database_url: str, tmp_path: Path
) -> None:
    usual = (ROOT / "categories.yaml").read_text(encoding="utf-8")
    there = a_side(tmp_path / "there", second_database_url, usual)
    added = run("key", "add", "the city", **there.environ)
    assert added.returncode == 0, added.stderr
    key = added.stdout.strip()
    assert key.count("\n") == 0, added.stdout
    forward = f"  - service_code: MUELL_WILD\n    forward: {{url: '{there.base}', api_key: works, repeatable: true}}\n"
    catalogue = usual.replace("  - service_code: MUELL_WILD\n", forward, 1)
    here = a_side(tmp_path / "here", fresh_database_url, catalogue, OPEN311_FORWARD_KEYS=f"works={key}")
    ours = run("key", "add", "app", **here.environ).stdout.strip()
    with here.running("serve"), ExitStack() as running:
        running.enter_context(there.running("serve"))
        worker = running.enter_context(here.running("work"))
        for number in range(REPORTS):
            if number == REPORTS // 3:
                worker.send_signal(signal.SIGKILL)
            if number == REPORTS // 2:
                # The other server goes too, while ours still takes reports.
                running.close()
            sent = {"api_key": ours, "service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}
            told = httpx2.post(
                f"{here.base}/requests.json",
                data=sent | {"description": f"Report {number}"},
                timeout=60,
                verify=False,
            )
            assert told.status_code == 200, told.text
            time.sleep(0.3)
        assert here.ask("select count(*) from service_requests") == REPORTS
        with here.running("work"):
            time.sleep(3)
            running.enter_context(there.running("serve"))
            here.time_passes()
            sent_all = "select count(distinct foreign_id) from forwards where state = 'sent'"
            assert wait_for(lambda: here.ask(sent_all) == REPORTS), run(
                "forward", "list", **here.environ
            ).stdout
        # Without the worker, whose own turn to ask could come before the command's.
        arrived = "select count(distinct description) * 1000 + count(*) from service_requests"
        assert there.ask(arrived) == REPORTS * 1000 + REPORTS

        number = there.ask("select min(id) from service_requests")
        done = run("request", "set-status", str(number), "GELOEST", "--notes", "Weg", **there.environ)
        assert done.returncode == 0, done.stderr
        pulled = run("forward", "pull", **here.environ)
        assert pulled.stdout == f"{there.base}: 1 update taken over.\n", pulled.stderr
        mine = here.ask(f"select service_request_id from forwards where foreign_id = '{number}'")
        (shown,) = httpx2.get(f"{here.base}/requests/{mine}.json", timeout=60, verify=False).json()
        assert (shown["status"], shown["status_notes"]) == ("closed", "Weg")
        listed = run("forward", "list", "--foreign-id", str(number), COLUMNS="200", **here.environ).stdout
        assert str(mine) in listed
