"""The command line as processes of its own, and what tests ask of them."""

import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from open311.cli import COMMANDS, main

# A process that has loaded every command forks one for each call: to start from nothing takes a second of work.
_forks = multiprocessing.get_context("forkserver")
# What each command loads late, half of its work, is there too.
LATE = ("holidays.countries", "rich.table")
_forks.set_forkserver_preload([*(command.place.partition(":")[0] for command in COMMANDS.values()), *LATE])


# Below those that Linux lends to connections, one of which could take a port between here and its use.
PORTS = range(12_000, 32_000)


def free_port() -> int:
    """A port on which nobody listens now; chosen at random, since others choose one at the same time."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as attempt, suppress(OSError):
            attempt.bind(("127.0.0.1", port))
            return port


def environment(**values: str) -> dict[str, str]:
    """Ours, without settings of the server but these, on a port of its own: a server may run beside the tests."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OPEN311_") and name not in ("PORT", "DATABASE_URL")
    }
    return inherited | {"PORT": str(free_port())} | values


def run(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """`open311 ARGUMENTS` to its end."""
    with tempfile.TemporaryDirectory() as folder:
        said, told = Path(folder, "stdout"), Path(folder, "stderr")
        process = _forks.Process(target=_command, args=(arguments, environment(**values), said, told))
        process.start()
        process.join(60)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(arguments)
        return subprocess.CompletedProcess(arguments, process.exitcode, said.read_text(), told.read_text())


def _command(arguments: tuple[str, ...], variables: dict[str, str], said: Path, told: Path) -> None:
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["open311", *arguments]
    with said.open("w") as output, told.open("w") as errors:
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
    main()


@contextmanager
def started(log: Path, *arguments: str, **values: str) -> Iterator[subprocess.Popen[bytes]]:
    """`open311 ARGUMENTS` for as long as the block lasts, its output in `log`."""
    command = [sys.executable, "-m", "open311.cli", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(**values), stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether the condition came true in time."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True


def get(port: int, path: str) -> bytes:
    """The body of a page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return bytes(answer.read())


def answers(port: int) -> bool:
    """Whether a server answers there."""
    try:
        return bool(get(port, "/healthz"))
    except OSError:
        return False


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run; none when it has ended itself."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
