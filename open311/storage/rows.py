"""Rows of `service_requests` as values, the fast way: psycopg's own tuples, in binary."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq import Format as WireFormat
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.psycopg import dialect

from open311.base.errors import Unavailable, problem
from open311.model.fields import Role
from open311.model.service_request import ROLES, Note, ServiceRequest
from open311.storage.tables import events, foreign_references, service_requests

_dialect = dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
# Of one connection; each takes some memory of the server.
MOST_PREPARED = 100
# Where a connection's statements are kept: name by text and types.
PREPARED = "open311_prepared"
BINARY = WireFormat.BINARY
# How a connection plans: anew for the values of each statement, or once.
MODE = "open311_plans"
CUSTOM, GENERIC = "force_custom_plan", "force_generic_plan"
_numbers = count(1)
_r = service_requests.c
# What is read for a field that is no column of the same name.
_READ_AS = {
    "service_request_id": _r.id,
    "lat": func.ST_Y(_r.geom).label("lat"),
    "long": func.ST_X(_r.geom).label("long"),
    "media_urls": _r.photos.concat(_r.media_urls).label("media_urls"),
    "reference": select(func.min(foreign_references.c.foreign_id))
    .where(foreign_references.c.service_request_id == _r.id)
    .scalar_subquery()
    .label("reference"),
}
_READ = tuple(name for name, roles in ROLES.items() if name in _READ_AS or Role.COLUMN in roles)
# Found by name and in the order of `ServiceRequest`, so that a row becomes one without a look at names.
COLUMNS = tuple(_READ_AS[name] if name in _READ_AS else _r[name] for name in _READ)
# What v2 shows.
PLAIN_COLUMNS = COLUMNS[: _READ.index("media_urls") + 1]
assert ServiceRequest._fields[: len(_READ)] == _READ, "fields that are not read stand last in ServiceRequest"


def column_of(field: str) -> Any:
    """What is read for a field of `ServiceRequest`, without a name of its own."""
    column = _READ_AS.get(field, _r.get(field))
    return getattr(column, "element", column)


class Statement:
    """A SELECT, compiled once and prepared by each connection; SQLAlchemy's own way would cost more than the query."""

    def __init__(self, select: Select[Any], *, planned_once: bool = False) -> None:
        """With `planned_once`, for statements that are carried out alike whatever they are filled with."""
        compiled = select.compile(dialect=_dialect)
        self.sql = str(compiled)
        self._planned_once = planned_once
        self._names: list[str] = compiled.positiontup or []
        # What SQLAlchemy has put aside as a parameter although it is a constant.
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def fetch(self, conn: Connection, **parameters: Any) -> list[tuple[Any, ...]]:
        """All rows, as psycopg's own tuples."""
        driver: Any = conn.connection.driver_connection
        given = self._constants | parameters
        values = [given[name] for name in self._names]
        try:
            if driver.autocommit and driver.prepare_threshold is not None:
                plan_as(conn, GENERIC if self._planned_once else CUSTOM)
                return _fetch_prepared(driver, conn.info.setdefault(PREPARED, {}), self.sql, values)
            with psycopg.RawCursor(driver) as cursor:
                return cursor.execute(self.sql, values, prepare=True, binary=True).fetchall()
        except (psycopg.OperationalError, psycopg.InterfaceError) as lost:
            conn.invalidate(lost)
            raise Unavailable(problem("error.unavailable")) from lost
        except psycopg.Error as error:
            forget_row(error)
            raise


def plan_as(conn: Connection, mode: str) -> None:
    """From now on, statements of this connection are planned so; lent connections are in the mode `CUSTOM`."""
    if conn.info.get(MODE, CUSTOM) != mode:
        driver: Any = conn.connection.driver_connection
        libpq = driver.pgconn
        _check(libpq, libpq.exec_(f"set plan_cache_mode = {mode}".encode()), ExecStatus.COMMAND_OK)
        conn.info[MODE] = mode


def _fetch_prepared(
    driver: Any, prepared: dict[Any, bytes], sql: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Past the cursor, which takes as long as the database needs for a small page."""
    libpq, transformer = driver.pgconn, Transformer(driver)
    encoded = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    question = sql, transformer.types
    name = prepared.pop(question, None)
    if name is None:
        if len(prepared) >= MOST_PREPARED:
            oldest = prepared.pop(next(iter(prepared)))
            _check(libpq, libpq.exec_(b"deallocate " + oldest), ExecStatus.COMMAND_OK)
        name = f"open311_{next(_numbers)}".encode()
        _check(libpq, libpq.prepare(name, sql.encode(), transformer.types), ExecStatus.COMMAND_OK)
    # Those used last stand at the end.
    prepared[question] = name
    result = libpq.exec_prepared(name, encoded, transformer.formats, BINARY)
    _check(libpq, result, ExecStatus.TUPLES_OK)
    transformer.set_pgresult(result)
    rows: list[tuple[Any, ...]] = transformer.load_rows(0, result.ntuples, tuple)
    return rows


def _check(libpq: Any, result: Any, expected: ExecStatus) -> None:
    if result.status == expected:
        return
    if libpq.status != ConnStatus.OK:
        raise psycopg.OperationalError("the connection is lost")
    raise psycopg.errors.error_from_result(result)


def forget_row(error: psycopg.Error) -> None:
    """Errors are logged, and in their details PostgreSQL quotes the row: a reporter's name and address."""
    error.args = (error.diag.message_primary or type(error).__name__,)


def request_from(row: Sequence[Any]) -> ServiceRequest:
    """The request that a row of `PLAIN_COLUMNS`, of `COLUMNS`, or of these and `notes_column` describes."""
    if len(row) <= len(COLUMNS):
        return ServiceRequest(*row)
    return ServiceRequest(*row[:-1])._replace(notes=_notes(row[-1]))


def notes_column() -> Any:
    """The public history of a row as JSON, so that a page stays one statement."""
    event = events.c
    seconds = func.extract("epoch", event.datetime).cast(_r.id.type)
    line = func.jsonb_build_array(
        event.id,
        seconds,
        event.kind,
        event.data["detailed_status"],
        event.data["status_notes"],
        event.data["photos"],
        event.data["media_urls"],
    )
    lines = select(func.jsonb_agg(aggregate_order_by(line, event.id)))
    return lines.where(event.service_request_id == _r.id, event.public).scalar_subquery().label("notes")


def _notes(lines: Any) -> tuple[Note, ...]:
    return tuple(
        Note(
            number=number,
            datetime=datetime.fromtimestamp(seconds, UTC),
            kind=kind,
            detailed_status=detailed_status,
            description=status_notes or "",
            media_urls=(*(photos or ()), *(media_urls or ())),
        )
        for number, seconds, kind, detailed_status, status_notes, photos, media_urls in lines or ()
    )
