"""Requests from elsewhere: many at once, each under the id it has at its source."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from open311.federation.references import Arrival, Known
from open311.model.cases import new_case
from open311.model.catalogue import Catalogue
from open311.model.event_kinds import EventKind
from open311.model.fields import Role
from open311.model.service_request import PERSONAL, Location, ServiceRequest, fields_with
from open311.model.visibility import EVERYBODYS
from open311.storage import cases
from open311.storage.copy_ids import copy_rows, new_ids, point
from open311.storage.database.freshness import announce
from open311.storage.rows import COLUMNS, request_from
from open311.storage.tables import foreign_references, service_requests, services

_f, _r = foreign_references.c, service_requests.c
COPIED = fields_with(Role.TAKEN)
EVENT = (
    "jurisdiction_id",
    "service_request_id",
    "public",
    "in_feed",
    "actor",
    "kind",
    "datetime",
    "data",
    "is_update",
)


def lock(conn: Connection, jurisdiction_id: str, source: str) -> None:
    """Let one process take from a source at a time, until the transaction ends."""
    conn.execute(
        text("select pg_advisory_xact_lock(311007, hashtext(:name))"), {"name": f"{jurisdiction_id} {source}"}
    )


def known(conn: Connection, jurisdiction_id: str, source: str, ids: Sequence[str]) -> dict[str, Known]:
    """What is stored of these foreign ids."""
    wanted = select(_f.foreign_id, _f.service_request_id, _f.digest, _f.gone).where(
        _f.jurisdiction_id == jurisdiction_id, _f.source == source, _f.foreign_id == func.any(list(ids))
    )
    return {
        row[0]: Known(service_request_id=row[1], digest=row[2], gone=row[3]) for row in conn.execute(wanted)
    }


def requests(conn: Connection, ids: Iterable[int]) -> dict[int, ServiceRequest]:
    """Requests by id, kept from being changed by others until the transaction ends."""
    rows = conn.execute(select(*COLUMNS).where(_r.id == func.any(list(ids))).with_for_update()).all()
    return {row[0]: request_from(tuple(row)) for row in rows}


def add(
    conn: Connection,
    jurisdiction_id: str,
    source: str,
    arrivals: Sequence[Arrival],
    visibility: str,
    actor: str,
    at: datetime,
    first_status: str,
    catalogue: Catalogue,
) -> None:
    """Store new requests with their references, reporters, cases and events, through COPY."""
    announce(conn)
    rows = list(zip(new_ids(conn, len(arrivals)), arrivals, strict=True))
    shown = visibility == EVERYBODYS
    copy_rows(
        conn,
        "service_requests",
        ("id", "jurisdiction_id", "visibility", "geom", *COPIED),
        (
            (number, jurisdiction_id, visibility, _point(arrival.values), *_values(arrival))
            for number, arrival in rows
        ),
    )
    owned = {"jurisdiction_id": jurisdiction_id, "visibility": visibility}
    new_cases = (
        new_case(
            {**arrival.values, **owned},
            catalogue,
            number,
            place=_place(arrival.values),
            from_elsewhere=True,
        )
        for number, arrival in rows
    )
    cases.copy(conn, new_cases)
    copy_rows(
        conn,
        "foreign_references",
        ("jurisdiction_id", "foreign_id", "source", "service_request_id", "digest"),
        ((jurisdiction_id, arrival.foreign_id, source, number, arrival.digest) for number, arrival in rows),
    )
    reporters = (
        (number, *(getattr(arrival.reporter, name) for name in PERSONAL))
        for number, arrival in rows
        if arrival.reporter
    )
    copy_rows(conn, "reporters", ("service_request_id", *PERSONAL), reporters)
    events = (
        (jurisdiction_id, number, shown, shown, actor, *line)
        for number, arrival in rows
        for line in _lines(arrival, first_status)
    )
    copy_rows(conn, "events", EVENT, events)


def _lines(arrival: Arrival, first_status: str) -> list[tuple[Any, ...]]:
    """The history as far as the request itself tells: handed in, and what has become of it."""
    values = arrival.values
    first = {"status": "open", "detailed_status": first_status}
    lines: list[tuple[Any, ...]] = [(EventKind.SUBMITTED, values["requested_datetime"], Jsonb(first), False)]
    if values["detailed_status"] != first_status or values.get("status_notes"):
        now = {
            name: values[name] for name in ("status", "detailed_status", "status_notes") if values.get(name)
        }
        moment = values.get("closed_datetime") or values["updated_datetime"]
        lines.append((EventKind.STATUS_CHANGED, moment, Jsonb(now), True))
    return lines


def _values(arrival: Arrival) -> list[Any]:
    given = {"media_urls": [], "attributes": {}, "description": "", "address": ""} | dict(arrival.values)
    return [Jsonb(given[name]) if name == "attributes" else given.get(name) for name in COPIED]


def _place(values: Mapping[str, Any]) -> Location | None:
    lat, long = values.get("lat"), values.get("long")
    return None if lat is None or long is None else Location(lat, long)


def _point(values: Mapping[str, Any]) -> str | None:
    return point(values.get("lat"), values.get("long"))


def changed_values(arrival: Arrival) -> dict[str, Any]:
    """What an update of the row writes."""
    place = _point(arrival.values)
    values = dict(zip(COPIED, _values(arrival), strict=True)) | {
        "attributes": dict(arrival.values.get("attributes", {}))
    }
    del values["updated_datetime"]
    return values | {"geom": None if place is None else func.ST_GeomFromEWKT(place)}


def remember(
    conn: Connection, jurisdiction_id: str, source: str, foreign_id: str, digest: str, *, gone: bool = False
) -> None:
    """Note what a reference looks like now."""
    mine = (_f.jurisdiction_id == jurisdiction_id, _f.source == source, _f.foreign_id == foreign_id)
    conn.execute(update(foreign_references).where(*mine).values(digest=digest, gone=gone))


def note_copy(conn: Connection, jurisdiction_id: str, source: str, copy: int, ids: Sequence[str]) -> None:
    """Note that a full copy of a source holds these ids."""
    mine = (_f.jurisdiction_id == jurisdiction_id, _f.source == source, _f.foreign_id == func.any(list(ids)))
    conn.execute(update(foreign_references).where(*mine).values(copy=copy))


def not_in_copy(conn: Connection, jurisdiction_id: str, source: str, copy: int, limit: int) -> list[str]:
    """The ids of requests that are not gone, yet in no part of a full copy."""
    wanted = select(_f.foreign_id).where(
        _f.jurisdiction_id == jurisdiction_id,
        _f.source == source,
        _f.service_request_id.is_not(None),
        _f.copy != copy,
        ~_f.gone,
    )
    return list(conn.execute(wanted.limit(limit)).scalars())


def open_references(
    conn: Connection, jurisdiction_id: str, source: str, before: datetime, behind: int, limit: int
) -> list[tuple[int, str]]:
    """Number and foreign id of requests that are open and were made before a moment, by number."""
    wanted = (
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
    return [(row[0], row[1]) for row in conn.execute(wanted.order_by(_r.id).limit(limit))]


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
    added = insert(services).values(rows).on_conflict_do_nothing().returning(services.c.service_code)
    is_new = conn.execute(added).first() is not None
    if is_new:
        announce(conn)
    return is_new
