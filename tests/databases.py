"""Databases that a test has for itself: copies of a migrated one, lent again while nobody has changed their shape.

Emptying one costs a tenth of making one.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count

import psycopg
from psycopg import sql

from open311.storage.database import migrate
from open311.storage.upkeep import identity

TEMPLATE = "open311_template"
# Whatever makes or alters a relation, a function or a setting writes rows here, with the number of its transaction.
_SHAPE = sql.SQL(" union all ").join(
    sql.SQL("select count(*), max(xmin::text::bigint) from {}").format(sql.Identifier("pg_catalog", catalog))
    for catalog in (
        "pg_attribute",
        "pg_constraint",
        "pg_db_role_setting",
        "pg_extension",
        "pg_index",
        "pg_namespace",
        "pg_proc",
        "pg_sequence",
        "pg_trigger",
    )
)
_ALONE = (
    "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)
# Those of the projections come with PostGIS.
_WRITTEN = (
    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    " and relname <> 'spatial_ref_sys' and pg_relation_size(oid) > 0"
)
_COUNTED_ANEW = (
    "select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
    " from pg_sequences where last_value is not null"
)


class Databases:
    """The databases of one cluster, made as they are wanted."""

    def __init__(self, cluster_url: str) -> None:
        self._cluster_url = cluster_url
        self._numbers = count(1)
        self._idle: list[_Lendable] = []

    def new(self, name: str) -> str:
        """The address of one more copy, which lasts as long as the cluster."""
        self._administer("create database {} template {} strategy file_copy", name, TEMPLATE)
        url = self._cluster_url.replace("DATABASE", name)
        # To the server a copy looks like a backup that was restored; here it is a server's own database.
        with migrate.connected(url) as connection:
            identity.adopt(connection)
            connection.commit()
        return url

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of an empty one, to be used as one likes."""
        database = self._idle.pop() if self._idle else self._lendable()
        yield database.url
        if database.emptied():
            self._idle.append(database)
        else:
            self._administer("drop database if exists {} with (force)", database.name)

    def _lendable(self) -> "_Lendable":
        name = f"lent_{next(self._numbers)}"
        return _Lendable(name, self.new(name))

    def _administer(self, statement: str, *names: str) -> None:
        address = self._cluster_url.replace("DATABASE", "postgres")
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class _Lendable:
    """A database of which one knows how it was when it was new."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        with closing(psycopg.connect(url)) as connection, connection.cursor() as cursor:
            self._shape = cursor.execute(_SHAPE).fetchall()
            self._rows = {}
            for table in _written(cursor):
                with cursor.copy(sql.SQL("copy {} to stdout").format(sql.Identifier(table))) as copy:
                    self._rows[table] = b"".join(copy)

    def emptied(self) -> bool:
        """Take out what was written; whether it is as it was then."""
        try:
            connection = psycopg.connect(self.url)
        except psycopg.OperationalError:
            return False
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(_ALONE)
            if cursor.execute(_SHAPE).fetchall() != self._shape:
                return False
            tables = sql.SQL(", ").join(map(sql.Identifier, _written(cursor)))
            cursor.execute(sql.SQL("truncate {} cascade").format(tables))
            cursor.execute(_COUNTED_ANEW)
            for table, rows in self._rows.items():
                with cursor.copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as copy:
                    copy.write(rows)
            connection.commit()
        return True


def _written(cursor: psycopg.Cursor) -> list[str]:
    return [name for (name,) in cursor.execute(_WRITTEN)]
