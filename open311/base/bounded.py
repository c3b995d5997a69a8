"""A bounded cache, since strangers choose what is asked for."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """Values by key; beyond `most` the oldest are evicted. Reading takes no lock.

    Each counts for one, or for what `size` says, such as its bytes.
    """

    # Oldest first, not least recently used: keeping track of use would take a lock on every read.
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
