"""Delivery of webhooks: the worker turns events into messages and sends them.

A message tells the request as it is when the message is sent, so nothing leaves that was hidden or erased meanwhile.
"""

import time
from datetime import datetime, timedelta

import structlog

from open311.adapters import safe_http
from open311.base.datetimes import write_utc
from open311.base.errors import NotFound, Problem, problem
from open311.core import Core
from open311.storage.database import Connection
from open311.storage.events import changes, stream
from open311.webhooks import sender, storage
from open311.webhooks.model import (
    DISABLE_AFTER,
    KEEP_FOR,
    MESSAGE_SECONDS,
    UNHINDERED,
    Attempt,
    Message,
    MessageState,
    State,
    Subscription,
    wait_after,
)
from open311.webhooks.payload import body

log = structlog.get_logger()

AT_ONCE = 500
# A job gives way to other targets then and begins again.
SECONDS_AT_ONCE = 10.0
# Beyond this, what a silent target has missed stays in the stream of events.
MOST_WAITING = 10_000
LONGEST_WAIT = timedelta(hours=1)
# How long messages rest when no catalogue knows their jurisdiction, as when it is no longer harvested.
WITHOUT_CATALOGUE = timedelta(minutes=5)
# 410: the receiver wants no more (Standard Webhooks).
GONE = 410


def enqueue(core: Core, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
    """Make messages of what has happened, for every active subscription."""
    with core.database.read() as conn:
        active = storage.all_subscriptions(conn, State.ACTIVE)
    for subscription in active:
        while _enqueue_some(core, subscription, at_once, most_waiting):
            pass


def _enqueue_some(core: Core, subscription: Subscription, at_once: int, most_waiting: int) -> bool:
    """One step for one subscription; whether another is worthwhile."""
    with core.database.begin() as conn:
        # What is not made into messages stays in the stream, where it takes no room.
        if storage.waiting(conn, subscription.id, most_waiting) >= most_waiting:
            return False
        lines = stream.take(conn, subscription.reader, at_once, subscription.jurisdiction_id)
        lines_wanted = [line for line in lines if subscription.wants(line.kind, line.service_code)]
        storage.enqueue(conn, subscription.id, lines_wanted, core.now())
        return len(lines) >= at_once


def with_work(core: Core) -> list[int]:
    """The subscriptions that have something to send now."""
    with core.database.read() as conn:
        return storage.with_work(conn, core.now())


def deliver(core: Core, subscription_id: int, *, seconds: float = MESSAGE_SECONDS) -> None:
    """Send what waits for one target, until there is no more, the target fails, or some seconds are over.

    Two at a time would send a message twice; the receiver would know it by its id.
    """
    end = time.monotonic() + SECONDS_AT_ONCE
    while time.monotonic() < end:
        with core.database.read() as conn:
            subscription = storage.find_id(conn, subscription_id)
            if subscription is None or not _may_send(subscription, core.now()):
                return
            message = storage.next_message(conn, subscription_id, core.now())
            if message is None:
                return
            words = _words(core, conn, subscription, message)
        if words is None:
            with core.database.begin() as conn:
                storage.change(conn, subscription_id, retry_datetime=core.now() + WITHOUT_CATALOGUE)
            return
        # Outside any transaction: a slow target would hold a connection of the pool for its whole time.
        attempt = sender.send(
            subscription.url,
            subscription.secret,
            message.webhook_id(subscription),
            words,
            core.now(),
            seconds=seconds,
            may_reach=_anywhere if core.settings.webhook_allow_private else safe_http.is_public,
        )
        with core.database.begin() as conn:
            _record(conn, subscription, message, attempt)


def _anywhere(address: str) -> bool:
    return True


def _may_send(subscription: Subscription, now: datetime) -> bool:
    rested = subscription.retry_datetime is None or subscription.retry_datetime <= now
    return subscription.state is State.ACTIVE and rested


def _words(core: Core, conn: Connection, subscription: Subscription, message: Message) -> bytes | None:
    """The message as the public may read it now; None while no catalogue knows the jurisdiction."""
    try:
        catalogue = core.catalogues.owner(subscription.jurisdiction_id)
    except NotFound:
        log.error("webhook_without_catalogue", jurisdiction_id=subscription.jurisdiction_id)
        return None
    change = changes.one(conn, message.kind, message.datetime, message.service_request_id)
    return body(change, catalogue, core.settings.base_url or "")


def _record(conn: Connection, subscription: Subscription, message: Message, attempt: Attempt) -> None:
    tried = message.attempts + 1
    if attempt.good:
        storage.record(conn, message.id, attempt, state=MessageState.DELIVERED, attempts=tried)
        if subscription.failing_since or subscription.retry_datetime:
            storage.change(conn, subscription.id, **UNHINDERED)
        return
    wait = wait_after(tried)
    state = MessageState.WAITING if wait else MessageState.GIVEN_UP
    due = attempt.datetime + (wait or timedelta())
    storage.record(conn, message.id, attempt, state=state, attempts=tried, due_datetime=due)
    _record_failure(conn, subscription, attempt)


def _record_failure(conn: Connection, subscription: Subscription, attempt: Attempt) -> None:
    since = subscription.failing_since or attempt.datetime
    reason = _reason_to_stop(attempt, since)
    if reason:
        log.warning("webhook_disabled", name=subscription.name, error=attempt.error)
        failure = {"key": reason.key, "values": reason.values}
        storage.change(conn, subscription.id, state=State.DISABLED, reason=failure, failing_since=since)
        return
    if attempt.answered:
        # Somebody is there and refuses this message; the next one may be welcome.
        storage.change(conn, subscription.id, failing_since=since)
        return
    failures = subscription.failures + 1
    wait = min(wait_after(failures) or LONGEST_WAIT, LONGEST_WAIT)
    storage.change(
        conn,
        subscription.id,
        failures=failures,
        failing_since=since,
        retry_datetime=attempt.datetime + wait,
    )


def _reason_to_stop(attempt: Attempt, since: datetime) -> Problem | None:
    if attempt.status == GONE:
        return problem("error.webhook.gone")
    if attempt.datetime - since >= DISABLE_AFTER:
        return problem("error.webhook.failing", since=write_utc(since), error=attempt.error)
    return None


def prune(core: Core) -> int:
    """Forget old messages that need nothing more; returns how many."""
    with core.database.begin() as conn:
        return storage.prune(conn, core.now() - KEEP_FOR)
