"""Workers of pytest-xdist are forked from a process that has loaded the server and the tests.

Each would take ten seconds of the processor for that. As far as execnet can tell they are programs that it has started.
"""

import atexit
import compileall
import gc
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
from _pytest.pathlib import ImportMode, import_path
from execnet import gateway_io
from execnet.gateway_base import Popen2IO

ROOT = Path(__file__).parent.parent


class Pipes(NamedTuple):
    """What a worker is told by, and what it tells by: the end to read and the end to write of each."""

    to_read: int
    to_tell: int
    to_listen: int
    to_write: int

    @classmethod
    def new(cls) -> "Pipes":
        """Two new ones."""
        return cls(*os.pipe(), *os.pipe())


class ForkedWorker(Popen2IO):
    """A worker as execnet sees it."""

    def __init__(self, pid: int, pipes: Pipes) -> None:
        self._pid, self._pipes = pid, pipes

    def connect(self, execmodel: Any) -> "ForkedWorker":
        """Be ready for execnet."""
        told, says = os.fdopen(self._pipes.to_tell, "wb"), os.fdopen(self._pipes.to_listen, "rb")
        super().__init__(told, says, execmodel)
        return self

    def wait(self) -> int | None:
        """Its exit code, when it has ended."""
        with suppress(ChildProcessError):
            return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return None

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Load everything once, on all cores where nothing is compiled yet, and fork the workers."""
    compileall.compile_dir(ROOT / "open311", quiet=1, workers=0)
    with _silence(config):
        for file in _files(config):
            # A worker that finds a mistake in it tells of it.
            with suppress(Exception):
                import_path(
                    file, mode=ImportMode.importlib, root=config.rootpath, consider_namespace_packages=False
                )
    gc.freeze()
    pipes = [Pipes.new() for _ in specs]
    workers = iter([_forked(own, pipes) for own in pipes])
    start = gateway_io.create_io

    def create_io(spec: Any, execmodel: Any) -> Any:
        # One that takes the place of a worker that has crashed starts as usual.
        worker = next(workers, None)
        return worker.connect(execmodel) if worker else start(spec, execmodel)

    gateway_io.create_io = create_io


@contextmanager
def _silence(config: pytest.Config) -> Iterator[None]:
    """What modules print while they are loaded is nobody's business, as where pytest collects them itself."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    capture.resume_global_capture()
    try:
        yield
    finally:
        capture.suspend_global_capture()
        capture.read_global_capture()


def _files(config: pytest.Config) -> Iterator[Path]:
    for argument in config.args:
        path = config.invocation_params.dir / argument.partition("::")[0]
        yield from path.rglob("test_*.py") if path.is_dir() else [path]


def _forked(own: Pipes, pipes: list[Pipes]) -> ForkedWorker:
    pid = os.fork()
    if not pid:
        _work(own, pipes)
    os.close(own.to_read)
    os.close(own.to_write)
    return ForkedWorker(pid, own)


def _work(own: Pipes, pipes: list[Pipes]) -> NoReturn:
    """Do what a program does that execnet starts: it says in one line what that is."""
    try:
        os.dup2(own.to_read, 0)
        os.dup2(own.to_write, 1)
        for descriptor in {descriptor for pair in pipes for descriptor in pair}:
            # Of the workers before this one some are closed already.
            with suppress(OSError):
                os.close(descriptor)
        sys.stdin, sys.stdout = os.fdopen(0, "r", 1, closefd=False), os.fdopen(1, "w", 1, closefd=False)
        sys.stderr = sys.__stderr__
        random.seed()
        exec(eval(sys.stdin.readline()), {"__name__": "__main__"})
    finally:
        # A process that was forked ends without them.
        atexit._run_exitfuncs()
        os._exit(0)
