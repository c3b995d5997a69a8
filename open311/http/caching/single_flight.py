"""Single flight: one answer for all who ask the same at the same time."""

import threading
from typing import Any

# A thread that has waited this long for another one's answer makes its own.
PATIENCE_SECONDS = 5.0


class InFlight:
    """An answer that is being made; other threads with the same question wait for it."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._answer: Any = None

    def land(self, answer: Any) -> None:
        """Hand the answer to everybody who waits; None when it is for one reader only."""
        self._answer = answer
        self._done.set()

    def wait(self) -> Any:
        """The answer of the thread that makes it; None when there is none to share, or it takes too long."""
        # None after that: the thread that makes the answer may have died, and nobody must hang with it.
        self._done.wait(PATIENCE_SECONDS)
        return self._answer
