"""Online schema changes for migrations: nobody who reads or writes a large table has to wait.

A statement that needs a lock waits for it at most `LOCK_WAIT`, since everybody who comes later waits behind it; then
the whole migration is tried again (`migrate.upgrade`). What takes long is done beside the others: indexes concurrently,
rows in batches that commit. So a migration that does either is not undone as a whole when it fails; it must be able to
begin again.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

from open311.storage.database.migrate import LOCK_WAIT

# A batch commits within a fraction of a second, so that nobody waits long for its rows.
BATCH = 5_000
_INVALID = "select 1 from pg_index where indexrelid = to_regclass('%s') and not indisvalid"


@contextmanager
def beside() -> Iterator[None]:
    """Within the block each statement commits by itself and may wait as long as it takes: nobody queues behind it."""
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")
        try:
            yield
        finally:
            op.execute(f"set lock_timeout = '{LOCK_WAIT}'")


def create_index(name: str, definition: str) -> None:
    """Build an index, as `create_index("events_by_kind", "events (kind)")`; one that broke off is built again."""
    with beside():
        bind = op.get_bind()
        if bind.exec_driver_sql(_INVALID % name).first():
            # One that broke off is kept up by every write and used by no read.
            bind.exec_driver_sql(f"drop index concurrently {name}")
        bind.exec_driver_sql(
            # psycopg reads a per cent sign as the begin of a parameter.
            f"create index concurrently if not exists {name} on {definition}".replace("%", "%%")
        )


def drop_index(name: str) -> None:
    """Drop an index; one that is gone already is no error."""
    with beside():
        op.execute(f"drop index concurrently if exists {name}")


def rebuild_index(name: str, definition: str) -> None:
    """Give an index of `public` another definition; the old one serves until the new one stands."""
    create_index(f"{name}_new", definition)
    drop_index(f"public.{name}")
    op.execute(f"alter index public.{name}_new rename to {name}")


def validate(table: str, name: str) -> None:
    """Hold the old rows against a constraint that was added as `not valid`."""
    with beside():
        op.execute(f"alter table {table} validate constraint {name}")


def in_batches(what: str, table: str, statement: str, *, size: int = BATCH) -> None:
    """Run a statement for each span of ids of a table, from `:first` to `:last`; each span commits, and is told.

    It must not mind to be run again for rows that it has seen.
    """
    with beside():
        bind = op.get_bind()
        lowest, highest = bind.exec_driver_sql(f"select min(id), max(id) from {table}").one()
        if lowest is None:
            return
        for first in range(lowest, highest + 1, size):
            span = {"first": str(first), "last": str(min(first + size - 1, highest))}
            bind.exec_driver_sql(statement.replace(":first", span["first"]).replace(":last", span["last"]))
            done = (min(first + size, highest + 1) - lowest) / (highest + 1 - lowest)
            sys.stderr.write(f"{what}: {done:.0%}\n")
