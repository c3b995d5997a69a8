"""Admission: how many requests a process works on at once, and in which order they are let in."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# A request that takes longer counts as slow, and others are let in past it.
STUCK_SECONDS = 0.05


class FairSemaphore:
    """A semaphore that is first come, first served: `usual` places, and up to `most` while none is released.

    Python computes in one thread at a time. Two that compute in turn take longer than one after the other, so places
    beyond the usual ones open only behind a request that is slow.
    """

    def __init__(self, usual: int, most: int) -> None:
        self._usual = usual
        self._most = most
        self._taken = 0
        self._moved = 0.0
        self._waiting: deque[Any] = deque()
        self._lock = threading.Lock()

    def acquire(self) -> float:
        """Wait for a place; returns the moment, which `release` wants."""
        with self._lock:
            if self._taken < self._usual:
                self._taken += 1
                return time.monotonic()
            # A lock for each waiter: a condition would wake all of them, and let in the quickest instead of the first.
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        while not turn.acquire(timeout=STUCK_SECONDS):
            self._open_another()
        return time.monotonic()

    def release(self, got: float) -> None:
        """Hand the place to the longest waiter; a slow request closes the extra place that was opened past it."""
        now = time.monotonic()
        with self._lock:
            closing = self._taken > self._usual and got + STUCK_SECONDS < now
            if self._waiting and not closing:
                self._hand_on(now)
            else:
                self._taken -= 1

    def _open_another(self) -> None:
        now = time.monotonic()
        with self._lock:
            if self._waiting and self._taken < self._most and self._moved + STUCK_SECONDS < now:
                self._taken += 1
                self._hand_on(now)

    def _hand_on(self, now: float) -> None:
        self._moved = now
        self._waiting.popleft().release()


class Permit:
    """One of the places for as long as a block lasts, unless it is lent to another request."""

    def __init__(self, places: FairSemaphore) -> None:
        self._places = places
        self._got = 0.0

    def __enter__(self) -> None:
        self._got = self._places.acquire()

    def __exit__(self, *_: object) -> None:
        self._places.release(self._got)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Within the block another request may have it."""
        self._places.release(self._got)
        try:
            yield
        finally:
            self._got = self._places.acquire()
