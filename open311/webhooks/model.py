"""Webhooks: subscriptions, messages, attempts, and the schedule of retries."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

LONGEST_URL = 2000
MESSAGE_SECONDS = 15.0
# After which time a message is tried again; then it is given up.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 60, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
# So that a weekend is survived.
DISABLE_AFTER = timedelta(days=5)
KEEP_FOR = timedelta(days=30)
# What a subscription has that nothing hinders, by its columns.
UNHINDERED: Mapping[str, Any] = MappingProxyType(
    {"failures": 0, "failing_since": None, "retry_datetime": None}
)


class State(StrEnum):
    """Whether a subscription is served: `disabled` by ourselves, `paused` by staff; neither loses anything."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class MessageState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    # Waiting in a backup that was restored: sent after the backup was made, for all that is known.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One target, and what it wants to know; without service codes, or kinds, everything.

    `failures` counts attempts without an answer since the last good one, all of which were after `failing_since`.
    """

    id: int
    name: str
    tag: str
    jurisdiction_id: str
    url: str
    secret: str
    service_codes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    state: State = State.ACTIVE
    reason: Mapping[str, Any] | None = None
    failures: int = 0
    created_datetime: datetime
    failing_since: datetime | None = None
    retry_datetime: datetime | None = None

    @property
    def reader(self) -> str:
        """The name under which it reads the stream of events."""
        return f"webhook:{self.id}"

    def wants(self, kind: str, service_code: str | None) -> bool:
        """Whether it is told of an event; of requests whose service nobody knows any more, in any case."""
        of_service = not self.service_codes or service_code is None or service_code in self.service_codes
        return of_service and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: int
    event_id: int
    service_request_id: int
    kind: str
    due_datetime: datetime
    state: MessageState
    attempts: int
    datetime: datetime

    def webhook_id(self, subscription: Subscription) -> str:
        """The same for every attempt, so that the receiver knows a repetition."""
        return f"msg_{subscription.tag}_{self.event_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: the status of the answer, or what went wrong."""

    datetime: datetime
    status: int | None
    milliseconds: int
    error: str | None = None

    @property
    def good(self) -> bool:
        return self.error is None

    @property
    def answered(self) -> bool:
        """Whether somebody is there who looked at this message and does not want it, rather than nobody at all."""
        # Timed out and "too many" (408, 429) say nothing about the message.
        return self.status is not None and 400 <= self.status < 500 and self.status not in (408, 429)


def new_secret() -> str:
    """A secret as Standard Webhooks has it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def wait_after(attempts: int) -> timedelta | None:
    """The backoff: how long to wait after so many attempts; None when it is enough."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None


def is_web_address(url: str) -> bool:
    """Whether this is a plain http or https address, without a name and a password in it."""
    try:
        parts = urlsplit(url)
        # A port that is none is complained of when it is asked for, no earlier.
        _ = parts.port
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and len(url) <= LONGEST_URL
