"""Rate limits per key and per network (R-200).

The processes of a server count together, in memory that they share; other hosts count for themselves. That is enough to
keep a runaway client from the others, and needs no further service.
"""

from typing import cast

from flask import Flask, request

from open311.base.errors import TooManyRequests, problem
from open311.http import urls
from open311.http.keys import key
from open311.http.limits.windows import LocalWindow, SharedWindow, Window
from open311.model.access.network import network_of
from open311.settings import Settings

READING = ("GET", "HEAD", "OPTIONS")
# A page asks for many of these at once, and they cost little: tiles of the map, photos, scripts.
PARTS_A_READ = 10
MINUTE, HOUR = 60, 3600
BRAKE_SECONDS = 4
LIMITS = "open311.limits"


class Limits:
    """The counters of a server; with a name, shared by its processes. Cache hits count too, so it has to be cheap."""

    def __init__(self, settings: Settings, shared_as: str | None = None) -> None:
        self.settings = settings
        self.minute = _window(MINUTE, shared_as)
        self.hour = _window(HOUR, shared_as)
        # How often a network may send what nobody has computed anything for.
        self.brake = _window(BRAKE_SECONDS, shared_as)

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


def _window(seconds: int, shared_as: str | None) -> Window:
    return SharedWindow(seconds, shared_as) if shared_as else LocalWindow(seconds)


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
    api_key = key()
    if api_key:
        return f"key {api_key.id}", counted.settings.rate_limit_key
    if request.method in READING:
        return counted.share_of_reads(request.remote_addr, request.path)
    return f"writes of {network_of(request.remote_addr)}", counted.settings.rate_limit_post
