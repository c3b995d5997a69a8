"""Who works when: in turn, one at a time, and more of them only behind what is slow."""

import threading
import time
from collections.abc import Callable

import pytest

from open311.http.limits.admission import STUCK_SECONDS, FairSemaphore


class Guest(threading.Thread):
    """Takes a place, and gives it back when told to."""

    def __init__(self, places: FairSemaphore, note: Callable[["Guest"], None] = lambda guest: None) -> None:
        super().__init__(daemon=True)
        self._places, self._note = places, note
        self.inside, self.enough = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        got = self._places.acquire()
        self._note(self)
        self.inside.set()
        self.enough.wait(60)
        self._places.release(got)

    def leave(self) -> None:
        """Give the place back, and be gone."""
        self.enough.set()
        self.join(60)
        assert not self.is_alive()


def waiting(places: FairSemaphore, count: int) -> None:
    """Until so many stand in line."""
    give_up = time.monotonic() + 60
    while len(places._waiting) < count:
        assert time.monotonic() < give_up
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def nobody_is_slow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where a test is about it: otherwise any pause of the machine would open a place."""
    if "slow" not in request.node.name:
        monkeypatch.setattr("open311.http.limits.admission.STUCK_SECONDS", 60.0)


def test_a_place_goes_to_who_has_waited_longest() -> None:
    places, order = FairSemaphore(1, 4), list[Guest]()
    first = Guest(places)
    assert first.inside.wait(60)
    others = []
    for number in range(5):
        others.append(Guest(places, order.append))
        waiting(places, number + 1)
    assert order == []
    first.leave()
    for place, guest in enumerate(others):
        assert guest.inside.wait(60)
        assert order == others[: place + 1]
        guest.leave()
    assert places._taken == 0


def test_usual_places_are_taken_at_once() -> None:
    places = FairSemaphore(2, 2)
    guests = [Guest(places), Guest(places)]
    assert all(guest.inside.wait(60) for guest in guests)
    third = Guest(places)
    waiting(places, 1)
    assert not third.inside.is_set()
    for guest in (*guests, third):
        guest.leave()


def test_behind_a_slow_one_another_place_opens_up_to_the_most() -> None:
    places = FairSemaphore(1, 3)
    slow = [Guest(places) for _ in range(4)]
    give_up = time.monotonic() + 60
    while sum(guest.inside.is_set() for guest in slow) < 3:
        assert time.monotonic() < give_up
        time.sleep(0.001)
    time.sleep(3 * STUCK_SECONDS)
    assert sum(guest.inside.is_set() for guest in slow) == 3
    for guest in slow:
        guest.leave()
    assert places._taken == 0


def test_a_slow_one_takes_the_place_along_that_was_opened_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    places = FairSemaphore(1, 2)
    got = places.acquire()
    second = Guest(places)
    assert second.inside.wait(60)
    monkeypatch.setattr("open311.http.limits.admission.STUCK_SECONDS", 60.0)
    third = Guest(places)
    waiting(places, 1)
    places.release(got - 61)
    assert (places._taken, len(places._waiting)) == (1, 1)
    second.leave()
    assert third.inside.wait(60)
    third.leave()
    assert places._taken == 0
