"""What the last act of a case would have to put back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from open311.storage.tables import case_undo

_u = case_undo.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How things were before an act: columns of the request and of the case, and who could see which photo."""

    actor: str
    revision: int
    until: datetime
    events: tuple[int, ...]
    columns: Mapping[str, Any] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)
    photos: Mapping[int, str] = field(default_factory=dict)


def keep(conn: Connection, service_request_id: int, undo: Undo) -> None:
    """Remember one act a case, the last."""
    before = {
        "columns": {name: _plain(value) for name, value in undo.columns.items()},
        "case": {name: _plain(value) for name, value in undo.case.items()},
        "photos": {str(media_id): visibility for media_id, visibility in undo.photos.items()},
    }
    row: dict[str, Any] = {
        "actor": undo.actor,
        "revision": undo.revision,
        "until_datetime": undo.until,
        "events": list(undo.events),
        "before": before,
    }
    stored = insert(case_undo).values(service_request_id=service_request_id, **row)
    conn.execute(stored.on_conflict_do_update(index_elements=["service_request_id"], set_=row))


def find(conn: Connection, service_request_id: int) -> Undo | None:
    """The last act of a case, if it is remembered."""
    row = conn.execute(select(case_undo).where(_u.service_request_id == service_request_id)).one_or_none()
    if row is None:
        return None
    return Undo(
        actor=row.actor,
        revision=row.revision,
        until=row.until_datetime,
        events=tuple(row.events),
        columns={name: _value(name, value) for name, value in row.before["columns"].items()},
        case={name: _value(name, value) for name, value in row.before["case"].items()},
        photos={int(media_id): visibility for media_id, visibility in row.before["photos"].items()},
    )


def drop(conn: Connection, service_request_id: int) -> None:
    """Forget the last act of a case: it was taken back, and that is not taken back."""
    conn.execute(delete(case_undo).where(_u.service_request_id == service_request_id))


def forget(conn: Connection, before: datetime) -> None:
    """Delete what can no longer be taken back: it holds words that staff have removed."""
    conn.execute(delete(case_undo).where(_u.until_datetime < before))


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def _value(column: str, value: Any) -> Any:
    """A value as its column takes it."""
    if isinstance(value, str) and column.endswith(("_datetime", "_by", "_since")):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and column.endswith("_date"):
        return datetime.fromisoformat(value).date()
    return value
