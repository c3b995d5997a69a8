"""A new report, stored by one statement: the request, how it came in, who sent it, its case, and the events."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Float, Select, bindparam, func, insert, select, union_all

from open311.model.fields import Role
from open311.model.service_request import PERSONAL, Location, Reporter, fields_with
from open311.storage.database.freshness import announce
from open311.storage.database.statement import Statement
from open311.storage.requests import cases as stored_cases
from open311.storage.tables import cases, events, reporters, service_requests, submissions

REQUEST = (*fields_with(Role.NEW), "photos")
SUBMISSION = ("key_id", "client_request_id", "address_unchecked", "attributes", "received_datetime")
REPORTER = (*PERSONAL, "attributes")
EVENT = ("jurisdiction_id", "kind", "public", "in_feed", "datetime", "actor", "data")


def add(
    conn: Connection,
    *,
    request: Mapping[str, Any],
    location: Location | None,
    submission: Mapping[str, Any],
    reporter: Reporter,
    answers: Mapping[str, list[str]],
    events: Sequence[Mapping[str, Any]],
    case: Mapping[str, Any],
) -> int:
    """Store a report; returns its id. The mappings have the names of their tables' columns.

    `answers` are the ones that are not public; nothing is stored about somebody who gave nothing. `events` are the
    events, in their order.
    """
    announce(conn)
    personal = {name: getattr(reporter, name) for name in PERSONAL} | {"attributes": dict(answers)}
    values: dict[str, Any] = {
        **_prefixed("request", request),
        **_prefixed("submission", submission),
        **_prefixed("case", {name: case[name] for name in stored_cases.NEW}),
        "lat": location and location.lat,
        "long": location and location.long,
    }
    for number, event in enumerate(events):
        values |= _prefixed(f"event{number}", event)
    with_reporter = any(personal.values())
    if with_reporter:
        values |= _prefixed("reporter", personal)
    return int(_statement(with_reporter, len(events)).fetch(conn, **values)[0][0])


def _prefixed(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{table}_{name}": Jsonb(value, orjson.dumps) if isinstance(value, dict) else value
        for name, value in values.items()
    }


@cache
def _statement(with_reporter: bool, events: int) -> Statement:
    """Planned once: it has no choice, and the plan takes as long as storing a row."""
    return Statement(_select(with_reporter, events), planned_once=True)


def _select(with_reporter: bool, number_of_events: int) -> Select[Any]:
    r = service_requests.c
    lat, long = (bindparam(name, type_=Float) for name in ("lat", "long"))
    point = func.ST_SetSRID(func.ST_MakePoint(long, lat), 4326)
    values = {name: bindparam(f"request_{name}", type_=r[name].type) for name in REQUEST}
    request = insert(service_requests).values(**values, geom=point).returning(r.id).cte("request")
    more = [("submission", submissions, SUBMISSION), ("case", cases, stored_cases.NEW)]
    if with_reporter:
        more.append(("reporter", reporters, REPORTER))
    rows = [_beside(request, table, columns, name) for name, table, columns in more]
    # Numbered in this order.
    names = [f"event{number}" for number in range(number_of_events)]
    return select(request.c.id).add_cte(*rows, _beside(request, events, EVENT, *names))


def _beside(request: Any, table: Any, columns: tuple[str, ...], *names: str) -> Any:
    """Rows of another table that belong to the request, each filled by parameters that begin with its name."""
    lines = [
        select(
            request.c.id, *(bindparam(f"{name}_{column}", type_=table.c[column].type) for column in columns)
        )
        for name in names
    ]
    source = lines[0] if len(lines) == 1 else union_all(*lines)
    return insert(table).from_select(["service_request_id", *columns], source).cte(f"new_{table.name}")
