"""What the last act of a case would have to put back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from open311.storage.tables import case_undo

_u = case_undo.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How things were before an act: columns of the request and of the case, and who could see which photo.

    `parts` are the other reports that the act has changed, by their number: an original, its other duplicates.
    """

    actor: str
    revision: int
    until: datetime
    events: tuple[int, ...]
    columns: Mapping[str, Any] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)
    photos: Mapping[int, str] = field(default_factory=dict)
    parts: Mapping[int, "Undo"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LastAct:
    """Whose the last act of a case is, which revision it made, and until when it can be taken back."""

    actor: str
    revision: int
    until: datetime

    def is_revocable(self, actor: str, revision: int, now: datetime) -> bool:
        """Whether somebody may take it back from a case of this revision."""
        return (self.actor, self.revision) == (actor, revision) and now < self.until


def keep(conn: Connection, service_request_id: int, undo: Undo) -> None:
    """Remember one act a case, the last."""
    row: dict[str, Any] = {
        "actor": undo.actor,
        "revision": undo.revision,
        "until_datetime": undo.until,
        "events": list(undo.events),
        "before": _packed(undo),
    }
    stored = insert(case_undo).values(service_request_id=service_request_id, **row)
    conn.execute(stored.on_conflict_do_update(index_elements=["service_request_id"], set_=row))


def find(conn: Connection, service_request_id: int) -> Undo | None:
    """The last act of a case, if it is remembered."""
    row = conn.execute(select(case_undo).where(_u.service_request_id == service_request_id)).one_or_none()
    if row is None:
        return None
    return _unpacked(row.actor, row.revision, row.until_datetime, row.events, row.before)


def drop(conn: Connection, service_request_id: int) -> None:
    """Forget the last act of a case: it was taken back, and that is not taken back."""
    conn.execute(delete(case_undo).where(_u.service_request_id == service_request_id))


def forget(conn: Connection, before: datetime) -> None:
    """Delete what can no longer be taken back: it holds words that staff have removed."""
    conn.execute(delete(case_undo).where(_u.until_datetime < before))


def _packed(undo: Undo) -> dict[str, Any]:
    return {
        "columns": {name: _plain(value) for name, value in undo.columns.items()},
        "case": {name: _plain(value) for name, value in undo.case.items()},
        "photos": {str(media_id): visibility for media_id, visibility in undo.photos.items()},
        "parts": {
            str(number): [part.revision, list(part.events), _packed(part)]
            for number, part in undo.parts.items()
        },
    }


def _unpacked(
    actor: str, revision: int, until: datetime, events: Sequence[int], before: Mapping[str, Any]
) -> Undo:
    return Undo(
        actor=actor,
        revision=revision,
        until=until,
        events=tuple(events),
        columns={name: _value(name, value) for name, value in before["columns"].items()},
        case={name: _value(name, value) for name, value in before["case"].items()},
        photos={int(media_id): visibility for media_id, visibility in before["photos"].items()},
        # Acts of an earlier release have none.
        parts={
            int(number): _unpacked(actor, its_revision, until, its_events, its_before)
            for number, (its_revision, its_events, its_before) in before.get("parts", {}).items()
        },
    )


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def _value(column: str, value: Any) -> Any:
    # JSON knows no moments; the names of the columns say which texts were some.
    if isinstance(value, str) and column.endswith(("_datetime", "_by", "_since")):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and column.endswith("_date"):
        return datetime.fromisoformat(value).date()
    return value
