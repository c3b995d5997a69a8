"""A process that has loaded the decoders and forks one for each photo: to load them takes longer than most photos do.

Whatever is forked from one process lies at the same places in its memory. So that nobody learns them from crash to
crash, a photo that ends its process ends that one too.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from threading import Lock
from typing import Any

from open311.adapters.photos.child_process import ChildFailed, busy, command, surroundings
from open311.base.errors import Unavailable, problem

# What a child says first, and what is in front of its answer; of one that is done its length, too.
BEGUN, DONE, FAULT = b"b", b"d", b"f"
LENGTH = 1 + 8
PIECE = 1 << 16
# On top of its seconds of the processor, for one that sleeps.
GRACE_SECONDS = 5
STOP_SECONDS = 5


class ForkServer:
    """Has a module work on data in processes of their own: it `load`s what they need, and `answer`s in each."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def run(self, data: bytes, seconds: int, *arguments: str) -> bytes:
        """What the module makes of the data; raises what `run_child` does."""
        until = time.monotonic() + seconds + GRACE_SECONDS
        head = json.dumps([seconds, *arguments]).encode() + b"\n"
        try:
            answer = self._asked(data, until, head)
            if answer is None:
                # A process that was just ended took the question along.
                answer = self._asked(data, until, head)
        except TimeoutError:
            raise busy() from None
        except OSError as reason:
            raise Unavailable(problem("error.unavailable")) from reason
        if answer is None:
            raise Unavailable(problem("error.unavailable"))
        if answer.startswith(FAULT):
            raise RuntimeError(f"the photo process could not work: {answer[1:].decode(errors='replace')}")
        length, body = answer[1:LENGTH], answer[LENGTH:]
        if not answer.startswith(DONE) or int.from_bytes(length) != len(body):
            self._end()
            raise ChildFailed
        return body

    def _asked(self, data: bytes, until: float, head: bytes) -> bytes | None:
        """What a new child says behind its first word; None when there was none."""
        with self._connection() as child:
            received = bytearray()
            with suppress(BrokenPipeError, ConnectionResetError):
                _wait(child, until)
                child.sendall(head + data)
                child.shutdown(socket.SHUT_WR)
                while piece := _wait(child, until).recv(PIECE):
                    received += piece
        return bytes(received[1:]) if received.startswith(BEGUN) else None

    def _connection(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            for _ in range(2):
                with suppress(BrokenPipeError, ConnectionResetError):
                    socket.send_fds(self._running(), [b"\n"], [theirs.fileno()])
                    return ours
                self._stop()
        ours.close()
        raise OSError("no process for photos can be started")

    def _running(self) -> socket.socket:
        # A process that was forked from ours has one of its own.
        if self._control is None or self._owner != os.getpid():
            ours, theirs = socket.socketpair()
            with theirs:
                place = str(theirs.fileno())
                self._process = subprocess.Popen(
                    [*command(__name__), place, self._module],
                    env=surroundings(),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    # Ctrl-C is for us; it ends when we do.
                    start_new_session=True,
                )
            self._control, self._owner = ours, os.getpid()
            atexit.register(self._end)
        return self._control

    def _end(self) -> None:
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._control and self._process and self._owner == os.getpid():
            atexit.unregister(self._end)
            self._control.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self._control = None


def _wait(child: socket.socket, until: float) -> socket.socket:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    child.settimeout(left)
    return child


def _main() -> None:
    """Fork a child for each connection that is handed over, until nobody can hand one over any more."""
    place, name = sys.argv[1:]
    module = importlib.import_module(name)
    module.load()
    # What the children have to say nobody is to read among ours.
    os.dup2(sys.stdout.fileno(), sys.stderr.fileno())
    gc.freeze()
    # Nobody asks how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(place)) as control:
        while True:
            message, descriptors, *_ = socket.recv_fds(control, 1, 1)
            if not message:
                os._exit(0)
            with socket.socket(fileno=descriptors[0]) as asker:
                if not os.fork():
                    control.close()
                    _answer(asker, module)


def _answer(asker: socket.socket, module: Any) -> None:
    try:
        asker.sendall(BEGUN)
        head, _, data = b"".join(iter(lambda: asker.recv(PIECE), b"")).partition(b"\n")
        seconds, *arguments = json.loads(head)
        signal.alarm(seconds + GRACE_SECONDS)
        answer = module.answer(data, *arguments)
        asker.sendall(DONE + len(answer).to_bytes(LENGTH - 1) + answer)
    except Exception:
        asker.sendall(FAULT + traceback.format_exc().encode()[-2000:])
    finally:
        os._exit(0)


if __name__ == "__main__":
    _main()
