"""Many reports with their histories at once, by COPY."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from psycopg import sql
from sqlalchemy import Connection, func, select

from open311.model.service_request import Reporter, ServiceRequest
from open311.storage.freshness import announce
from open311.storage.tables import service_requests

REQUEST = (
    "jurisdiction_id",
    "service_code",
    "status",
    "detailed_status",
    "visibility",
    "version",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "status_notes",
    "description",
    "agency_responsible",
    "address",
    "zipcode",
    "closed_datetime",
    "channel",
)
EVENT = ("kind", "datetime", "actor", "public", "in_feed", "is_update")
REPORTER = ("email", "phone", "first_name", "last_name", "device_id", "account_id")


class Report(Protocol):
    """A report without an id, who sent it, and the lines of its history by the names of their columns."""

    request: ServiceRequest
    reporter: Reporter
    answers: dict[str, list[str]]
    token: str | None
    events: list[dict[str, Any]]


def store(conn: Connection, reports: Sequence[Report]) -> None:
    """Store reports with new ids, in their order, as they are: nothing is checked, no job is deferred."""
    announce(conn)
    ids = _new_ids(conn, len(reports))
    numbered = list(zip(ids, reports, strict=True))
    _copy(conn, "service_requests", ("id", *REQUEST, "geom", "attributes"), _requests(numbered))
    came_in = ((number, each.request.requested_datetime) for number, each in numbered)
    _copy(conn, "submissions", ("service_request_id", "received_datetime"), came_in)
    _copy(conn, "reporters", ("service_request_id", *REPORTER, "attributes"), _reporters(numbered))
    _copy(conn, "events", ("service_request_id", "jurisdiction_id", *EVENT, "data"), _events(numbered))
    given = ("token", "jurisdiction_id", "service_request_id", "accepted_datetime")
    _copy(conn, "tokens", given, _tokens(numbered))


def _new_ids(conn: Connection, count: int) -> list[int]:
    sequence = func.pg_get_serial_sequence(service_requests.name, "id")
    drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return sorted(conn.execute(drawn).scalars())


def _copy(conn: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _requests(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, each in numbered:
        request = each.request
        point = None if request.lat is None else f"SRID=4326;POINT({request.long} {request.lat})"
        values = (getattr(request, name) for name in REQUEST)
        yield number, *values, point, _json(request.attributes)


def _reporters(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, each in numbered:
        known = asdict(each.reporter)
        if each.answers or any(known.values()):
            yield number, *(known[name] for name in REPORTER), _json(each.answers)


def _events(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, each in numbered:
        for line in each.events:
            yield number, each.request.jurisdiction_id, *(line[name] for name in EVENT), _json(line["data"])


def _tokens(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, each in numbered:
        if each.token:
            yield each.token, each.request.jurisdiction_id, number, each.request.requested_datetime


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
