"""Upsert requests from other servers and files, under the ids that they have there; idempotent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog

from open311.actions import casework
from open311.base.errors import Open311Error
from open311.core import Core
from open311.federation.known_reports import change_known, hide, mend_moments
from open311.federation.new_reports import new_reports
from open311.federation.references import Arrival, Counts, Intake, KnownReference, Refusal, refusal_for
from open311.federation.storage import references as stored
from open311.model.access.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility
from open311.storage.database import Connection
from open311.storage.requests import bulk_load
from open311.storage.requests.copy_ids import new_ids

log = structlog.get_logger()

AT_ONCE = 1000
# Written in the transaction of a page, given how much of it was stored and what of it was refused.
SaveProgress = Callable[[Connection, Counts, Sequence[Refusal]], None]


class Lookup(NamedTuple):
    """What is stored of the requests of a page, by their foreign ids, and numbers for those that are new."""

    known: Mapping[str, KnownReference]
    numbers: Sequence[int]


class StaleLookup(Exception):
    """Somebody has stored or changed requests of a page since its `Lookup`."""


class Optimistic(NamedTuple):
    """Optimistic concurrency: the new rows of a page are stored before its turn, relying on a `Lookup`.

    `wait_for_turn` returns once the pages before it are stored; then the lookup is checked.
    """

    lookup: Lookup
    wait_for_turn: Callable[[], object]


def upsert_page(
    core: Core,
    catalogue: Catalogue,
    source: str,
    arrivals: Sequence[Arrival],
    *,
    actor: Actor,
    save_progress: SaveProgress,
    visibility: Visibility = Visibility.PUBLISHED,
    optimistic: Optimistic | None = None,
) -> tuple[Counts, list[Refusal]]:
    """Upsert a page in one transaction, together with its progress; a row that cannot be stored is refused alone."""
    how: dict[str, Any] = {"actor": actor, "visibility": visibility}
    numbers = optimistic.lookup.numbers if optimistic else ()
    # With a stale lookup the page is stored like any other, once, with the numbers that it has already.
    for attempt in (optimistic, None) if optimistic else (None,):
        try:
            with core.database.begin() as conn:
                counts = upsert(
                    core, conn, catalogue, source, arrivals, optimistic=attempt, numbers=numbers, **how
                )
                save_progress(conn, counts, [])
                return counts, []
        except StaleLookup:
            continue
        except Open311Error:
            raise
        except Exception:
            log.exception("page_not_stored", source=source)
            break
    if optimistic:
        optimistic.wait_for_turn()
    counts, refusals = _upsert_one_by_one(core, catalogue, source, arrivals, how)
    with core.database.begin() as conn:
        save_progress(conn, counts, refusals)
    return counts, refusals


def _upsert_one_by_one(
    core: Core, catalogue: Catalogue, source: str, arrivals: Sequence[Arrival], how: Mapping[str, Any]
) -> tuple[Counts, list[Refusal]]:
    """The rows of a page that failed as a whole, so that a bad one costs the others nothing but time."""
    counts, refusals = Counts(), list[Refusal]()
    for arrival in arrivals:
        try:
            with core.database.begin() as conn:
                counts += upsert(core, conn, catalogue, source, [arrival], **how)
        except Open311Error:
            raise
        except Exception as reason:
            refusals.append(
                refusal_for("error.row.unstored", arrival.foreign_id, reason=type(reason).__name__)
            )
    return counts, refusals


def upsert(
    core: Core,
    conn: Connection,
    catalogue: Catalogue,
    source: str,
    arrivals: Sequence[Arrival],
    *,
    actor: Actor,
    visibility: Visibility = Visibility.PUBLISHED,
    optimistic: Optimistic | None = None,
    numbers: Sequence[int] = (),
) -> Counts:
    """Store what is new and change what differs, in the caller's transaction; a second time it does nothing.

    With `optimistic` it may raise `StaleLookup`: then the caller rolls back, and can use the same `numbers` again.
    """
    # A page may hold a request twice, when it changed while pages moved on; the later row wins.
    latest = {arrival.foreign_id: arrival for arrival in arrivals}
    owner = catalogue.jurisdiction.jurisdiction_id
    # All three at once: which are needed is known only half way through, when the rows have been compared.
    for right in (Right.INTAKE, Right.EDIT, Right.SET_STATUS):
        actor.require(right, owner)
    if optimistic is None:
        stored.lock(conn, owner, source)
        known, numbers = _look_up(conn, owner, source, arrivals, numbers)
    else:
        known, numbers = optimistic.lookup
    fresh = [arrival for number, arrival in latest.items() if number not in known]
    if fresh:
        bulk_load.store(conn, new_reports(fresh, catalogue, visibility, str(actor)), numbers)
    if optimistic is not None:
        # So far only rows of new requests were written, which nobody can be waiting for; the rest needs the turn.
        optimistic.wait_for_turn()
        _require_unchanged(conn, (owner, source), latest, known)
    if fresh:
        stored.add(conn, owner, source, fresh, numbers)
    changed = _change_all(core, conn, (owner, source), _different(known, latest), actor)
    changed |= _complete_reporters(conn, known, latest)
    return Counts(new=len(fresh), changed=len(changed), same=len(arrivals) - len(fresh) - len(changed))


def _require_unchanged(
    conn: Connection,
    origin: tuple[str, str],
    latest: Mapping[str, Arrival],
    known: Mapping[str, KnownReference],
) -> None:
    """Take the turn, and see that what was looked up ahead of it still holds; raises `StaleLookup`."""
    stored.lock(conn, *origin)
    if stored.by_foreign_id(conn, *origin, list(latest)) != known:
        raise StaleLookup


def _different(
    known: Mapping[str, KnownReference], latest: Mapping[str, Arrival]
) -> list[tuple[KnownReference, Arrival]]:
    """What is known and has come otherwise now."""
    both = ((known[number], arrival) for number, arrival in latest.items() if number in known)
    return [(reference, arrival) for reference, arrival in both if _differs(reference, arrival)]


def _change_all(
    core: Core,
    conn: Connection,
    origin: tuple[str, str],
    different: Sequence[tuple[KnownReference, Arrival]],
    actor: Actor,
) -> set[int]:
    """Bring what is stored to what has arrived; returns which requests that were. What was erased stays so."""
    ids = [was.service_request_id for was, _ in different]
    present = stored.requests(conn, [number for number in ids if number is not None])
    changed = set[int]()
    for was, arrival in different:
        request = present.get(was.service_request_id or 0)
        if request is None:
            continue
        # What else staff have changed since stays theirs when a better mapping moves nothing but moments.
        change = mend_moments if was.differs_in_moments_alone(arrival) else change_known
        if change(core, conn, request, arrival, was, actor):
            changed.add(request.service_request_id)
        stored.remember(conn, *origin, arrival.foreign_id, arrival.digest)
    return changed


def _complete_reporters(
    conn: Connection, known: Mapping[str, KnownReference], latest: Mapping[str, Arrival]
) -> set[int]:
    """Store what a file says of reporters of requests that came before; people who asked to be forgotten stay so."""
    reporters = {
        number: arrival.reporter
        for foreign_id, arrival in latest.items()
        if arrival.reporter and foreign_id in known and (number := known[foreign_id].service_request_id)
    }
    return stored.complete_reporters(conn, reporters) if reporters else set()


def look_up(core: Core, source: Intake, arrivals: Sequence[Arrival]) -> Lookup:
    """A `Lookup` before the turn of a page; numbers are drawn in the order in which pages are looked up."""
    with core.database.read() as conn:
        return _look_up(conn, source.jurisdiction_id, source.source, arrivals, ())


def _look_up(
    conn: Connection, owner: str, source: str, arrivals: Sequence[Arrival], drawn: Sequence[int]
) -> Lookup:
    foreign_ids = {arrival.foreign_id for arrival in arrivals}
    known = stored.by_foreign_id(conn, owner, source, list(foreign_ids))
    count = len(foreign_ids) - len(known)
    return Lookup(known, [*drawn[:count], *new_ids(conn, max(0, count - len(drawn)))])


def _differs(known: KnownReference, arrival: Arrival) -> bool:
    return known.service_request_id is not None and (known.gone or known.digest != arrival.digest)


def withdraw(
    core: Core, conn: Connection, owner: str, source: str, gone: Mapping[str, bool], *, actor: Actor
) -> Counts:
    """Hide what is no longer public at its source; erase it where that says True."""
    stored.lock(conn, owner, source)
    known = stored.by_foreign_id(conn, owner, source, list(gone))
    numbers = [row.service_request_id for row in known.values() if row.service_request_id is not None]
    present = stored.requests(conn, numbers)
    count = 0
    for foreign_id, was in known.items():
        request = present.get(was.service_request_id or 0)
        if request is None or (was.gone and not gone[foreign_id]):
            continue
        count += 1
        stored.remember(conn, owner, source, foreign_id, was.digest, gone=True)
        leave = casework.erase_locked if gone[foreign_id] else hide
        leave(core, conn, request, actor)
    return Counts(gone=count)


def compare(
    core: Core,
    conn: Connection,
    owner: str,
    source: str,
    copy: int,
    ids: Sequence[str],
    *,
    whole: bool,
    actor: Actor,
) -> Counts:
    """Note that `ids` are in a new full copy of a source; once it is `whole`, hide what was in no part of it."""
    stored.note_copy(conn, owner, source, copy, ids)
    counts = Counts()
    while whole and (missing := stored.not_in_copy(conn, owner, source, copy, AT_ONCE)):
        counts += withdraw(core, conn, owner, source, dict.fromkeys(missing, False), actor=actor)
    return counts
