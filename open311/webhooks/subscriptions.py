"""Subscriptions of webhooks, as operators add, pause, replay and remove them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.events.event_kinds import IN_FEED
from open311.model.staff.audit import AuditKind
from open311.storage.database import Connection
from open311.storage.events import stream
from open311.storage.staff_accounts import audit
from open311.webhooks import storage
from open311.webhooks.model import (
    UNHINDERED,
    Attempt,
    Message,
    State,
    Subscription,
    is_web_address,
    new_secret,
)

REPLAY_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Overview:
    """A subscription, and how many messages it has in each state."""

    subscription: Subscription
    messages: Mapping[str, int]


def add(
    core: Core,
    catalogue: Catalogue,
    name: str,
    url: str,
    service_codes: Sequence[str] = (),
    kinds: Sequence[str] = (),
    *,
    actor: Actor,
) -> Subscription:
    """Tell `url` of everything that happens from now on; without codes, or kinds, of all of them.

    Raises `Invalid` with everything that is wrong.
    """
    actor.require(Right.OPERATE, catalogue.jurisdiction.jurisdiction_id)
    problems = [*_problems(catalogue, name, url, service_codes, kinds)]
    with core.database.begin() as conn:
        if storage.find(conn, name):
            problems.append(problem("error.webhook.name_taken", name=name))
        Invalid.unless_empty(problems)
        made = storage.add(
            conn,
            name=name,
            tag=secrets.token_hex(6),
            jurisdiction_id=catalogue.jurisdiction.jurisdiction_id,
            url=url,
            secret=new_secret(),
            service_codes=list(service_codes),
            kinds=list(kinds),
            created_datetime=core.now(),
        )
        # In the same transaction: nothing that happens once it is there goes by unread.
        stream.begin(conn, made.reader)
        _note(core, conn, actor, AuditKind.WEBHOOK_ADDED, made, url=url)
    return made


def _problems(
    catalogue: Catalogue, name: str, url: str, service_codes: Sequence[str], kinds: Sequence[str]
) -> list[Problem]:
    problems = [
        problem("error.service_code.unknown", service_code=code)
        for code in service_codes
        # Retired ones, too: their requests go on changing.
        if code not in catalogue.services and code not in catalogue.retired
    ]
    known = ", ".join(IN_FEED)
    problems += [
        problem("error.webhook.kind", kind=kind, known=known) for kind in kinds if kind not in IN_FEED
    ]
    if not name.strip():
        problems.append(problem("error.webhook.name"))
    if not is_web_address(url):
        problems.append(problem("error.webhook.url", url=url[:100]))
    return problems


def list_all(core: Core) -> list[Subscription]:
    with core.database.read() as conn:
        return storage.all_subscriptions(conn)


def show(core: Core, name: str) -> Overview:
    """One subscription and its messages; raises `NotFound`."""
    with core.database.read() as conn:
        subscription = _required(conn, name)
        return Overview(subscription, storage.counts(conn, subscription.id))


def attempts(core: Core, name: str, limit: int) -> list[tuple[Message, Attempt]]:
    """The latest attempts, the newest first."""
    with core.database.read() as conn:
        return storage.attempts(conn, _required(conn, name).id, limit)


def pause(core: Core, name: str, *, actor: Actor) -> None:
    """Send nothing until it is resumed; what happens meanwhile is told then."""
    with core.database.begin() as conn:
        subscription = _operated(conn, name, actor)
        storage.change(conn, subscription.id, state=State.PAUSED, reason=None)
        _note(core, conn, actor, AuditKind.WEBHOOK_CHANGED, subscription, state=State.PAUSED.value)


def resume(core: Core, name: str, *, actor: Actor, skip: bool = False) -> None:
    """Send again, beginning at once with what has waited; `skip` leaves out what has not become a message yet."""
    with core.database.begin() as conn:
        subscription = _operated(conn, name, actor)
        if skip:
            stream.skip(conn, subscription.reader)
        storage.change(conn, subscription.id, state=State.ACTIVE, reason=None, **UNHINDERED)
        _note(core, conn, actor, AuditKind.WEBHOOK_CHANGED, subscription, state=State.ACTIVE.value, skip=skip)


def remove(core: Core, name: str, *, actor: Actor) -> None:
    """Tell this target nothing more, and forget what it was told."""
    with core.database.begin() as conn:
        subscription = _operated(conn, name, actor)
        stream.forget(conn, subscription.reader)
        storage.remove(conn, subscription.id)
        _note(core, conn, actor, AuditKind.WEBHOOK_REMOVED, subscription)


def replay(core: Core, name: str, since: datetime, until: datetime, *, actor: Actor) -> int:
    """Send everything of a span of time again, under the ids it had; returns how many messages."""
    count, after = 0, 0
    while True:
        with core.database.begin() as conn:
            subscription = _operated(conn, name, actor)
            lines = stream.span(conn, subscription.jurisdiction_id, since, until, after, REPLAY_AT_ONCE)
            if not lines:
                return count
            lines_wanted = [line for line in lines if subscription.wants(line.kind, line.service_code)]
            storage.enqueue(conn, subscription.id, lines_wanted, core.now(), again=True)
            count += len(lines_wanted)
            after = lines[-1].event_id


def _operated(conn: Connection, name: str, actor: Actor) -> Subscription:
    subscription = _required(conn, name)
    actor.require(Right.OPERATE, subscription.jurisdiction_id)
    return subscription


def _note(
    core: Core, conn: Connection, actor: Actor, kind: AuditKind, subscription: Subscription, **data: object
) -> None:
    audit.append(conn, core.now(), str(actor), kind, f"webhook:{subscription.name}", data)


def _required(conn: Connection, name: str) -> Subscription:
    subscription = storage.find(conn, name)
    if subscription is None:
        raise NotFound(problem("error.webhook.unknown", name=name))
    return subscription
