"""A new report, stored by one statement: the request, how it came in, who sent it, its case, and the event."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Float, Select, Text, bindparam, func, insert, select

from open311.model.fields import Role
from open311.model.service_request import PERSONAL, Location, Reporter, fields_with
from open311.storage import cases as stored_cases
from open311.storage.database.freshness import CHANNEL, announced
from open311.storage.rows import Statement
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
    event: Mapping[str, Any],
    case: Mapping[str, Any],
) -> int:
    """Store a report; returns its id. The mappings have the names of their tables' columns.

    `answers` are the ones that are not public; nothing is stored about somebody who gave nothing.
    """
    personal = asdict(reporter) | {"attributes": dict(answers)}
    given: dict[str, Any] = {
        **_named("request", request),
        **_named("submission", submission),
        **_named("event", event),
        **_named("case", {name: case[name] for name in stored_cases.NEW}),
        "lat": location and location.lat,
        "long": location and location.long,
    }
    if any(personal.values()):
        given |= _named("reporter", personal)
    statement = _statement(with_reporter=any(personal.values()))
    return int(statement.fetch(conn, **given, change=announced(conn))[0][0])


def _named(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{table}_{name}": Jsonb(value) if isinstance(value, dict) else value
        for name, value in values.items()
    }


@cache
def _statement(*, with_reporter: bool) -> Statement:
    return Statement(_select(with_reporter))


def _select(with_reporter: bool) -> Select[Any]:
    r = service_requests.c
    lat, long = (bindparam(name, type_=Float) for name in ("lat", "long"))
    point = func.ST_SetSRID(func.ST_MakePoint(long, lat), 4326)
    values = {name: bindparam(f"request_{name}", type_=r[name].type) for name in REQUEST}
    request = insert(service_requests).values(**values, geom=point).returning(r.id).cte("request")
    more = [("submission", submissions, SUBMISSION), ("event", events, EVENT)]
    more.append(("case", cases, stored_cases.NEW))
    if with_reporter:
        more.append(("reporter", reporters, REPORTER))
    rows = [_beside(request, name, table, columns) for name, table, columns in more]
    return select(request.c.id, func.pg_notify(CHANNEL, bindparam("change", type_=Text))).add_cte(*rows)


def _beside(request: Any, name: str, table: Any, columns: tuple[str, ...]) -> Any:
    values = [bindparam(f"{name}_{column}", type_=table.c[column].type) for column in columns]
    source = select(request.c.id, *values)
    return insert(table).from_select(["service_request_id", *columns], source).cte(name)
