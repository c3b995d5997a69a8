"""After a backup was restored: nothing old is sent again, no number is given out twice, erasures are repeated.

What was erased is kept beside the photos, too, since a backup of the database does not know what was erased after it.
"""

import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog

from open311.actions import casework
from open311.actions.staff_mail import reminders
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right
from open311.storage.requests import service_requests
from open311.storage.upkeep import erasures, identity, restored
from open311.storage.upkeep.erasures import Erasure

log = structlog.get_logger()

# Beside the photos; the sweep of photos leaves other names alone.
PREFIX = "erasures-"
AT_ONCE = 500
# No backup is kept longer than that.
KEEP_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Report:
    mails: int
    messages: int
    requests: int
    people: int


def adopt(core: Core) -> None:
    """Notice that the database is one that a backup was restored into, and send nothing old from it.

    Every process does so when it starts, and the worker all the time: who restores may forget to say so.
    """
    with core.database.read() as conn:
        if not identity.is_restored(conn):
            return
    # Before it is noted that somebody noticed: who breaks off here begins again.
    reminders.pass_over(core)
    with core.database.begin() as conn:
        if identity.adopt(conn):
            skipped = restored.skip_the_old(conn, core.now())
            log.warning(
                "database_restored",
                skipped_mails=skipped.mails,
                skipped_messages=skipped.messages,
                advice="run `open311 db restored`, which repeats erasures, too",
            )


def declare(core: Core, known: Iterable[Erasure], *, nothing_lost: bool) -> Report:
    """Do what a restored database needs; with `nothing_lost` it was only moved, and what waits is still to be sent.

    Doing it twice does no harm.
    """
    if not nothing_lost:
        reminders.pass_over(core)
    with core.database.begin() as conn:
        identity.adopt(conn)
        if nothing_lost:
            skipped = restored.Skipped(0, 0)
        else:
            identity.rename(conn)
            restored.leave_out_numbers(conn)
            skipped = restored.skip_the_old(conn, core.now())
    requests = people = 0
    for erasure in known:
        requests += _erase_again(core, erasure)
        with core.database.begin() as conn:
            people += erasures.repeat(conn, erasure)
    return Report(skipped.mails, skipped.messages, requests, people)


def _erase_again(core: Core, erasure: Erasure) -> int:
    if erasure.table_name != erasures.REQUESTS:
        return 0
    with core.database.begin() as conn:
        there = erasures.requests_still_there(conn, erasure)
        for number in there:
            request = service_requests.find_any(conn, number, lock=True)
            if request:
                casework.erase_locked(
                    core, conn, request, Actor(ActorKind.CLI, "restored", frozenset({Right.ERASE}))
                )
    return len(there)


def copy_erasures(core: Core) -> int:
    """Keep beside the photos what was erased lately; returns how many entries."""
    with core.database.read() as conn:
        fresh = erasures.not_copied(conn, AT_ONCE)
    if not fresh:
        return 0
    lines = "".join(f"{written(erasure)}\n" for erasure in fresh)
    # By time, so that sorted names are in order; the rest keeps two workers from writing over each other.
    key = f"{PREFIX}{fresh[0].datetime:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
    # First the file, then the mark: an erasure that is kept twice does no harm, one that is kept nowhere comes back.
    core.media_store.put(key, lines.encode(), "application/x-ndjson")
    with core.database.begin() as conn:
        erasures.mark_copied(conn, [erasure.id for erasure in fresh])
    return len(fresh)


def copied_erasures(core: Core) -> Iterator[Erasure]:
    """What is kept beside the photos, the oldest first."""
    for key in sorted(key for key, _ in core.media_store.stored() if key.startswith(PREFIX)):
        yield from read((core.media_store.get(key) or b"").decode().splitlines())


def forget_erasures(core: Core) -> None:
    """Delete what is older than any backup."""
    before = core.now() - KEEP_FOR
    for key, put in core.media_store.stored():
        if key.startswith(PREFIX) and put < before:
            core.media_store.delete(key)
    with core.database.begin() as conn:
        erasures.forget(conn, before)


def written(erasure: Erasure) -> str:
    """One line, as `read` takes it."""
    return json.dumps({**asdict(erasure), "datetime": erasure.datetime.isoformat()})


def read(lines: Iterable[str]) -> Iterator[Erasure]:
    for line in lines:
        row = json.loads(line)
        yield Erasure(row["id"], datetime.fromisoformat(row["datetime"]), row["table_name"], row["ids"])
