"""A store that hangs takes the threads of those who wait in it already, and of nobody else."""

import threading

import pytest

from open311.adapters import stall_guard
from open311.adapters.media_store import GuardedStore
from open311.base.errors import StoreUnavailable


class Hanging:
    """A store that answers once it is let go."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def get(self, key: str) -> bytes:
        self.asked.set()
        self.go.wait(60)
        return key.encode()


def test_who_comes_behind_a_call_that_hangs_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And as soon as it answers, all are let through again."""
    monkeypatch.setattr(stall_guard, "STALL_SECONDS", -1.0)
    store = Hanging()
    guarded = GuardedStore(store)
    first = threading.Thread(target=guarded.get, args=("a",))
    first.start()
    assert store.asked.wait(60)
    with pytest.raises(StoreUnavailable) as told:
        guarded.get("b")
    assert isinstance(told.value.__cause__, TimeoutError)
    store.go.set()
    first.join()
    assert guarded.get("c") == b"c"


def test_calls_that_take_their_usual_time_go_side_by_side() -> None:
    store = Hanging()
    guarded = GuardedStore(store)
    calls = [threading.Thread(target=guarded.get, args=(name,)) for name in "ab"]
    calls[0].start()
    assert store.asked.wait(60)
    store.asked.clear()
    calls[1].start()
    assert store.asked.wait(60)
    store.go.set()
    for call in calls:
        call.join()
