"""Prepared statements that bypass SQLAlchemy and the cursor on hot paths."""

import re
import select
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import psycopg
import structlog
from psycopg import sql
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq import Format as WireFormat
from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql.psycopg import dialect

from open311.storage.database.failures import raise_in_our_words

_dialect = dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
# Of one connection; each takes some memory of the server.
MOST_PREPARED = 100
# Where a connection's statements are kept.
PREPARED = "open311_prepared"
BINARY = WireFormat.BINARY
# How a connection plans: for the values of each statement, or once.
MODE = "open311_plans"
CUSTOM, GENERIC = "force_custom_plan", "force_generic_plan"
PARAMETER = re.compile(r"\$(\d+)")
_numbers = count(1)

log = structlog.get_logger()


class Statement:
    """A SELECT, compiled once and prepared by each connection; SQLAlchemy's own way would cost more than the query."""

    def __init__(self, query: Select[Any], *, planned_once: bool = False) -> None:
        """With `planned_once`, for statements that are carried out alike whatever they are filled with."""
        compiled = query.compile(dialect=_dialect)
        self.sql = str(compiled)
        self._planned_once = planned_once
        self._names: list[str] = compiled.positiontup or []
        # What SQLAlchemy has put aside as a parameter although it is a constant.
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def copied(self, conn: Connection, **parameters: Any) -> list[bytes]:
        """All rows as lines of CSV. COPY writes them, in C, and takes no parameters."""
        driver: Any = conn.connection.driver_connection
        values_by_name = self._constants | parameters
        literals = [sql.Literal(values_by_name[name]).as_string(driver) for name in self._names]
        filled = PARAMETER.sub(lambda place: literals[int(place[1]) - 1], self.sql)
        try:
            return list(_copied(driver, f"copy ({filled}) to stdout (format csv)".encode()))
        except psycopg.Error as error:
            raise_in_our_words(conn, error)
            raise

    def fetch(self, conn: Connection, **parameters: Any) -> list[tuple[Any, ...]]:
        """All rows, as psycopg's own tuples."""
        driver: Any = conn.connection.driver_connection
        values_by_name = self._constants | parameters
        values = [values_by_name[name] for name in self._names]
        try:
            # Through a pooler, the next transaction would have its plans and not its statements.
            if driver.prepare_threshold is not None:
                plan_as(conn, GENERIC if self._planned_once else CUSTOM)
                if driver.autocommit:
                    prepared: _Prepared = conn.info.get(PREPARED) or conn.info.setdefault(
                        PREPARED, _Prepared(driver)
                    )
                    return prepared.fetch(self.sql, values)
            with psycopg.RawCursor(driver) as cursor:
                return cursor.execute(self.sql, values, prepare=True, binary=True).fetchall()
        except psycopg.Error as error:
            raise_in_our_words(conn, error)
            raise


def _copied(driver: Any, command: bytes) -> Iterator[bytes]:
    """What COPY sends, message by message; psycopg's own loop takes longer for a row than PostgreSQL does."""
    libpq, waiting = driver.pgconn, select.poll()
    waiting.register(driver.fileno(), select.POLLIN)
    require(libpq, libpq.exec_(command), ExecStatus.COPY_OUT)
    while (message := libpq.get_copy_data(1))[0] >= 0:
        if message[0]:
            yield bytes(message[1])
        else:
            # Here and not in libpq, which would keep other threads from running meanwhile.
            waiting.poll()
            libpq.consume_input()
    result = libpq.get_result()
    while libpq.get_result():
        pass
    require(libpq, result, ExecStatus.COMMAND_OK)


def plan_as(conn: Connection, mode: str) -> None:
    """From now on, statements of this connection are planned so; pooled connections are in the mode `CUSTOM`."""
    if conn.info.get(MODE, CUSTOM) == mode:
        return
    libpq = conn.connection.driver_connection.pgconn  # type: ignore[union-attr]
    # Nothing but the end of a transaction that has failed, which plans nothing.
    if libpq.transaction_status != TransactionStatus.INERROR:
        require(libpq, libpq.exec_(f"set plan_cache_mode = {mode}".encode()), ExecStatus.COMMAND_OK)
        conn.info[MODE] = mode


def plan_once(conn: Connection) -> None:
    """Until the next statement that asks for something else, plan alike whatever the values are."""
    driver: Any = conn.connection.driver_connection
    # What is set through a pooler would stay for the next session.
    if driver.prepare_threshold is not None:
        plan_as(conn, GENERIC)


def forget_plans(conn: Connection) -> None:
    """After a rollback, which may have taken back how the connection plans."""
    if not conn.invalidated:
        conn.info[MODE] = None


class _Prepared:
    """What a connection has prepared, for asking past the cursor, which takes longer than a small page.

    One transformer serves all statements: to look up again how each type is written and read takes 30 µs.
    """

    def __init__(self, driver: Any) -> None:
        self._libpq = driver.pgconn
        self._transformer = Transformer(driver)
        # By text and types; those used last are at the end.
        self._names: dict[Any, bytes] = {}

    def fetch(self, written: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        libpq, transformer = self._libpq, self._transformer
        encoded = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        result = libpq.exec_prepared(self._name_of(written), encoded, transformer.formats, BINARY)
        require(libpq, result, ExecStatus.TUPLES_OK)
        transformer.set_pgresult(result)
        rows: list[tuple[Any, ...]] = transformer.load_rows(0, result.ntuples, tuple)
        transformer.set_pgresult(None)
        return rows

    def _name_of(self, written: str) -> bytes:
        libpq, types = self._libpq, self._transformer.types
        name = self._names.pop((written, types), None)
        if name is None:
            if len(self._names) >= MOST_PREPARED:
                oldest = self._names.pop(next(iter(self._names)))
                require(libpq, libpq.exec_(b"deallocate " + oldest), ExecStatus.COMMAND_OK)
            name = f"open311_{next(_numbers)}".encode()
            require(libpq, libpq.prepare(name, written.encode(), types), ExecStatus.COMMAND_OK)
        self._names[written, types] = name
        return name


def require(libpq: Any, result: Any, expected: ExecStatus) -> None:
    """Raise what libpq says instead of what was expected."""
    if result.status == expected:
        return
    if libpq.status != ConnStatus.OK:
        raise psycopg.OperationalError("the connection is lost")
    raise psycopg.errors.error_from_result(result)
