"""A fair queue: each process re-encodes one photo at a time, and no sender keeps the others waiting for long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from open311.base.errors import Busy, problem

MOST_WAITING = 16
MOST_WAITING_OF_ONE = 4
PATIENCE_SECONDS = 20.0
RETRY_AFTER = 10
# What somebody's photos took is remembered for so long, and weighs on whose turn is next.
REMEMBERED_SECONDS = 60.0


@dataclass(slots=True)
class _Waiting:
    sender: str
    turn: threading.Event = field(default_factory=threading.Event)


class PhotoQueue:
    """Turns, one at a time, for the sender whose photos have taken the least time lately."""

    def __init__(
        self,
        most: int = MOST_WAITING,
        most_of_one: int = MOST_WAITING_OF_ONE,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._most, self._most_of_one, self._patience = most, most_of_one, patience
        self._waiting: list[_Waiting] = []
        self._busy = False
        self._taken: dict[str, float] = {}
        self._forget = 0.0
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def turn(self, sender: str) -> Iterator[None]:
        """Have a turn within the block; raises `Busy` when too many wait, or it took too long to come."""
        self._wait(sender)
        began = time.monotonic()
        try:
            yield
        finally:
            self._hand_on(sender, time.monotonic() - began)

    def _wait(self, sender: str) -> None:
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            of_one = sum(waiting.sender == sender for waiting in self._waiting)
            if len(self._waiting) >= self._most or of_one >= self._most_of_one:
                raise _busy()
            waiting = _Waiting(sender)
            self._waiting.append(waiting)
        if waiting.turn.wait(self._patience):
            return
        with self._lock:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                raise _busy()

    def _hand_on(self, sender: str, seconds: float) -> None:
        now = time.monotonic()
        with self._lock:
            if now >= self._forget:
                self._taken, self._forget = {}, now + REMEMBERED_SECONDS
            self._taken[sender] = self._taken.get(sender, 0.0) + seconds
            if not self._waiting:
                self._busy = False
                return
            # Of equal ones the one that has waited longest: `min` takes the first.
            following = min(self._waiting, key=lambda waiting: self._taken.get(waiting.sender, 0.0))
            self._waiting.remove(following)
            following.turn.set()


def _busy() -> Busy:
    return Busy(problem("error.photo.busy", seconds=RETRY_AFTER), retry_after=RETRY_AFTER)
