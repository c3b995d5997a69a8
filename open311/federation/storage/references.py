"""Requests from elsewhere: many at once, each under the id it has at its source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from open311.federation.references import Arrival, KnownReference
from open311.model.access.actor import Actor
from open311.model.events.event_kinds import EventKind
from open311.model.fields import Role
from open311.model.service_request import NOBODY, PERSONAL, Reporter, ServiceRequest, fields_with
from open311.storage.database import advisory_locks
from open311.storage.database.freshness import announce, announce_internal
from open311.storage.events import MOVES
from open311.storage.requests.copy_ids import copy_rows, point
from open311.storage.requests.rows import COLUMNS, request_from
from open311.storage.tables import events, foreign_references, reporters, service_requests, services

_e, _f, _p, _r = events.c, foreign_references.c, reporters.c, service_requests.c
COPIED = fields_with(Role.TAKEN)


def lock(conn: Connection, jurisdiction_id: str, source: str) -> None:
    """Let one process take from a source at a time, until the transaction ends."""
    conn.execute(
        text("select pg_advisory_xact_lock(:lock, hashtext(:name))"),
        {"lock": advisory_locks.SOURCE, "name": f"{jurisdiction_id} {source}"},
    )


def by_foreign_id(
    conn: Connection, jurisdiction_id: str, source: str, ids: Sequence[str]
) -> dict[str, KnownReference]:
    query = select(_f.foreign_id, _f.service_request_id, _f.digest, _f.gone).where(
        _f.jurisdiction_id == jurisdiction_id, _f.source == source, _f.foreign_id == func.any(list(ids))
    )
    return {
        row[0]: KnownReference(service_request_id=row[1], digest=row[2], gone=row[3])
        for row in conn.execute(query)
    }


def requests(conn: Connection, ids: Iterable[int]) -> dict[int, ServiceRequest]:
    """Requests by id, kept from being changed by others until the transaction ends."""
    # In the order in which acts of staff lock them: two that took the same ones crosswise would wait for each other.
    query = select(*COLUMNS).where(_r.id == func.any(list(ids))).order_by(_r.id)
    rows = conn.execute(query.with_for_update()).all()
    return {row[0]: request_from(tuple(row)) for row in rows}


def add(
    conn: Connection, owner: str, source: str, arrivals: Sequence[Arrival], numbers: Sequence[int]
) -> None:
    """Store the ids that new requests have at their source."""
    references = (
        (owner, arrival.foreign_id, source, number, arrival.digest)
        for number, arrival in zip(numbers, arrivals, strict=True)
    )
    columns = ("jurisdiction_id", "foreign_id", "source", "service_request_id", "digest")
    copy_rows(conn, "foreign_references", columns, references)


def changed_values(arrival: Arrival) -> dict[str, Any]:
    """What an update of the row writes."""
    place = point(arrival.values.get("lat"), arrival.values.get("long"))
    all_values = {"media_urls": [], "attributes": {}, "description": "", "address": ""} | dict(arrival.values)
    values = {name: all_values.get(name) for name in COPIED if name != "updated_datetime"}
    return values | {"geom": None if place is None else func.ST_GeomFromEWKT(place)}


def remember(
    conn: Connection, jurisdiction_id: str, source: str, foreign_id: str, digest: str, *, gone: bool = False
) -> None:
    """Note what a reference looks like now."""
    mine = (_f.jurisdiction_id == jurisdiction_id, _f.source == source, _f.foreign_id == foreign_id)
    conn.execute(update(foreign_references).where(*mine).values(digest=digest, gone=gone))


def redate_closing(conn: Connection, service_request_id: int, closed: datetime, actor: Actor) -> bool:
    """Move the line which says that a request was closed; False when others have decided about its status since."""
    moves = (_e.service_request_id == service_request_id, _e.kind.in_(MOVES))
    last = conn.execute(select(_e.id, _e.actor).where(*moves).order_by(_e.id.desc()).limit(1)).one_or_none()
    if last is None or last.actor != str(actor):
        return False
    conn.execute(update(events).where(_e.id == last.id).values(datetime=closed))
    return True


def complete_reporters(conn: Connection, reporters_by_id: Mapping[int, Reporter]) -> set[int]:
    """Store what is told of reporters and differs, by number of the request; returns the numbers of these requests.

    What is not told stays. Nobody comes back who has asked to be forgotten.
    """
    ids = list(reporters_by_id)
    query = select(_p.service_request_id, *(_p[name] for name in PERSONAL)).where(
        _p.service_request_id == func.any(ids)
    )
    known = {row[0]: Reporter(**dict(zip(PERSONAL, row[1:], strict=True))) for row in conn.execute(query)}
    gone = select(_e.service_request_id).where(
        _e.service_request_id == func.any(ids), _e.kind == EventKind.PERSON_FORGOTTEN
    )
    forgotten = {*conn.execute(gone).scalars()}
    rows = []
    for number, reporter in reporters_by_id.items():
        before = known.get(number, NOBODY)
        after = replace(before, **{name: value for name, value in asdict(reporter).items() if value})
        if after != before and number not in forgotten:
            rows.append({"service_request_id": number, **asdict(after)})
    if rows:
        written = insert(reporters)
        news = {name: written.excluded[name] for name in PERSONAL}
        conn.execute(written.on_conflict_do_update(index_elements=["service_request_id"], set_=news), rows)
        announce_internal(conn)
    return {row["service_request_id"] for row in rows}


def note_copy(conn: Connection, jurisdiction_id: str, source: str, copy: int, ids: Sequence[str]) -> None:
    """Note that a full copy of a source holds these ids."""
    mine = (_f.jurisdiction_id == jurisdiction_id, _f.source == source, _f.foreign_id == func.any(list(ids)))
    conn.execute(update(foreign_references).where(*mine).values(copy=copy))


def not_in_copy(conn: Connection, jurisdiction_id: str, source: str, copy: int, limit: int) -> list[str]:
    """The ids of requests that are not gone, yet in no part of a full copy."""
    query = select(_f.foreign_id).where(
        _f.jurisdiction_id == jurisdiction_id,
        _f.source == source,
        _f.service_request_id.is_not(None),
        _f.copy != copy,
        ~_f.gone,
    )
    return list(conn.execute(query.limit(limit)).scalars())


def open_references(
    conn: Connection, jurisdiction_id: str, source: str, before: datetime, behind: int, limit: int
) -> list[tuple[int, str]]:
    """Number and foreign id of requests that are open and were made before a moment, by number."""
    query = (
        select(_r.id, _f.foreign_id)
        .join(foreign_references, _f.service_request_id == _r.id)
        .where(
            _f.jurisdiction_id == jurisdiction_id,
            _f.source == source,
            _r.status == "open",
            _r.requested_datetime < before,
            _r.id > behind,
        )
    )
    return [(row[0], row[1]) for row in conn.execute(query.order_by(_r.id).limit(limit))]


def name_services(
    conn: Connection, jurisdiction_id: str, names: Mapping[str, Mapping[str, str]], at: datetime
) -> bool:
    """Keep the names of services that no catalogue has; whether any is new."""
    if not names:
        return False
    rows = [
        {
            "jurisdiction_id": jurisdiction_id,
            "service_code": code,
            "service_name": dict(name),
            "retired_datetime": at,
        }
        for code, name in names.items()
    ]
    # A catalogue may have it by now, and then its name stands.
    added = insert(services).values(rows).on_conflict_do_nothing().returning(services.c.service_code)
    is_new = conn.execute(added).first() is not None
    if is_new:
        announce(conn)
    return is_new


def rename_service(
    conn: Connection,
    jurisdiction_id: str,
    service_code: str,
    names: tuple[Mapping[str, str], Mapping[str, str]],
    at: datetime,
) -> None:
    """Give a service that no catalogue has a better name: the second of `names`, if it still has the first."""
    before, after = names
    s = services.c
    mine = (s.jurisdiction_id == jurisdiction_id, s.service_code == service_code)
    unchanged = (s.retired_datetime.is_not(None), s.service_name == dict(before))
    announce(conn)
    # Processes that run look at this moment to see that there are other names.
    better = {"service_name": dict(after), "retired_datetime": at}
    conn.execute(update(services).where(*mine, *unchanged).values(**better))
