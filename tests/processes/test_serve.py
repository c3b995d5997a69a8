"""`open311 serve` as processes: its port, its settings, its end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from open311.http.limits.connections import MOST_SENDERS, OTHER_THREADS
from tests.ports import free_port
from tests.processes.running import (
    PATIENCE_SECONDS,
    Process,
    alive,
    answers,
    children,
    get,
    run,
    started,
    wait_for,
)

pytestmark = pytest.mark.slow
LIST = "/open311/v2/requests.json"
FORM = b"POST /open311/v2/requests.json HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
# Whoever stays is neither killed nor cut off before a test has lost its patience.
FOREVER = """
from open311.cli.running import serve
from open311.http.limits import connections
serve.GRACE_SECONDS = connections.PATIENCE_SECONDS = 10_000
"""
# The second process of a server goes no further than where it has just begun until CONDITION is true.
HELD = """
import multiprocessing, os, time, granian.server.mp as processes
server, go_on = os.getpid(), processes.load_env
def load_env(*arguments):
    if multiprocessing.current_process()._identity[-1] == 2:
        while not (CONDITION):
            time.sleep(0.01)
    go_on(*arguments)
processes.load_env = load_env
"""
STALLED = b"POST /open311/v2/requests.json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(fresh_database_url: str, port: int, tmp_path: Path) -> Iterator[Process]:
    values = {"DATABASE_URL": fresh_database_url, "PORT": str(port)}
    with started(tmp_path / "log", "serve", changed=FOREVER, **values) as process:
        assert wait_for(lambda: answers(port)), (tmp_path / "log").read_text()
        yield process


class Lasting(NamedTuple):
    """A server that tests share which leave it as it was."""

    database_url: str
    port: int
    log: Path


@pytest.fixture(scope="module")
def lasting(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    server = Lasting(new_database(), free_port(), tmp_path_factory.mktemp("serve") / "log")
    with started(server.log, "serve", DATABASE_URL=server.database_url, PORT=str(server.port)):
        assert wait_for(lambda: answers(server.port)), server.log.read_text()
        yield server


def test_port_in_use_is_told(lasting: Lasting) -> None:
    """And the start told what is worth a look in the catalogue that is shipped."""
    assert "ludwigshafen.de: the boundary is a sketch" in lasting.log.read_text()
    second = run("serve", DATABASE_URL=lasting.database_url, PORT=str(lasting.port))
    assert (second.returncode, second.stderr) == (
        2,
        f"open311: port {lasting.port} on 127.0.0.1 is in use by another program; set PORT to a free one\n",
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "99999"),
        ("OPEN311_WORKERS", "many"),
        ("OPEN311_HOST", "no such host"),
        ("DATABASE_URL", "mysql://x"),
        ("OPEN311_MEDIA_STORE", "s3"),
        ("OPEN311_MEDIA_STORE", "no.such.module:Store"),
        ("OPEN311_MEDIA_FOLDER", "/dev/null/photos"),
        ("OPEN311_GEOCODER", "no.such.module:Geocoder"),
        ("OPEN311_SMTP_URL", "smtp://mail.example.org"),
    ],
)
def test_wrong_setting_stops_the_start_with_its_name(variable: str, value: str) -> None:
    settings = {"DATABASE_URL": "postgresql://nowhere/x", variable: value}
    stopped = run("serve", **settings)
    assert stopped.returncode == 2
    assert variable in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_allocator_of_granian_is_told_before_it_is_loaded() -> None:
    code = "import sys; from open311.cli.running import serve; sys.exit('granian' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_database_it_says_how_to_get_one(tmp_path: Path) -> None:
    stopped = run("serve", OPEN311_DATA_DIR=str(tmp_path))
    assert stopped.returncode == 2
    assert "start `open311 dev` first" in stopped.stderr


def test_sigterm_lets_a_request_finish(server: Process, fresh_database_url: str, port: int) -> None:
    with ThreadPoolExecutor() as threads, closing(psycopg.connect(fresh_database_url)) as connection:
        connection.execute("lock table service_requests in access exclusive mode")
        slow = threads.submit(get, port, LIST)
        assert wait_for(lambda: _somebody_waits(fresh_database_url))
        server.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(1)
        connection.rollback()
        assert slow.result() == b"[]"
    assert server.wait(PATIENCE_SECONDS) == 0


def test_sigterm_ends_a_process_that_has_only_begun(
    fresh_database_url: str, port: int, tmp_path: Path
) -> None:
    """Granian does not listen there yet."""
    with _half_a_server("False", fresh_database_url, port, tmp_path / "log") as server:
        server.terminate()
        assert server.wait(PATIENCE_SECONDS) == 0


def test_killed_server_takes_a_process_along_that_has_only_begun(
    fresh_database_url: str, port: int, tmp_path: Path
) -> None:
    """It has not told the kernel yet with whom it ends."""
    with _half_a_server("os.getppid() != server", fresh_database_url, port, tmp_path / "log") as server:
        orphans = children(server.pid)
        server.kill()
        assert wait_for(lambda: not any(alive(pid) for pid in orphans))


@contextmanager
def _half_a_server(condition: str, url: str, port: int, log: Path) -> Iterator[Process]:
    """Two processes, the second of which goes on only once the condition is true."""
    values = {"DATABASE_URL": url, "PORT": str(port), "OPEN311_WORKERS": "2"}
    changed = FOREVER + HELD.replace("CONDITION", condition)
    with started(log, "serve", changed=changed, **values) as server:
        assert wait_for(lambda: answers(port) and len(children(server.pid)) == 2), log.read_text()
        yield server


def _somebody_waits(url: str) -> bool:
    with closing(psycopg.connect(url)) as connection:
        return bool(connection.execute("select 1 from pg_locks where not granted").fetchone())


def test_idle_connection_does_not_delay_the_end(server: Process, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        server.terminate()
        assert server.wait(PATIENCE_SECONDS) == 0


def test_killed_process_is_replaced(server: Process, port: int) -> None:
    victim = children(server.pid)[-1]
    os.kill(victim, signal.SIGKILL)
    assert wait_for(lambda: victim not in children(server.pid) and len(children(server.pid)) >= 2)
    assert wait_for(lambda: answers(port))


def test_killed_server_takes_its_processes_along(server: Process) -> None:
    orphans = children(server.pid)
    server.kill()
    assert wait_for(lambda: not any(alive(pid) for pid in orphans))


def test_slow_senders_keep_nobody_out(lasting: Lasting) -> None:
    port = lasting.port
    senders = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
    for sender in senders:
        sender.sendall(STALLED)
    assert get(port, LIST) == b"[]"
    for sender in senders:
        sender.close()
    assert get(port, LIST) == b"[]"


def test_senders_that_stall_are_let_go(fresh_database_url: str, port: int, tmp_path: Path) -> None:
    """More of them than there is room for: reads are answered all the while, and writes once the kernel was asked."""
    stalled = MOST_SENDERS + OTHER_THREADS + 50
    values = {"DATABASE_URL": fresh_database_url, "PORT": str(port), "OPEN311_WORKERS": "1"}
    values["OPEN311_RATE_LIMITS"] = "off"
    with ExitStack() as stack:
        stack.enter_context(started(tmp_path / "log", "serve", **values))
        assert wait_for(lambda: answers(port)), (tmp_path / "log").read_text()
        senders = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(stalled)]
        for sender in senders:
            sender.sendall(STALLED)
        assert get(port, LIST) == b"[]"
        # Whoever found no room was told so, everybody else is cut without a word or told that it was too slow.
        assert all(sender.recv(12) in (b"", b"HTTP/1.1 503", b"HTTP/1.1 400") for sender in senders)
        assert get(port, "/healthz")


def test_body_cut_short_is_refused_and_http_1_0_is_answered(lasting: Lasting) -> None:
    port = lasting.port
    with socket.create_connection(("127.0.0.1", port)) as sender:
        sender.sendall(FORM + b"Content-Length: 1000\r\n\r\nservice_code=MUELL_WILD")
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(12) == b"HTTP/1.1 400"
    for end, status in ((b"0\r\n\r\n", b"403"), (b"5\r\nla", b"400")):
        with socket.create_connection(("127.0.0.1", port)) as sender:
            sender.sendall(FORM + b"Transfer-Encoding: chunked\r\n\r\n5\r\nlat=4\r\n" + end)
            if status == b"400":
                sender.shutdown(socket.SHUT_WR)
            # Without a key, who sent all of it is told what is missing.
            assert sender.recv(12) == b"HTTP/1.1 " + status
    with socket.create_connection(("127.0.0.1", port)) as health_check:
        health_check.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert health_check.recv(12) == b"HTTP/1.0 200"


def test_metrics_count_for_all_processes(lasting: Lasting) -> None:
    """Whichever is asked; also what was answered from memory."""
    before = counted(lasting.port)
    for _ in range(40):
        get(lasting.port, LIST)
    assert wait_for(lambda: counted(lasting.port) >= before + 40)


def counted(port: int) -> float:
    """How many answers /metrics counts, those to questions of health left out."""
    lines = get(port, "/metrics").decode().splitlines()
    rows = [line for line in lines if line.startswith("open311_requests_total{") and "healthz" not in line]
    return sum(float(row.rpartition(" ")[2]) for row in rows if '"metrics"' not in row)
