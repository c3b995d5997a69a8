"""Limits of time that a machine with too much to do would reach, put further away.

Only tests of a limit are to meet it, and those set it themselves.
"""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

# What a busy machine may take for what is done at once on a quiet one.
PATIENCE_SECONDS = 300
LIMITS = (
    "open311.adapters.geocoder.SECONDS",
    "open311.adapters.mail.imap.SECONDS",
    "open311.adapters.mail.mail_tokens.SECONDS",
    "open311.adapters.mail.mailers.SECONDS",
    "open311.adapters.mail.smtp_connections.IDLE_SECONDS",
    "open311.adapters.photos.child_process.GRACE_SECONDS",
    "open311.adapters.photos.fork_server.GRACE_SECONDS",
    "open311.adapters.photos.fork_server.STOP_SECONDS",
    "open311.adapters.signing_in.oidc.SECONDS",
    "open311.adapters.stall_guard.STALL_SECONDS",
    "open311.adapters.store_probe.PATIENCE_SECONDS",
    "open311.http.caching.single_flight.PATIENCE_SECONDS",
    "open311.storage.database.POOL_SECONDS",
    "open311.storage.senders.KEPT_SECONDS",
    "open311.webhooks.delivery.SECONDS_AT_ONCE",
)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_given_up() -> Iterator[None]:
    """In this process; a server of its own has the limits that it has."""
    with pytest.MonkeyPatch.context() as patched:
        for limit in LIMITS:
            patched.setattr(limit, PATIENCE_SECONDS)
        # What is allowed in a minute is used up by a test, however long that takes.
        still = SimpleNamespace(time=lambda: 1_000_000.0, monotonic=lambda: 1_000_000.0)
        patched.setattr("open311.http.limits.windows.time", still)
        yield
