"""Whether the store of photos works, asked so that one that hangs holds nobody up."""

import threading
import time

from open311.adapters import media_store
from open311.base.errors import Unavailable
from open311.settings import Settings

PATIENCE_SECONDS = 2.0
# Each load balancer probes every second or so, and a bucket charges by request.
KEPT_SECONDS = 15.0


class StoreProbe:
    """Probes the store in a thread of its own, once at a time; the outcome is kept for a moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: _Attempt | None = None

    def problem(self, settings: Settings) -> str | None:
        """Why the store does not work; None when it does."""
        with self._lock:
            attempt = self._last
            if attempt is None or attempt.settings != settings or attempt.is_stale():
                attempt = self._last = _Attempt(settings)
                attempt.start()
        attempt.join(PATIENCE_SECONDS)
        if attempt.ended is None:
            return f"no answer within {PATIENCE_SECONDS:.0f} s"
        return attempt.problem


class _Attempt(threading.Thread):
    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self.settings = settings
        self.problem: str | None = None
        self.ended: float | None = None

    def run(self) -> None:
        try:
            media_store.probe(media_store.for_settings(self.settings))
        except Unavailable as error:
            self.problem = str(error.__cause__ or error).splitlines()[0]
        self.ended = time.monotonic()

    def is_stale(self) -> bool:
        """Whether it ended too long ago to count, or broke off; one that still hangs is not repeated beside itself."""
        if self.is_alive():
            return False
        return self.ended is None or time.monotonic() - self.ended >= KEPT_SECONDS
