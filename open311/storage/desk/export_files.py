"""Files that the worker writes for somebody; gone after a day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from open311.model.casework.export_files import ExportFile, FileKind, FileState
from open311.storage.tables import export_files, export_parts

_f, _p = export_files.c, export_parts.c
_COLUMNS = (_f.id, _f.account_id, _f.kind, _f.filters, _f.state, _f.rows, _f.created_datetime)


def add(conn: Connection, account_id: int, kind: FileKind, filters: Mapping[str, str], now: datetime) -> int:
    """Note a file that is to be written; its id."""
    new = insert(export_files).values(
        account_id=account_id,
        kind=kind.value,
        filters=dict(filters),
        state=FileState.WAITING.value,
        rows=0,
        created_datetime=now,
    )
    return int(conn.execute(new.returning(_f.id)).scalar_one())


def of_account(conn: Connection, account_id: int) -> list[ExportFile]:
    """Somebody's files, the newest first."""
    query = select(*_COLUMNS).where(_f.account_id == account_id).order_by(_f.id.desc())
    return [_file(row) for row in conn.execute(query)]


def find(conn: Connection, file_id: int) -> ExportFile | None:
    row = conn.execute(select(*_COLUMNS).where(_f.id == file_id)).one_or_none()
    return _file(row) if row else None


def _file(row: Row[*tuple[Any, ...]]) -> ExportFile:
    return ExportFile(**{**row._mapping, "kind": FileKind(row.kind), "state": FileState(row.state)})


def put_part(conn: Connection, file_id: int, position: int, content: bytes) -> None:
    conn.execute(insert(export_parts).values(file_id=file_id, position=position, content=content))


def finish(conn: Connection, file_id: int, rows: int) -> None:
    done = {"state": FileState.DONE.value, "rows": rows}
    conn.execute(update(export_files).where(_f.id == file_id).values(**done))


def begin_anew(conn: Connection, file_id: int) -> None:
    """Drop what a worker that died has left of it."""
    conn.execute(delete(export_parts).where(_p.file_id == file_id))


def part(conn: Connection, file_id: int, position: int) -> bytes | None:
    """A piece of the file; None behind the last."""
    mine = (_p.file_id == file_id, _p.position == position)
    return conn.execute(select(_p.content).where(*mine)).scalar_one_or_none()


def remove(conn: Connection, file_id: int) -> None:
    conn.execute(delete(export_files).where(_f.id == file_id))


def prune(conn: Connection, before: datetime) -> None:
    conn.execute(delete(export_files).where(_f.created_datetime < before))
