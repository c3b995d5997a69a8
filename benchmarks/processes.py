"""The servers of a run, each with the same number of processes and threads, and what memory they take."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

WORKERS, THREADS = 2, 2


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def get(port: int, path: str, **headers: str) -> bytes:
    """The body of an answer."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return bytes(answer.read())


def client(port: int) -> http.client.HTTPConnection:
    """A connection that is kept for many requests."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None
) -> tuple[int, bytes]:
    """Status and body of an answer; a body is sent as a form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def granian(application: str, port: int, python: str = sys.executable) -> list[str]:
    """The command line of granian as we run it ourselves."""
    command = [python, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--factory"]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "error"]
    return [*command, "--host", "127.0.0.1", "--port", str(port), application]


def end_in_order() -> None:
    """Have SIGTERM end this program as Ctrl-C does: with everything that it has started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextmanager
def started(
    command: Sequence[str],
    port: int,
    probe: str,
    log: Path,
    environment: Mapping[str, str],
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server for as long as the block lasts; entered when it answers."""
    with begun(command, log, environment, folder) as process:
        wait(process, port, probe, log)
        yield process


@contextmanager
def begun(
    command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program for as long as the block lasts, told to end after it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=clean_environment() | dict(environment),
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clean_environment() -> dict[str, str]:
    """That of this program, but for what would be settings of a server; what it runs is compiled, as if installed."""
    left_out = ("PORT", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OPEN311_") and name not in left_out
    }


def wait(process: subprocess.Popen[bytes], port: int, probe: str, log: Path, seconds: float = 60) -> None:
    """Until the server answers; raises when it ended or took too long."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            get(port, probe)
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{' '.join(process.args)[:200]} does not answer, see {log}")  # type: ignore[arg-type]
        time.sleep(0.01)


def workers_of(pid: int) -> list[int]:
    """The process and all that it has started."""
    found = [pid]
    for process in found:
        try:
            children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children]
    return found


def memory(pid: int) -> dict[int, tuple[float, float]]:
    """Process → memory now and at its peak, in MB."""
    found = {}
    for process in workers_of(pid):
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
        if "VmRSS" in sizes:
            found[process] = int(sizes["VmRSS"]) / 1024, int(sizes["VmHWM"]) / 1024
    return found
