"""Facts for `open311 doctor`: versions, clock, indexes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_SERVER = text(
    "select current_setting('server_version_num')::integer, clock_timestamp(), extversion from pg_extension"
    " where extname = 'postgis'"
)
_INVALID = text("""
    select indexrelid::regclass::text from pg_index join pg_class on pg_class.oid = indexrelid
    where not indisvalid and relnamespace = 'public'::regnamespace order by 1
""")


@dataclass(frozen=True, slots=True)
class Facts:
    """`version` is PostgreSQL's number, as 150018."""

    version: int
    clock: datetime
    postgis: str
    invalid_indexes: Sequence[str]


def read(conn: Connection) -> Facts:
    version, clock, postgis = conn.execute(_SERVER).one()
    invalid = list(conn.execute(_INVALID).scalars())
    return Facts(version, clock, postgis, invalid)
