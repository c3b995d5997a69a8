"""Single flight: one answer for all who ask the same at the same time."""

import threading
from typing import Any

# Whoever waits longer for somebody else's answer makes one of its own.
PATIENCE_SECONDS = 5.0


class InFlight:
    """An answer that somebody makes just now; whoever asks the same meanwhile waits for it."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._answer: Any = None

    def land(self, answer: Any) -> None:
        """Give the answer to all who wait; None when it is good for one reader only."""
        self._answer = answer
        self._done.set()

    def wait(self) -> Any:
        """The answer that somebody else made."""
        # None after that: whoever makes the answer may have died over it, and nobody must hang on him.
        self._done.wait(PATIENCE_SECONDS)
        return self._answer
