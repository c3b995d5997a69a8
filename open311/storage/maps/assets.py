"""Things of the city with a number on them, such as street lamps, in the version of the map that is served."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from open311.model.maps.geography import Circle
from open311.storage.maps.circles import lies_in, metres_from
from open311.storage.maps.served import served
from open311.storage.tables import assets

_a = assets.c


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing, what is written on it, and where it is."""

    kind: str
    number: str
    lat: float
    long: float


_COLUMNS = (_a.kind, _a.number, func.ST_Y(_a.geom), func.ST_X(_a.geom))


def numbered(
    conn: Connection, jurisdiction_id: str, number: str, kinds: Collection[str], limit: int
) -> list[Asset]:
    """Things of these kinds with exactly this number, letter case aside."""
    query = (
        select(*_COLUMNS)
        .where(
            served(_a, jurisdiction_id),
            _a.folded == func.public.open311_fold(number),
            _a.kind.in_(sorted(kinds)),
        )
        .order_by(_a.kind, _a.id)
        .limit(limit)
    )
    return [Asset(*row) for row in conn.execute(query)]


def at(conn: Connection, jurisdiction_id: str, kind: str, circle: Circle) -> Asset | None:
    """The thing of this kind next to the centre, if there is one in the circle."""
    distance = metres_from(circle, _a.geom)
    query = (
        select(*_COLUMNS)
        .where(
            served(_a, jurisdiction_id),
            _a.kind == kind,
            lies_in(circle, _a.geom),
        )
        .order_by(distance, _a.id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return Asset(*row) if row else None
