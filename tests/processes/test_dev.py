"""`open311 dev`: everything on one machine from one command, kept between starts."""

import re
import shlex
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from open311.dev import private_cluster
from tests.ports import free_port
from tests.processes.reporter import BEFORE, REPORTS, Reporter, cut, family, public_reports, writers
from tests.processes.running import PATIENCE_SECONDS, alive, answers, executed, get, run, started, wait_for

DEMO_REPORTS = 20


def _count(folder: Path) -> int:
    url = private_cluster.running_url(folder, private_cluster.DATABASE)
    assert url
    with psycopg.connect(url) as connection:
        found = connection.execute("select count(*) from service_requests").fetchone()
    assert found
    return int(found[0])


def _ready(log: Path) -> bool:
    return "Try:" in log.read_text()


@pytest.mark.slow
def test_prints_what_to_try_and_keeps_everything_when_the_power_is_cut(folder: Path) -> None:
    """R-143: what was answered with an id is there afterwards, once."""
    port, log = free_port(), folder / "log"
    var = folder / "var"
    settings = {"OPEN311_DATA_DIR": str(var), "PORT": str(port), "OPEN311_RATE_LIMITS": "off"}
    start = ("dev", "--demo-reports", str(DEMO_REPORTS))
    with writers() as pool:
        with executed(log, *start, **settings) as first:
            assert wait_for(lambda: _ready(log)), log.read_text()
            command = re.search(r"curl -d .*", log.read_text())
            assert command
            reported = subprocess.run(
                ["curl", "-sS", *shlex.split(command[0])[1:]], capture_output=True, text=True
            )
            assert "<service_request_id>" in reported.stdout
            assert _count(var) == DEMO_REPORTS + 1
            again = run("dev", **settings | {"PORT": str(free_port())})
            assert (again.returncode, "is already running" in again.stderr) == (2, True)
            link = run("account", "reset", "ada@stadt.example", **settings | {"PORT": ""}).stdout
            assert f"http://127.0.0.1:{port}/staff/" in link
            before = {request["service_request_id"] for request in public_reports(port, 0)}
            reporter = Reporter(var, port)
            sent = [pool.submit(reporter.report, number) for number in range(REPORTS)]
            assert reporter.begun.wait(PATIENCE_SECONDS)
            cut(first)
            answered = dict(reporter.ids)
            reporter.cut.set()
        with started(log, *start, **settings) as second:
            for future in sent:
                future.result()
            found = public_reports(port, REPORTS + DEMO_REPORTS + 1)
            second.send_signal(signal.SIGTERM)
            assert second.wait(PATIENCE_SECONDS) == 0
    assert not answers(port)
    new = [request for request in found if request["service_request_id"] not in before]
    stored = {request["service_request_id"]: request["description"] for request in new}
    assert BEFORE <= len(answered) < REPORTS
    assert reporter.failures
    assert answered.items() <= stored.items()
    assert stored == reporter.ids
    assert len(new) == REPORTS
    assert len(found) == REPORTS + len(before)


@pytest.mark.slow
def test_uses_the_database_that_is_set_and_takes_its_processes_along(
    folder: Path, fresh_database_url: str
) -> None:
    """Those of a database of its own: `test_private_cluster.py`."""
    port, log = free_port(), folder / "log"
    settings = {
        "OPEN311_DATA_DIR": str(folder / "var"),
        "PORT": str(port),
        "DATABASE_URL": fresh_database_url,
    }
    with started(log, "dev", "--demo-reports", "3", **settings) as process:
        assert wait_for(lambda: _ready(log)), log.read_text()
        assert get(port, "/open311/v2/requests.json?page_size=1") != b"[]"
        everything = family(process.pid)[1:]
        assert len(everything) >= 2
        process.kill()
        assert wait_for(lambda: not any(map(alive, everything)))
    assert not (folder / "var/postgres").exists()
