"""The command line as processes of its own, and what tests ask of them."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from open311.cli import COMMANDS, main
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

# A process that has loaded every command forks one for each call: to start from nothing takes a second of work.
_forks = multiprocessing.get_context("forkserver")
# What each command loads late, half of its work, is there too.
LATE = (
    "holidays.countries",
    "rich.table",
    "flask_smorest",
    "procrastinate",
    "altcha",
    "joserfc.jwt",
    "PIL.Image",
    "tests.templates",
)
_forks.set_forkserver_preload([*(command.place.partition(":")[0] for command in COMMANDS.values()), *LATE])


def environment(**values: str) -> dict[str, str]:
    """Ours, without settings of the server but these, on a port of its own: a server may run beside the tests."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OPEN311_") and name not in ("PORT", "DATABASE_URL")
    }
    return inherited | {"PORT": str(free_port())} | values


class Forked:
    """A forked command, as much of `subprocess.Popen` as tests ask of one."""

    def __init__(
        self, arguments: tuple[str, ...], variables: dict[str, str], said: Path, told: Path, changed: str = ""
    ) -> None:
        self.args = arguments
        self._process = _forks.Process(target=_command, args=(arguments, variables, said, told, changed))
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its exit code once it has ended; of a signal that ended it the negative number."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, when it has ended in time."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Nothing happens to one that has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


Process = Forked | subprocess.Popen[bytes]


def run(*arguments: str, changed: str = "", **values: str) -> subprocess.CompletedProcess[str]:
    """`open311 ARGUMENTS` to its end; `changed` is code that goes before it."""
    with tempfile.TemporaryDirectory() as folder:
        said, told = Path(folder, "stdout"), Path(folder, "stderr")
        process = Forked(arguments, environment(**values), said, told, changed)
        with _ended(process):
            return subprocess.CompletedProcess(
                arguments, process.wait(PATIENCE_SECONDS), said.read_text(), told.read_text()
            )


def _command(
    arguments: tuple[str, ...], variables: dict[str, str], said: Path, told: Path, changed: str
) -> None:
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["open311", *arguments]
    # A server makes its own processes as it would anywhere, and not by another server for forks.
    multiprocessing.set_start_method(None, force=True)
    with said.open("a") as output, told.open("a") as errors:
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
    exec(changed, {})
    try:
        main()
    finally:
        # A process that was forked ends without them.
        atexit._run_exitfuncs()


@contextmanager
def _ended(process: Process, grace: float = 0) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def started(log: Path, *arguments: str, changed: str = "", **values: str) -> Iterator[Forked]:
    """`open311 ARGUMENTS` for as long as the block lasts, its output in `log`; `changed` as with `run`."""
    log.write_bytes(b"")
    process = Forked(arguments, environment(**values), log, log, changed)
    with _ended(process, PATIENCE_SECONDS):
        yield process


@contextmanager
def executed(log: Path, *arguments: str, **values: str) -> Iterator[subprocess.Popen[bytes]]:
    """The same as a program of its own, for tests of how one starts, and what it takes."""
    command = [sys.executable, "-m", "open311.cli", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(**values), stdout=output, stderr=output)
    with _ended(process, PATIENCE_SECONDS):
        yield process


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether the condition came true in time."""
    give_up, pause = time.monotonic() + seconds, 0.02
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(pause)
        # To ask is work, too: whatever takes long is asked for less often.
        pause = min(pause * 1.2, 0.25)
    return True


def get(port: int, path: str) -> bytes:
    """The body of a page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS) as answer:
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
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        # Killed, its first thread may be gone before the others, which hold its ports and files until they are, too.
        return state != "Z" or len([*Path(f"/proc/{pid}/task").iterdir()]) > 1
    except (FileNotFoundError, ProcessLookupError):
        # The second when it goes while its file is open.
        return False


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run; none when it has ended itself."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
