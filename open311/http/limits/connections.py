"""Connections on which nothing moves, or too little, are cut: none holds a thread for longer than it is worth.

The server below has no limit of time for a body, nor for somebody who does not read what he asked for; each of them
holds a thread. What moves on a connection is known to the kernel, and a connection that is shut down there ends the
wait above it.
"""

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import structlog

from open311.http.limits.shares import Shares
from open311.model.access.network import network_of

log = structlog.get_logger()

# How many slow senders one process bears at once, and of one address; a proxy in front that buffers bodies bears any
# number. Their threads are made when they are needed.
MOST_SENDERS = 512
MOST_SENDERS_OF_ONE = 448
# Threads for everybody else.
OTHER_THREADS = 64
PATIENCE_SECONDS = 20.0
# Whoever sends more slowly than this, in bytes a second, after so many seconds, is not waited for any longer.
SLOWEST = 500
# While many threads wait for others, a connection that keeps one of them waiting is given less time.
PATIENCE_IN_A_CROWD = 2.0
# As many as there are threads for everybody else.
CROWD = 64
LOOK_EVERY_SECONDS = 1.0
CLOSED_WITHIN_LOOKS, PAUSE_SECONDS = 10, 0.05
WATCHER = "connections"

# Of `struct tcp_info` (linux/tcp.h) what `_Moved` names; what lies between is left out.
_TCP_INFO = struct.Struct("=B43xI4xI72xQ20xI")
_ESTABLISHED = 1


class Threads:
    """What the threads of this process do: compute, or wait for somebody at the other end of a connection."""

    def __init__(self) -> None:
        self._computing: dict[int, float] = {}
        self.senders = Shares(MOST_SENDERS, MOST_SENDERS_OF_ONE)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Within the block this thread waits for nobody outside."""
        me = threading.get_ident()
        self._computing[me] = time.monotonic()
        try:
            yield
        finally:
            self._computing.pop(me, None)

    @property
    def crowded(self) -> bool:
        """Whether so many threads wait for others that each counts."""
        return self.senders.taken >= CROWD

    def longest(self) -> float:
        """How many seconds the slowest thread has been computing."""
        began = [*self._computing.values()]
        return time.monotonic() - min(began) if began else 0.0

    def patience(self) -> float:
        """After how many quiet seconds a connection is cut.

        One whose answer is being worked out is quiet too, so it is never less than the slowest has taken until now.
        """
        usual = PATIENCE_IN_A_CROWD if self.crowded else PATIENCE_SECONDS
        return max(usual, self.longest() + LOOK_EVERY_SECONDS)


def watch(threads: Threads, port: int) -> None:
    """Cut quiet connections to this port from now on, where the kernel says which are quiet (Linux)."""
    if not hasattr(socket, "TCP_INFO"):
        return
    threading.Thread(target=_watch, args=(threads, port), name=WATCHER, daemon=True).start()


def _watch(threads: Threads, port: int) -> None:
    trickles = Trickles()
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        try:
            cut(port, threads.patience(), trickles)
        except Exception:
            log.exception("connections_not_watched")


class _Moved(NamedTuple):
    """What the kernel knows of a connection; bytes, and the segments that carried some, count from its beginning."""

    state: int
    sent_milliseconds_ago: int
    received_milliseconds_ago: int
    received_bytes: int
    sent_segments: int


@dataclass(slots=True)
class _Sending:
    """What one connection sends before it is answered: from when on, and from which byte on."""

    sent_segments: int
    first_byte: int
    began: float


class Trickles:
    """How fast those send who are not answered yet, from one look to the next.

    A body is read in pieces, and nobody can tell within one that its sender gives a byte now and then.
    """

    def __init__(self) -> None:
        self._sending: dict[int, _Sending] = {}
        self._seen: dict[int, _Sending] = {}

    def is_one(self, inode: int, moved: _Moved, now: float) -> bool:
        """Whether the sender has taken longer than PATIENCE_SECONDS, at less than SLOWEST."""
        sending = self._sending.get(inode)
        # Seconds without a byte are no sending: its answer may be worked out meanwhile.
        seconds = now - sending.began - moved.received_milliseconds_ago / 1000 if sending else 0.0
        got = moved.received_bytes - sending.first_byte if sending else 0
        enough = seconds > PATIENCE_SECONDS and got >= seconds * SLOWEST
        if sending is None or sending.sent_segments != moved.sent_segments or not got or enough:
            sending = _Sending(moved.sent_segments, moved.received_bytes, now)
            seconds = 0.0
        self._seen[inode] = sending
        return seconds > PATIENCE_SECONDS

    def looked(self) -> None:
        """Forget the connections that were not seen since the last call."""
        self._sending, self._seen = self._seen, {}


def cut(port: int, patience: float, trickles: Trickles) -> int:
    """Shut down the connections to this port on which nothing has moved for `patience` seconds, or a trickle.

    Returns how many there were.
    """
    count, now = 0, time.monotonic()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError), _opened_again(int(file.name)) as connection:
            if _is_ours(connection, port):
                moved, inode = _moved(connection), os.fstat(connection.fileno()).st_ino
                if _quiet_seconds(moved) >= patience or trickles.is_one(inode, moved, now):
                    # Shut down, never closed: the file is the server's, which wakes by this and closes it itself.
                    connection.shutdown(socket.SHUT_RDWR)
                    count += 1
    trickles.looked()
    return count


def is_broken_off(network: str, port: int) -> bool:
    """Whether the sender of a body in chunks that has come to an end is gone, as far as the kernel knows.

    The server below tells a break as it tells the last chunk, but the connection is no longer open then. Others of the
    same sender may be closing as well, and are closed at once; the one of this body stays until it is answered.
    """
    closing = _closing(network, port)
    # Not by the clock: on a busy machine time passes in which nobody could close anything.
    for _ in range(CLOSED_WITHIN_LOOKS):
        if not closing:
            break
        time.sleep(PAUSE_SECONDS)
        closing &= _closing(network, port)
    return bool(closing)


def _closing(network: str, port: int) -> set[int]:
    """The inodes of the connections from a network to this port that one of both ends has closed."""
    inodes = set()
    if hasattr(socket, "TCP_INFO"):
        for file in Path("/proc/self/fd").iterdir():
            with suppress(OSError), _opened_again(int(file.name)) as connection:
                if _is_closing(connection, port) and _peer_network(connection) in (network, None):
                    inodes.add(os.fstat(connection.fileno()).st_ino)
    return inodes


@contextmanager
def _opened_again(number: int) -> Iterator[socket.socket]:
    """The socket behind an open file, held so that its number cannot become another's; `OSError` for other files."""
    # A number of our own: another thread may close the file and open something else under its number just now.
    held = os.dup(number)
    try:
        connection = socket.socket(fileno=held)
    except OSError:
        os.close(held)
        raise
    with connection:
        yield connection


def _is_ours(connection: socket.socket, port: int) -> bool:
    # The listening socket has no peer, and raises.
    return _has_port(connection, port) and bool(connection.getpeername())


def _has_port(connection: socket.socket, port: int) -> bool:
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.type != socket.SOCK_STREAM:
        return False
    return bool(connection.getsockname()[1] == port)


def _is_closing(connection: socket.socket, port: int) -> bool:
    if not _has_port(connection, port):
        return False
    moved = _moved(connection)
    # A socket that hears, or that was opened to hear, has received nothing.
    return bool(moved.state != _ESTABLISHED and moved.received_bytes)


def _peer_network(connection: socket.socket) -> str | None:
    """The network at the other end; None once the connection was reset, when the kernel no longer tells."""
    try:
        return network_of(connection.getpeername()[0])
    except OSError:
        return None


def _moved(connection: socket.socket) -> _Moved:
    return _Moved(
        *_TCP_INFO.unpack(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))
    )


def _quiet_seconds(moved: _Moved) -> float:
    return min(moved.sent_milliseconds_ago, moved.received_milliseconds_ago) / 1000
