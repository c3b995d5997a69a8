"""A memory that takes no more than so many bytes."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """Values by key; when they take more than `most_bytes` as `size` has it, the oldest go. Reading takes no lock."""

    def __init__(self, most_bytes: int, size: Callable[[Value], int]) -> None:
        self._most_bytes, self._size = most_bytes, size
        self._values: dict[Key, Value] = {}
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: Key) -> Value | None:
        return self._values.get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Keep a value, instead of what was kept under its key."""
        with self._lock:
            before = self._values.pop(key, None)
            self.bytes += self._size(value) - (self._size(before) if before is not None else 0)
            self._values[key] = value
            while self.bytes > self._most_bytes:
                oldest = next(iter(self._values))
                self.bytes -= self._size(self._values.pop(oldest))
