"""The limit of whoever takes the whole archive: PostgreSQL's own COPY of the same content, to this process."""

import time
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import data
from open311.formats import entries

# What v2 shows of a request, in its order; moments are written as in JSON, in the session's time zone.
FIELDS = {
    "service_request_id": "id::text",
    "status": "status",
    "status_notes": "status_notes",
    "service_name": "{service_names}::jsonb->>service_code",
    "service_code": "service_code",
    "description": "description",
    "agency_responsible": "{agency_names}::jsonb->>agency_responsible",
    "service_notice": "{notices}::jsonb->>service_code",
    "requested_datetime": "requested_datetime",
    "updated_datetime": "updated_datetime",
    "expected_datetime": "expected_datetime",
    "address": "address",
    "address_id": "address_id",
    "zipcode": "zipcode",
    "lat": "st_y(geom)",
    "long": "st_x(geom)",
    "media_url": "(photos||media_urls)[1]",
}
FROM = (
    "from service_requests where jurisdiction_id = 'ludwigshafen.de' and visibility = 'published' "
    "order by requested_datetime, id"
)


def measure(url: str) -> dict[str, float]:
    """Seconds for everything as JSON objects and as CSV."""
    members = ", ".join(f"'{name}', {value}" for name, value in FIELDS.items())
    cells = ", ".join(_cell(name, value) for name, value in FIELDS.items())
    with psycopg.connect(url, autocommit=True, options="-c timezone=Europe/Berlin -c jit=off") as conn:
        return {
            "ndjson": _seconds(conn, f"copy (select json_build_object({members}) {FROM}) to stdout"),
            "csv": _seconds(conn, f"copy (select {cells} {FROM}) to stdout csv header"),
        }


def _cell(name: str, value: str) -> str:
    return f"substr(to_json({value})::text, 2, 25)" if name.endswith("_datetime") else value


def _seconds(conn: psycopg.Connection[Any], command: str) -> float:
    names = entries.names(entries.CSV, data.catalogue(), "de")
    composed = sql.SQL(command).format(**{name: sql.Literal(table) for name, table in names.items()})
    began = time.perf_counter()
    with conn.cursor() as cursor, cursor.copy(composed) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - began
