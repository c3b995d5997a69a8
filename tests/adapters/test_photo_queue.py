"""Photos are drawn anew in turn, and nobody's keep those of others waiting for long."""

import threading
from contextlib import ExitStack

import pytest

from open311.adapters.photos.photo_queue import PhotoQueue
from open311.base.errors import Busy


def in_turn(queue: PhotoQueue, *senders: str) -> list[str]:
    """In which order these get their turn behind one of `first`, who has just had a long one."""
    order, threads = list[str](), list[threading.Thread]()

    def draw(sender: str) -> None:
        with queue.turn(sender):
            order.append(sender)

    with queue.turn("first"):
        for sender in senders:
            threads.append(threading.Thread(target=draw, args=(sender,)))
            before = queue.waiting
            threads[-1].start()
            while queue.waiting == before:
                pass
    for thread in threads:
        thread.join()
    return order


def test_who_has_taken_least_is_next() -> None:
    assert in_turn(PhotoQueue(), "first", "first", "second") == ["second", "first", "first"]


def test_one_sender_leaves_room_for_others() -> None:
    with pytest.raises(Busy) as told:
        in_turn_of_many(PhotoQueue(most=4, most_of_one=2, patience=0.01), "a", "a", "a")
    assert told.value.retry_after > 0


def in_turn_of_many(queue: PhotoQueue, *senders: str) -> None:
    """Let them wait behind a turn that does not end; raises what the last is told."""
    with queue.turn("first"), ExitStack() as stack:
        for sender in senders[:-1]:
            thread = threading.Thread(target=_wait, args=(queue, sender))
            thread.start()
            stack.callback(thread.join)
        with queue.turn(senders[-1]):
            raise AssertionError("there is one turn at a time")


def _wait(queue: PhotoQueue, sender: str) -> None:
    with pytest.raises(Busy), queue.turn(sender):
        raise AssertionError("there is one turn at a time")


def test_a_turn_that_does_not_come_is_given_up() -> None:
    queue = PhotoQueue(patience=0.01)
    with queue.turn("a"):
        with pytest.raises(Busy), queue.turn("b"):
            raise AssertionError("there is one turn at a time")
        assert queue.waiting == 0
    with queue.turn("b"):
        pass


def test_a_turn_that_fails_is_handed_on() -> None:
    queue = PhotoQueue(patience=0.01)
    with pytest.raises(ZeroDivisionError), queue.turn("a"):
        raise ZeroDivisionError
    with queue.turn("b"):
        pass
