"""Reports that may be about the same thing: near, alike in words, alike in their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from open311.model.maps.geography import Circle
from open311.model.service_request import Location, Visibility
from open311.storage.desk.scope import Scope
from open311.storage.maps.circles import lies_in, metres_from
from open311.storage.tables import cases, media, service_requests

_r, _c, _m = service_requests.c, cases.c, media.c
MOST = 20
# Difference hashes of one picture, made smaller or brighter, differ in at most so many bits.
SAME_PICTURE_BITS = 10
# Two queries, each of which spells the condition of a partial index of places.
VISIBLE: tuple[ColumnElement[bool], ...] = (
    literal_column(f"service_requests.visibility = '{Visibility.PUBLISHED}'"),
    literal_column(f"service_requests.visibility in ('{Visibility.HELD}', '{Visibility.WITHHELD}')"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A report nearby: metres away, how alike in words from 0 to 1, in how many bits the nearest picture differs."""

    service_request_id: int
    service_code: str
    status: str
    detailed_status: str
    visibility: str
    requested_datetime: datetime
    description: str
    address: str
    parent_id: int | None
    lat: float
    long: float
    photo: str | None
    metres: float
    likeness: float
    picture_bits: int | None

    @property
    def same_picture(self) -> bool:
        return self.picture_bits is not None and self.picture_bits <= SAME_PICTURE_BITS


def find(
    conn: Connection,
    scope: Scope,
    place: Location,
    *,
    metres: int,
    closed_since: datetime,
    words: str = "",
    services: Sequence[str] = (),
    hashes: Sequence[int] = (),
    without: int | None = None,
    limit: int = MOST,
) -> list[Neighbour]:
    """What lies within so many metres, open or closed lately, the nearest first; one statement.

    `services` restricts to these; `hashes` are those of the pictures to compare with.
    """
    circle = Circle(place, metres)
    distance = metres_from(circle, _r.geom)
    conditions = [
        lies_in(circle, _r.geom),
        (_r.status == "open") | (_r.closed_datetime >= closed_since),
        _r.jurisdiction_id.in_(scope.jurisdictions),
        *([_r.service_code.in_(services)] if services else []),
        *([_r.id != without] if without is not None else []),
    ]
    likeness = func.similarity(_r.folded, func.public.open311_fold(words)) if words else literal(0.0, Float)
    heads = [
        select(*_columns(distance, likeness))
        .join(cases, _c.service_request_id == _r.id)
        .where(which, *conditions, scope.condition)
        .order_by(distance)
        .limit(limit)
        .subquery()
        for which in VISIBLE
    ]
    together = union_all(*(select(*head.c) for head in heads)).subquery("together")
    rows = conn.execute(select(*together.c).order_by(together.c.metres, together.c.id).limit(limit)).all()
    return [_neighbour(row, hashes) for row in rows]


def _columns(distance: Any, likeness: Any) -> tuple[Any, ...]:
    photos = select(_m.thumb_key).where(_m.service_request_id == _r.id, _m.thumb_key.is_not(None))
    dhashes = select(func.array_agg(_m.dhash)).where(_m.service_request_id == _r.id, _m.dhash.is_not(None))
    return (
        _r.id,
        _r.service_code,
        _r.status,
        _r.detailed_status,
        _r.visibility,
        _r.requested_datetime,
        func.left(_r.description, 300).label("description"),
        _r.address,
        _r.parent_id,
        func.ST_Y(_r.geom).label("lat"),
        func.ST_X(_r.geom).label("long"),
        photos.order_by(_m.position).limit(1).scalar_subquery().label("photo"),
        distance.label("metres"),
        likeness.label("likeness"),
        cast(dhashes.scalar_subquery(), ARRAY(BigInteger)).label("dhashes"),
    )


def _neighbour(row: Any, hashes: Sequence[int]) -> Neighbour:
    values = dict(row._mapping)
    theirs = values.pop("dhashes") or []
    bits = [bits_apart(one, other) for one in theirs for other in hashes]
    return Neighbour(service_request_id=values.pop("id"), picture_bits=min(bits, default=None), **values)


def bits_apart(one: int, other: int) -> int:
    """In how many bits two hashes of 64 bits differ."""
    # PostgreSQL's `bigint` has a sign, so the difference of two hashes may be negative here.
    return ((one ^ other) & (1 << 64) - 1).bit_count()
