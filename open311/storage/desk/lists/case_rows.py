"""What a list shows of a case: one line, whatever question led to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from open311.model.casework.cases import Case
from open311.storage.tables import case_presence, cases, media, service_requests

_c, _r, _m = cases.c, service_requests.c, media.c
# Two lines of the list; a description may have 4,000 letters, and a page a hundred of them.
SHOWN_WORDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A line of the list; `photo` is the key of a small copy, `presence` who looks at it just now.

    `last_word` is what the public was told last.
    """

    case: Case
    status: str
    detailed_status: str
    visibility: str
    title: str | None
    description: str
    address: str
    channel: str | None
    last_word: str | None
    parent_id: int | None
    lat: float | None
    long: float | None
    photo: str | None
    presence: str | None

    @property
    def number(self) -> int:
        return self.case.service_request_id


def rows_of(keys: Any, now: datetime) -> Select[Any]:
    """What a list shows of the cases whose ids `keys` holds, and the columns of `keys` beside it."""
    # Subqueries, since they run for the rows of the page alone; joins would run for all that match.
    photo = (
        select(_m.thumb_key)
        .where(
            _m.service_request_id == keys.c.service_request_id,
            _m.update_id.is_(None),
            _m.thumb_key.is_not(None),
        )
        .order_by(_m.position)
        .limit(1)
        .scalar_subquery()
    )
    p = case_presence.c
    present = (
        select(p.actor)
        .where(p.service_request_id == keys.c.service_request_id, p.until_datetime > now)
        .scalar_subquery()
    )
    return (
        select(
            *(column for column in keys.c if column.name != "service_request_id"),
            *cases.c,
            _r.status,
            _r.detailed_status,
            _r.visibility,
            _r.title,
            func.left(_r.description, SHOWN_WORDS).label("description"),
            _r.address,
            _r.channel,
            func.left(_r.status_notes, SHOWN_WORDS).label("last_word"),
            _r.parent_id,
            func.ST_Y(_r.geom).label("lat"),
            func.ST_X(_r.geom).label("long"),
            photo.label("photo"),
            present.label("presence"),
        )
        .select_from(keys)
        .join(cases, _c.service_request_id == keys.c.service_request_id)
        .join(service_requests, _r.id == keys.c.service_request_id)
    )


SHOWN = (
    "status",
    "detailed_status",
    "visibility",
    "title",
    "description",
    "address",
    "channel",
    "last_word",
    "parent_id",
    "lat",
    "long",
    "photo",
    "presence",
)


def row_from(row: Any) -> CaseRow:
    values = row._mapping
    return CaseRow(case=Case.from_row(dict(values)), **{name: values[name] for name in SHOWN})
