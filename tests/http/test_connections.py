"""Connections on which nothing moves are cut; what the kernel says of a connection is asked of real ones."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from open311.http.limits.connections import (
    CROWD,
    PATIENCE_IN_A_CROWD,
    PATIENCE_SECONDS,
    SLOWEST,
    Threads,
    Trickles,
    cut,
    is_broken_off,
)

HOUR = 3600.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def pair(listener: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection, the server's first."""
    with socket.create_connection(listener.getsockname(), 10) as client:
        server, _ = listener.accept()
        with server:
            yield server, client


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_a_quiet_connection_is_cut(
    listener: socket.socket, pair: tuple[socket.socket, socket.socket]
) -> None:
    assert cut(port_of(listener), 0.0, Trickles()) == 1
    assert pair[1].recv(1) == b""
    assert pair[0].recv(1) == b""


def test_one_that_was_not_quiet_for_so_long_stays(
    listener: socket.socket, pair: tuple[socket.socket, socket.socket]
) -> None:
    assert cut(port_of(listener), HOUR, Trickles()) == 0
    pair[1].sendall(b"a")
    assert pair[0].recv(1) == b"a"


def test_connections_to_others_stay(pair: tuple[socket.socket, socket.socket]) -> None:
    """The ends of the server and of a client in one process, and another port."""
    assert cut(1, 0.0, Trickles()) == 0
    pair[0].sendall(b"a")
    assert pair[1].recv(1) == b"a"


class Clock:
    """What the watcher reads in the place of the time; each step is one look at the connections to a port."""

    def __init__(self, port: int) -> None:
        self.now = 100.0
        self._port = port
        self._trickles = Trickles()
        self._pauses: Iterator[Callable[[], None]] = iter(())

    def during_pauses(self, *events: Callable[[], None]) -> None:
        """Each pause takes an hour, in which one of these happens."""
        self._pauses = iter(events)

    def sleep(self, _: float) -> None:
        self.now += HOUR
        next(self._pauses)()

    def monotonic(self) -> float:
        return self.now

    def look(self, seconds: float) -> int:
        """How many are cut so many seconds after the last look."""
        self.now += seconds
        return cut(self._port, HOUR, self._trickles)


@pytest.fixture
def clock(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(port_of(listener))
    # Not the one that all threads of this process have in common.
    monkeypatch.setattr("open311.http.limits.connections.time", clock)
    return clock


def moved(sender: socket.socket, receiver: socket.socket, count: int) -> None:
    """So many bytes go from one end to the other."""
    sender.sendall(b"a" * count)
    while count:
        count -= len(receiver.recv(count))


def test_a_trickle_is_cut_though_something_moves_all_the_time(
    clock: Clock, pair: tuple[socket.socket, socket.socket]
) -> None:
    """Also behind a body of which the most came at once."""
    server, client = pair
    assert clock.look(0.0) == 0
    moved(client, server, 10 * int(PATIENCE_SECONDS) * SLOWEST)
    assert clock.look(PATIENCE_SECONDS + 1) == 0
    moved(client, server, 1)
    assert clock.look(PATIENCE_SECONDS - 1) == 0
    moved(client, server, 1)
    assert clock.look(2.0) == 1
    assert client.recv(1) == b""


def test_who_sends_fast_enough_or_is_answered_is_not_cut(
    clock: Clock, pair: tuple[socket.socket, socket.socket]
) -> None:
    server, client = pair
    assert clock.look(0.0) == 0
    for _ in range(3):
        moved(client, server, 2 * int(PATIENCE_SECONDS) * SLOWEST)
        assert clock.look(PATIENCE_SECONDS + 1) == 0
    for _ in range(3):
        moved(client, server, 1)
        assert clock.look(PATIENCE_SECONDS - 1) == 0
        moved(server, client, 1)
    assert clock.look(PATIENCE_SECONDS + 1) == 0


def test_a_body_whose_sender_has_ended_is_broken_off(
    listener: socket.socket, pair: tuple[socket.socket, socket.socket]
) -> None:
    port = port_of(listener)
    pair[1].sendall(b"a")
    assert pair[0].recv(1) == b"a"
    assert not is_broken_off("127.0.0.1", port)
    pair[1].shutdown(socket.SHUT_WR)
    assert pair[0].recv(1) == b""
    assert is_broken_off("127.0.0.1", port)
    assert not is_broken_off("192.0.2.1", port)
    assert not is_broken_off("127.0.0.1", 1)


def test_another_connection_of_the_sender_breaks_no_body_off_though_the_machine_stood_still(
    clock: Clock, listener: socket.socket, pair: tuple[socket.socket, socket.socket]
) -> None:
    """It is closed as soon as the server comes to it."""
    moved(pair[1], pair[0], 1)
    pair[1].close()
    assert pair[0].recv(1) == b""
    clock.during_pauses(lambda: None, pair[0].close)
    assert not is_broken_off("127.0.0.1", port_of(listener))


def test_a_body_whose_connection_was_reset_is_broken_off(
    listener: socket.socket, pair: tuple[socket.socket, socket.socket]
) -> None:
    pair[1].sendall(b"a")
    assert pair[0].recv(1) == b"a"
    pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pair[1].close()
    with pytest.raises(ConnectionResetError):
        pair[0].recv(1)
    assert is_broken_off("127.0.0.1", port_of(listener))


def test_looking_leaves_no_file_open(listener: socket.socket) -> None:
    def open_files() -> int:
        return len([*Path("/proc/self/fd").iterdir()])

    reader, writer = os.pipe()
    before = open_files()
    for _ in range(3):
        cut(port_of(listener), 0.0, Trickles())
    assert open_files() == before
    os.close(reader)
    os.close(writer)


def test_patience_is_short_in_a_crowd() -> None:
    threads = Threads()
    assert threads.patience() == PATIENCE_SECONDS
    for number in range(CROWD):
        assert threads.senders.enter(f"192.0.2.{number}")
    assert threads.patience() == PATIENCE_IN_A_CROWD


def test_nobody_is_cut_while_an_answer_as_old_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads()
    clock = SimpleNamespace(now=100.0)
    # Not the one that all threads of this process have in common.
    monkeypatch.setattr("open311.http.limits.connections.time", SimpleNamespace(monotonic=lambda: clock.now))
    with threads.computing():
        clock.now += HOUR
        assert threads.patience() > HOUR
    assert threads.patience() == PATIENCE_SECONDS
