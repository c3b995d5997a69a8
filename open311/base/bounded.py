"""A memory with an end to it, since strangers choose what is asked for."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """Values by key; when there are more than `most`, the oldest go. Reading takes no lock.

    Each counts for one, or for what `size` says, such as its bytes.
    """

    # The oldest, not the one that nobody has asked for longest: to keep account of that would cost a lock a reading.
    def __init__(self, most: int, size: Callable[[Value], int] = lambda value: 1) -> None:
        self._most, self._size = most, size
        self._values: dict[Key, Value] = {}
        self._lock = threading.Lock()
        self.taken = 0

    def get(self, key: Key) -> Value | None:
        return self._values.get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Keep a value, instead of what was kept under its key."""
        with self._lock:
            before = self._values.pop(key, None)
            self.taken += self._size(value) - (self._size(before) if before is not None else 0)
            self._values[key] = value
            while self.taken > self._most:
                oldest = next(iter(self._values))
                self.taken -= self._size(self._values.pop(oldest))
