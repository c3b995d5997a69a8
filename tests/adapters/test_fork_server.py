"""A process that forks one for each photo: what it is given comes back, and no crash tells anything of the next."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from open311.adapters.photos import fork_server
from open311.adapters.photos.child_process import ChildFailed
from open311.adapters.photos.fork_server import ForkServer
from open311.base.errors import Busy
from tests.processes.running import alive, wait_for

SECONDS = 60


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer("tests.adapters.forked_work")
    yield server
    server._end()


def parent(server: ForkServer) -> int:
    """The process from which the next child is forked."""
    return int(server.run(b"", SECONDS, "parent"))


def test_many_at_once_each_get_their_own_answer(server: ForkServer) -> None:
    sent = [os.urandom(300_000) for _ in range(12)]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda data: server.run(data, SECONDS, "echo"), sent)) == sent


def test_children_are_forked_from_one_process_until_one_crashes(server: ForkServer) -> None:
    before = parent(server)
    assert parent(server) == before
    with pytest.raises(ChildFailed):
        server.run(b"", SECONDS, "crash")
    assert parent(server) != before
    assert wait_for(lambda: not alive(before))


def test_one_that_was_killed_is_started_again(server: ForkServer) -> None:
    before = parent(server)
    os.kill(before, signal.SIGKILL)
    assert server.run(b"a photo", SECONDS, "echo") == b"a photo"


def test_a_fault_of_ours_is_none_of_the_photo(server: ForkServer) -> None:
    before = parent(server)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        server.run(b"", SECONDS, "fault")
    assert parent(server) == before


def test_who_gets_no_answer_in_time_is_told_to_come_again(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server, "GRACE_SECONDS", 0.5)
    with pytest.raises(Busy):
        server.run(b"", 0, "sleep")


def test_it_ends_with_whom_it_works_for(server: ForkServer) -> None:
    process = parent(server)
    server._end()
    assert wait_for(lambda: not alive(process))
