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
from tests.processes.running import (
    PATIENCE_SECONDS,
    alive,
    answers,
    children,
    executed,
    get,
    run,
    started,
    wait_for,
)


def _descendants(pid: int) -> list[int]:
    return [process for child in children(pid) for process in (child, *_descendants(child))]


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
def test_starts_prints_what_to_try_and_keeps_everything(folder: Path) -> None:
    port, log = free_port(), folder / "log"
    settings = {"OPEN311_DATA_DIR": str(folder / "var"), "PORT": str(port)}
    with executed(log, "dev", "--demo-reports", "20", **settings) as first:
        assert wait_for(lambda: _ready(log)), log.read_text()
        command = re.search(r"curl -d .*", log.read_text())
        assert command
        reported = subprocess.run(
            ["curl", "-sS", *shlex.split(command[0])[1:]], capture_output=True, text=True
        )
        assert "<service_request_id>" in reported.stdout
        assert _count(folder / "var") == 21
        everything = _descendants(first.pid)
        first.kill()
        assert wait_for(lambda: not any(alive(pid) for pid in everything))
    with started(log, "dev", "--demo-reports", "20", **settings) as second:
        assert wait_for(lambda: _ready(log)), log.read_text()
        assert _count(folder / "var") == 21
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_SECONDS) == 0
    assert not answers(port)


@pytest.mark.slow
def test_second_start_in_one_folder_is_told_and_commands_find_the_first(folder: Path) -> None:
    log = folder / "log"
    settings, port = {"OPEN311_DATA_DIR": str(folder / "var")}, free_port()
    with started(log, "dev", "--demo-reports", "0", PORT=str(port), **settings):
        assert wait_for(lambda: _ready(log)), log.read_text()
        second = run("dev", PORT=str(free_port()), **settings)
        link = run("account", "reset", "ada@stadt.example", PORT="", **settings).stdout
    assert f"http://127.0.0.1:{port}/staff/" in link
    assert second.returncode == 2
    assert "is already running" in second.stderr


@pytest.mark.slow
def test_uses_the_database_that_is_set(folder: Path, fresh_database_url: str) -> None:
    port, log = free_port(), folder / "log"
    settings = {
        "OPEN311_DATA_DIR": str(folder / "var"),
        "PORT": str(port),
        "DATABASE_URL": fresh_database_url,
    }
    with started(log, "dev", "--demo-reports", "3", **settings):
        assert wait_for(lambda: _ready(log)), log.read_text()
        assert get(port, "/open311/v2/requests.json?page_size=1") != b"[]"
    assert not (folder / "var/postgres").exists()
