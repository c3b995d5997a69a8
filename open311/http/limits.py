"""Rate limits per key and per address (R-200).

The counters live in the memory of each server process: with two processes an address may get up to twice its share.
That is enough to keep a runaway client from the others, and needs no further service.
"""

import math
import time
from typing import cast

from flask import Flask, request

from open311.base.errors import TooManyRequests, problem
from open311.http import urls
from open311.http.keys import key
from open311.model.network import network_of
from open311.settings import Settings

READING = ("GET", "HEAD", "OPTIONS")
# A page asks for many of these at once, and they cost little: tiles of the map, photos, scripts.
PARTS_A_READ = 10
MINUTE, HOUR = 60.0, 3600.0
BRAKE_SECONDS = 4.0
LIMITS = "open311.limits"


class Window:
    """How much of its share everybody has used in this span of time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._used: dict[str, int] = {}
        self._ends = 0.0

    def seconds_to_wait(self, who: str, allowed: int) -> int:
        """Count one request; 0, or in how many seconds the next one is allowed."""
        now = time.monotonic()
        if now >= self._ends:
            self._used, self._ends = {}, now + self._seconds
        used = self._used[who] = self._used.get(who, 0) + 1
        return 0 if used <= allowed else math.ceil(self._ends - now)

    def is_left(self, who: str, allowed: int) -> bool:
        """Whether one more would be allowed; nothing is counted."""
        return time.monotonic() >= self._ends or self._used.get(who, 0) < allowed

    def take(self, who: str, allowed: int) -> bool:
        """Count one, unless nothing is left."""
        return self._used.get(who, 0) < allowed and self.seconds_to_wait(who, allowed) == 0


class Limits:
    """What one server counts. Kept answers pass here too, so it must cost nothing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.minute, self.hour = Window(MINUTE), Window(HOUR)
        # How often a network may send what nobody has computed anything for.
        self.brake = Window(BRAKE_SECONDS)

    def read_would_be_left(self, address: str, path: str) -> bool:
        """Whether `read_is_left` would allow one more; nothing is counted."""
        return self.minute.is_left(*self.share_of_reads(address, path))

    def read_is_left(self, address: str, path: str) -> bool:
        """Count a read without a key, unless nothing is left; then the application says so, in words."""
        return self.minute.take(*self.share_of_reads(address, path))

    def share_of_reads(self, address: str | None, path: str) -> tuple[str, int]:
        """Under which name a read without a key is counted, and how many of its kind are allowed."""
        network = network_of(address)
        if path.startswith(urls.PARTS_OF_PAGES):
            return f"parts of {network}", PARTS_A_READ * self.settings.rate_limit_get
        return f"reads of {network}", self.settings.rate_limit_get


def install(app: Flask) -> None:
    """Count the requests, where the settings say so."""
    app.before_request(_count)


def limits() -> Limits | None:
    """What the server that answers this request counts; None where nothing is limited."""
    return cast(Limits | None, request.environ[LIMITS])


def _count() -> None:
    counted = limits()
    # A supervisor that is told "too many" would end a healthy server.
    # The desk counts by sessions: a whole town hall may share one address.
    if counted is None or request.path in urls.PROBES or urls.is_below(request.path, urls.STAFF):
        return
    who, allowed = _share(counted)
    if seconds := counted.minute.seconds_to_wait(who, allowed):
        raise TooManyRequests(problem("error.rate_limit", limit=allowed), retry_after=seconds)


def _share(counted: Limits) -> tuple[str, int]:
    """Who is counted, and how many requests a minute they have."""
    known = key()
    if known:
        return f"key {known.id}", counted.settings.rate_limit_key
    if request.method in READING:
        return counted.share_of_reads(request.remote_addr, request.path)
    return f"writes of {network_of(request.remote_addr)}", counted.settings.rate_limit_post
