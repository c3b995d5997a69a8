"""How often something happened in a span of time: in one process, or in all that serve the same address."""

import math
import time
import zlib
from typing import Protocol

from open311.base.shared_memory import shared_memory

# Two rows of counters: senders that collide in one row hardly ever collide in both.
PLACES = 1 << 15
ROWS = 2
# 2³² divided by the golden ratio, as in Knuth's multiplicative hashing: neighbours are spread widely.
SECOND_ROW = 0x9E3779B9


class Window(Protocol):
    """How much of an allowance was used in this span of time."""

    def seconds_to_wait(self, who: str, allowed: int) -> int:
        """Count one request; 0, or in how many seconds the next one is allowed."""

    def is_left(self, who: str, allowed: int) -> bool:
        """Whether one more would be allowed; nothing is counted."""

    def take(self, who: str, allowed: int) -> bool:
        """Count one, unless nothing is left."""


class LocalWindow:
    """Counts of this process alone."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._used: dict[str, int] = {}
        self._ends = 0.0

    def seconds_to_wait(self, who: str, allowed: int) -> int:
        """As `Window` has it."""
        now = time.monotonic()
        if now >= self._ends:
            self._used, self._ends = {}, now + self._seconds
        used = self._used[who] = self._used.get(who, 0) + 1
        return 0 if used <= allowed else math.ceil(self._ends - now)

    def is_left(self, who: str, allowed: int) -> bool:
        """As `Window` has it."""
        return time.monotonic() >= self._ends or self._used.get(who, 0) < allowed

    def take(self, who: str, allowed: int) -> bool:
        """As `Window` has it."""
        return self.is_left(who, allowed) and self.seconds_to_wait(who, allowed) == 0


class SharedWindow:
    """Counts of all processes that name the same memory: a count-min sketch, so that its size is known.

    Nothing is locked. Two processes that count at the same instant may count once, and a sender that collides with a
    busy one in both rows has to wait as well: limits only keep a runaway client from the others.
    """

    def __init__(self, seconds: int, name: str) -> None:
        self._seconds = seconds
        memory = shared_memory(f"{name}-{seconds}", 4 * (1 + ROWS * PLACES))
        self._memory = memory
        self._counts = memory.cast("I")

    def seconds_to_wait(self, who: str, allowed: int) -> int:
        """As `Window` has it."""
        now = time.time()
        # Two places by two hashes; whoever shares one of them with somebody busy has the other, and the smaller count
        # is right.
        first, second = self._places(who, now)
        counts = self._counts
        used = min(counts[first], counts[second]) + 1
        # Only the smaller ones grow: what is more already is somebody else's.
        counts[first], counts[second] = max(counts[first], used), max(counts[second], used)
        return 0 if used <= allowed else math.ceil(self._seconds - now % self._seconds)

    def is_left(self, who: str, allowed: int) -> bool:
        """As `Window` has it."""
        first, second = self._places(who, time.time())
        return min(self._counts[first], self._counts[second]) < allowed

    def take(self, who: str, allowed: int) -> bool:
        """As `Window` has it."""
        return self.is_left(who, allowed) and self.seconds_to_wait(who, allowed) == 0

    def _places(self, who: str, now: float) -> tuple[int, int]:
        span = int(now // self._seconds) & 0xFFFFFFFF
        if self._counts[0] != span:
            # A new span, wiped by whoever sees it first. The others may lose a count meanwhile, as the class says.
            self._memory[4:] = bytes(len(self._memory) - 4)
            self._counts[0] = span
        # Not `hash`: Python salts it in each process, and all have to come to the same place.
        name = who.encode()
        return 1 + zlib.crc32(name) % PLACES, 1 + PLACES + zlib.crc32(name, SECOND_ROW) % PLACES
