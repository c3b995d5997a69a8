"""A circuit breaker: once a store hangs, further calls fail at once instead of taking all threads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from open311.base.errors import StoreUnavailable, problem

# So long may a file take before the store is thought to hang; a large photo on a slow line takes less.
STALL_SECONDS = 4.0


class StallGuard:
    """Lets calls through while none under way has taken too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: dict[object, float] = {}

    @contextmanager
    def call(self) -> Iterator[None]:
        """Raises `StoreUnavailable` when another call hangs."""
        mine = object()
        with self._lock:
            now = time.monotonic()
            if any(now - began > STALL_SECONDS for began in self._began.values()):
                raise StoreUnavailable(problem("error.photos.unavailable")) from TimeoutError(
                    f"a call to the store has taken more than {STALL_SECONDS:.0f} s"
                )
            self._began[mine] = now
        try:
            yield
        finally:
            with self._lock:
                del self._began[mine]
