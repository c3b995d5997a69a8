"""Helpers of bulk loading: new ids, values as COPY reads them, and COPY itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from psycopg import sql
from sqlalchemy import Connection, cast, func, select
from sqlalchemy.dialects.postgresql import REGCLASS

from open311.storage.database.statement import plan_once
from open311.storage.tables import service_requests


def new_ids(conn: Connection, count: int) -> list[int]:
    """So many new ids of requests, rising."""
    # In a CTE, or its name would be looked up for every number.
    named = select(cast(func.pg_get_serial_sequence(service_requests.name, "id"), REGCLASS).label("name"))
    sequence = named.cte("sequence").prefix_with("materialized")
    drawn = select(func.nextval(sequence.c.name)).select_from(sequence, func.generate_series(1, count))
    # Sorted, since nothing guarantees the order of `nextval` within a statement.
    return sorted(conn.execute(drawn).scalars())


def point(lat: float | None, long: float | None) -> str | None:
    """A place as the column `geom` reads it; None where a coordinate is missing."""
    return None if lat is None or long is None else f"SRID=4326;POINT({long!r} {lat!r})"


def json_text(value: Mapping[str, Any]) -> str:
    """An object as a column of JSON reads it."""
    return orjson.dumps(dict(value)).decode() if value else "{}"


def array_text(values: Sequence[str]) -> str:
    """Texts as a column of arrays reads them."""
    if not values:
        return "{}"
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(escaped) + '"}'


def copy_rows(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Store rows whose values are in the order of `columns`."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    # Or what a foreign key looks up would be planned again for each row, a sixth of all that PostgreSQL does for one.
    plan_once(conn)
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as sink:
        for row in rows:
            sink.write_row(row)
