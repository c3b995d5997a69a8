"""Words that staff have replaced, kept apart and only for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from open311.storage.tables import case_originals, media

_o, _m = case_originals.c, media.c


@dataclass(frozen=True, slots=True)
class Original:
    """What was in a field of a report before."""

    field: str
    text: str
    replaced_datetime: datetime
    until_datetime: datetime | None


def keep(
    conn: Connection,
    service_request_id: int,
    texts: Mapping[str, str],
    replaced: datetime,
    until: datetime | None,
) -> None:
    """Put replaced words aside."""
    rows = [
        {
            "service_request_id": service_request_id,
            "field": field,
            "text": text,
            "replaced_datetime": replaced,
            "until_datetime": until,
        }
        for field, text in texts.items()
        if text
    ]
    if rows:
        conn.execute(insert(case_originals), rows)


def of_request(conn: Connection, service_request_id: int) -> Sequence[Original]:
    """What was replaced in a report, the oldest first."""
    columns = (_o.field, _o.text, _o.replaced_datetime, _o.until_datetime)
    rows = conn.execute(select(*columns).where(_o.service_request_id == service_request_id).order_by(_o.id))
    return [Original(*row) for row in rows]


def keep_until(conn: Connection, service_request_id: int, until: datetime | None) -> None:
    """Say when the originals of a report end, texts and photos; None while it is open."""
    mine = _o.service_request_id == service_request_id
    conn.execute(update(case_originals).where(mine).values(until_datetime=until))
    photos = (_m.service_request_id == service_request_id, _m.original_key.is_not(None))
    conn.execute(update(media).where(*photos).values(original_until=until))


def forget_texts(conn: Connection, before: datetime) -> int:
    """Delete words whose time is over; returns how many."""
    return conn.execute(delete(case_originals).where(_o.until_datetime < before)).rowcount


def ended_photos(conn: Connection, before: datetime, limit: int) -> Sequence[int]:
    """Photos whose originals' time is over."""
    ended = select(_m.id).where(_m.original_until < before).order_by(_m.id).limit(limit)
    return list(conn.execute(ended).scalars())
