"""Webhooks: subscriptions, the outbox of their messages, and every attempt."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from open311.storage.events.stream import Line
from open311.storage.tables import webhook_attempts, webhook_messages, webhook_subscriptions
from open311.webhooks.model import Attempt, Message, MessageState, State, Subscription

_s, _m, _a = webhook_subscriptions.c, webhook_messages.c, webhook_attempts.c
_message = (_m.id, _m.event_id, _m.service_request_id, _m.kind, _m.datetime, _m.state, _m.attempts)
_message_columns = (*_message, _m.due_datetime)


def add(conn: Connection, **values: Any) -> Subscription:
    stored = insert(webhook_subscriptions).values(**values, state=State.ACTIVE)
    return _subscription(conn.execute(stored.returning(webhook_subscriptions)).one())


def find(conn: Connection, name: str) -> Subscription | None:
    return _one(conn, _s.name == name)


def find_id(conn: Connection, subscription_id: int) -> Subscription | None:
    return _one(conn, _s.id == subscription_id)


def _one(conn: Connection, which: ColumnElement[bool]) -> Subscription | None:
    row = conn.execute(select(webhook_subscriptions).where(which)).one_or_none()
    return _subscription(row) if row else None


def all_subscriptions(conn: Connection, state: State | None = None) -> list[Subscription]:
    """Every subscription, by name; those in one state only, if asked for."""
    query = select(webhook_subscriptions).order_by(_s.name)
    rows = conn.execute(query.where(_s.state == state) if state else query)
    return [_subscription(row) for row in rows]


def hindered(conn: Connection, jurisdictions: Sequence[str]) -> list[Subscription]:
    """What these cities tell other programs and is not taken, or not sent any more, the longest failing first."""
    not_served = or_(_s.failing_since.is_not(None), _s.state != State.ACTIVE.value)
    query = select(webhook_subscriptions).where(_s.jurisdiction_id.in_(jurisdictions), not_served)
    return [_subscription(row) for row in conn.execute(query.order_by(_s.failing_since, _s.id))]


def change(conn: Connection, subscription_id: int, **values: Any) -> None:
    """Write new values of a subscription."""
    conn.execute(update(webhook_subscriptions).where(_s.id == subscription_id).values(**values))


def remove(conn: Connection, subscription_id: int) -> None:
    """Delete a subscription with its messages and attempts."""
    conn.execute(delete(webhook_subscriptions).where(_s.id == subscription_id))


def with_work(conn: Connection, now: datetime) -> list[int]:
    """The ids of active subscriptions that have a message to send now."""
    rested = or_(_s.retry_datetime.is_(None), _s.retry_datetime <= now)
    due = exists().where(
        _m.subscription_id == _s.id, _m.state == MessageState.WAITING, _m.due_datetime <= now
    )
    return list(conn.execute(select(_s.id).where(_s.state == State.ACTIVE, rested, due)).scalars())


def waiting(conn: Connection, subscription_id: int, limit: int) -> int:
    """How many messages wait, counted no further than `limit`."""
    # Bounded: a target that was down for weeks may have a backlog of any size.
    few = select(_m.id).where(_m.subscription_id == subscription_id, _m.state == MessageState.WAITING)
    return conn.execute(select(func.count()).select_from(few.limit(limit).subquery())).scalar_one()


def counts(conn: Connection, subscription_id: int) -> dict[str, int]:
    """How many messages there are in each state."""
    query = select(_m.state, func.count()).where(_m.subscription_id == subscription_id).group_by(_m.state)
    return {row[0]: row[1] for row in conn.execute(query)}


def enqueue(
    conn: Connection, subscription_id: int, lines: Iterable[Line], now: datetime, *, again: bool = False
) -> None:
    """Make a message of each event, unless there is one; `again` sends those too."""
    rows = [
        {
            "subscription_id": subscription_id,
            "event_id": line.event_id,
            "service_request_id": line.service_request_id,
            "kind": line.kind,
            "datetime": line.datetime,
            "due_datetime": now,
        }
        for line in lines
    ]
    if not rows:
        return
    written = upsert(webhook_messages).values(rows)
    same = ["subscription_id", "event_id"]
    if again:
        # Under the id it had, so that a receiver who has it already knows the repetition.
        afresh = {"state": MessageState.WAITING, "attempts": 0, "due_datetime": now}
        written = written.on_conflict_do_update(index_elements=same, set_=afresh)
    else:
        written = written.on_conflict_do_nothing(index_elements=same)
    conn.execute(written)


def next_message(conn: Connection, subscription_id: int, now: datetime) -> Message | None:
    query = select(*_message_columns).where(
        _m.subscription_id == subscription_id, _m.state == MessageState.WAITING, _m.due_datetime <= now
    )
    # By when it is due, not by age: a message that failed gives way to others until its next attempt.
    row = conn.execute(query.order_by(_m.due_datetime, _m.id).limit(1)).one_or_none()
    return _message_from(row) if row else None


def record(conn: Connection, message_id: int, attempt: Attempt, **values: Any) -> None:
    conn.execute(
        insert(webhook_attempts).values(
            message_id=message_id,
            datetime=attempt.datetime,
            status=attempt.status,
            milliseconds=attempt.milliseconds,
            error=attempt.error,
        )
    )
    conn.execute(update(webhook_messages).where(_m.id == message_id).values(**values))


def attempts(conn: Connection, subscription_id: int, limit: int) -> list[tuple[Message, Attempt]]:
    """The latest attempts, the newest first."""
    query = (
        select(*_message_columns, _a.datetime.label("at"), _a.status, _a.milliseconds, _a.error)
        .join(webhook_messages, _m.id == _a.message_id)
        .where(_m.subscription_id == subscription_id)
        .order_by(_a.id.desc())
        .limit(limit)
    )
    return [(_message_from(row), _attempt_from(row)) for row in conn.execute(query)]


def prune(conn: Connection, before: datetime) -> int:
    """Forget messages that have been delivered or given up, with their attempts; returns how many."""
    old = delete(webhook_messages).where(_m.state != MessageState.WAITING, _m.due_datetime < before)
    return conn.execute(old).rowcount


def _subscription(row: Row[*tuple[Any, ...]]) -> Subscription:
    values = dict(row._mapping)
    lists = {name: tuple(values[name]) for name in ("service_codes", "kinds")}
    return Subscription(**{**values, **lists, "state": State(values["state"])})


def _message_from(row: Row[*tuple[Any, ...]]) -> Message:
    values = {column.name: row[place] for place, column in enumerate(_message_columns)}
    return Message(**{**values, "state": MessageState(values["state"])})


def _attempt_from(row: Row[*tuple[Any, ...]]) -> Attempt:
    return Attempt(datetime=row.at, status=row.status, milliseconds=row.milliseconds, error=row.error)
