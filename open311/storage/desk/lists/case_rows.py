"""What a list shows of a case: one line, whatever question led to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from open311.model.casework.cases import Case
from open311.storage.tables import case_presence, cases, media, service_requests

_c, _r, _m, _p = cases.c, service_requests.c, media.c, case_presence.c
# Two lines of the list; a description may have 4,000 letters, and a page a hundred of them.
SHOWN_WORDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A line of the list; `photo` is the key of a small copy, `presence` who looks at it just now.

    `last_word` is what the public was told last; `attributes` are answers to questions, for what is taken along.
    """

    case: Case
    status: str
    detailed_status: str
    visibility: str
    title: str | None
    description: str
    attributes: Mapping[str, Sequence[str]]
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


def rows_of(keys: Any, now: datetime, *, whole: bool = False) -> Select[Any]:
    """What a list shows of the cases whose ids `keys` holds, and the columns of `keys` beside it.

    With `whole` descriptions are not cut, and answers are there: for what is taken along.
    """
    number = keys.c.service_request_id
    return (
        select(
            *(column for column in keys.c if column.name != "service_request_id"),
            *cases.c,
            _r.status,
            _r.detailed_status,
            _r.visibility,
            _r.title,
            _r.description if whole else func.left(_r.description, SHOWN_WORDS).label("description"),
            (_r.attributes if whole else literal({}, JSONB)).label("attributes"),
            _r.address,
            _r.channel,
            func.left(_r.status_notes, SHOWN_WORDS).label("last_word"),
            _r.parent_id,
            func.ST_Y(_r.geom).label("lat"),
            func.ST_X(_r.geom).label("long"),
            # Subqueries, since they run for the rows of the page alone; joins would run for all that match.
            _first_photo(number).label("photo"),
            _presence(number, now).label("presence"),
        )
        .select_from(keys)
        .join(cases, _c.service_request_id == number)
        .join(service_requests, _r.id == number)
    )


def _first_photo(number: ColumnElement[int]) -> ScalarSelect[str]:
    of_report = (_m.service_request_id == number, _m.update_id.is_(None), _m.thumb_key.is_not(None))
    return select(_m.thumb_key).where(*of_report).order_by(_m.position).limit(1).scalar_subquery()


def _presence(number: ColumnElement[int], now: datetime) -> ScalarSelect[str]:
    return select(_p.actor).where(_p.service_request_id == number, _p.until_datetime > now).scalar_subquery()


_BESIDE_CASE = [field.name for field in fields(CaseRow) if field.name != "case"]


def row_from(row: Any) -> CaseRow:
    values = row._mapping
    return CaseRow(case=Case.from_row(dict(values)), **{name: values[name] for name in _BESIDE_CASE})
