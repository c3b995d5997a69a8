"""Rate limits per key and per address (R-200).

The counters live in the memory of each server process: with two processes an address may get up to twice its share.
That is enough to keep a runaway client from the others, and needs no further service.
"""

import math
import time

from flask import Flask, request

from open311 import web
from open311.errors import TooManyRequests, problem
from open311.settings import Settings
from open311.web.health import PROBES
from open311.web.keys import key

READING = ("GET", "HEAD", "OPTIONS")
# A page asks for many of these at once, and they cost little: tiles of the map, photos, scripts.
PARTS = ("/tiles/", "/media/", "/static/")
PARTS_A_READ = 10
WINDOW_SECONDS = 60.0


class Limits:
    """How much of its share everybody has used in this minute. Kept answers pass here too, so it must cost nothing."""

    def __init__(self, settings: Settings, window: float = WINDOW_SECONDS) -> None:
        self.settings = settings
        self._window = window
        self._used: dict[str, int] = {}
        self._ends = 0.0

    def seconds_to_wait(self, who: str, allowed: int) -> int:
        """Count one request; 0, or in how many seconds the next one is allowed."""
        now = time.monotonic()
        if now >= self._ends:
            self._used, self._ends = {}, now + self._window
        used = self._used[who] = self._used.get(who, 0) + 1
        return 0 if used <= allowed else math.ceil(self._ends - now)

    def read_would_be_left(self, address: str, path: str) -> bool:
        """Whether `read_is_left` would allow one more; nothing is counted."""
        who, allowed = self.share_of_reads(address, path)
        return time.monotonic() >= self._ends or self._used.get(who, 0) < allowed

    def read_is_left(self, address: str, path: str) -> bool:
        """Count a read without a key, unless nothing is left; then the application says so, in words."""
        who, allowed = self.share_of_reads(address, path)
        return self._used.get(who, 0) < allowed and self.seconds_to_wait(who, allowed) == 0

    def share_of_reads(self, address: str | None, path: str) -> tuple[str, int]:
        """Under which name a read without a key is counted, and how many of its kind are allowed."""
        if path.startswith(PARTS):
            return f"parts of {address}", PARTS_A_READ * self.settings.rate_limit_get
        return f"reads of {address}", self.settings.rate_limit_get


def install(app: Flask) -> Limits | None:
    """Count the requests of this application, if the settings say so."""
    settings = web.core_of(app).settings
    if not settings.rate_limits:
        return None
    limits = Limits(settings)

    def count() -> None:
        # A supervisor that is told "too many" would end a healthy server.
        if request.path in PROBES:
            return
        who, allowed = _share(limits)
        if seconds := limits.seconds_to_wait(who, allowed):
            raise TooManyRequests(problem("error.rate_limit", limit=allowed), retry_after=seconds)

    app.before_request(count)
    return limits


def _share(limits: Limits) -> tuple[str, int]:
    """Who is counted, and how many requests a minute they have."""
    known = key()
    if known:
        return f"key {known.id}", limits.settings.rate_limit_key
    if request.method in READING:
        return limits.share_of_reads(request.remote_addr, request.path)
    return f"writes of {request.remote_addr}", limits.settings.rate_limit_post
