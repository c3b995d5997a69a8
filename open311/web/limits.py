"""Rate limits per key and per address (R-200).

The counters live in the memory of each server process: with two processes an address may get up to twice its share.
That is enough to keep a runaway client from the others, and needs no further service.
"""

import math
import time

from flask import Flask, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from open311 import web
from open311.errors import TooManyRequests, problem
from open311.settings import Settings
from open311.web.health import PROBES
from open311.web.keys import key

READING = ("GET", "HEAD", "OPTIONS")


def install(app: Flask) -> None:
    """Count the requests of this application, if the settings say so."""
    if not web.core_of(app).settings.rate_limits:
        return
    counters = FixedWindowRateLimiter(MemoryStorage())

    def count() -> None:
        # A supervisor that is told "too many" would end a healthy server.
        if request.path in PROBES:
            return
        who, allowed = _share(web.core().settings)
        limit = RateLimitItemPerMinute(allowed)
        if not counters.hit(limit, who):
            seconds = math.ceil(counters.get_window_stats(limit, who).reset_time - time.time())
            raise TooManyRequests(problem("error.rate_limit", limit=allowed), retry_after=max(1, seconds))

    app.before_request(count)


def _share(settings: Settings) -> tuple[str, int]:
    """Who is counted, and how many requests a minute they have."""
    known = key()
    if known:
        return f"key {known.id}", settings.rate_limit_key
    if request.method in READING:
        return f"reads of {request.remote_addr}", settings.rate_limit_get
    return f"writes of {request.remote_addr}", settings.rate_limit_post
