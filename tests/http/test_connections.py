"""Connections on which nothing moves are cut; what the kernel says of a connection is asked of real ones."""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from open311.http.limits.connections import (
    CROWD,
    PATIENCE_IN_A_CROWD,
    PATIENCE_SECONDS,
    Threads,
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
    assert cut(port_of(listener), 0.0) == 1
    assert pair[1].recv(1) == b""
    assert pair[0].recv(1) == b""


def test_one_that_was_not_quiet_for_so_long_stays(
    listener: socket.socket, pair: tuple[socket.socket, socket.socket]
) -> None:
    assert cut(port_of(listener), HOUR) == 0
    pair[1].sendall(b"a")
    assert pair[0].recv(1) == b"a"


def test_connections_to_others_stay(pair: tuple[socket.socket, socket.socket]) -> None:
    """The ends of the server and of a client in one process, and another port."""
    assert cut(1, 0.0) == 0
    pair[0].sendall(b"a")
    assert pair[1].recv(1) == b"a"


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
        cut(port_of(listener), 0.0)
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
