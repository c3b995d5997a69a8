"""Things of the city with a number on them, such as street lamps, in the version of the map that is served."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from open311.model.maps.geography import Circle
from open311.model.service_request import Location
from open311.storage.tables import assets, map_versions

_a = assets.c
_v = map_versions.c


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing, what is written on it, and where it is."""

    kind: str
    number: str
    lat: float
    long: float


_COLUMNS = (_a.kind, _a.number, func.ST_Y(_a.geom), func.ST_X(_a.geom))


def _in_force(jurisdiction_id: str) -> ColumnElement[bool]:
    served = select(_v.id).where(_v.jurisdiction_id == jurisdiction_id, _v.in_force).scalar_subquery()
    return and_(_a.jurisdiction_id == jurisdiction_id, or_(_a.version_id.is_(None), _a.version_id == served))


def numbered(
    conn: Connection, jurisdiction_id: str, number: str, kinds: Collection[str], limit: int
) -> list[Asset]:
    """Things of these kinds with exactly this number, letter case aside."""
    query = (
        select(*_COLUMNS)
        .where(
            _in_force(jurisdiction_id),
            _a.folded == func.public.open311_fold(number),
            _a.kind.in_(sorted(kinds)),
        )
        .order_by(_a.kind, _a.id)
        .limit(limit)
    )
    return [Asset(*row) for row in conn.execute(query)]


def at(conn: Connection, jurisdiction_id: str, kind: str, place: Location, metres: float) -> Asset | None:
    reach = Circle(place, metres).envelope
    box = func.ST_MakeEnvelope(reach.min_long, reach.min_lat, reach.max_long, reach.max_lat, 4326)
    away = func.ST_DistanceSphere(_a.geom, func.ST_SetSRID(func.ST_MakePoint(place.long, place.lat), 4326))
    query = (
        select(*_COLUMNS)
        .where(_in_force(jurisdiction_id), _a.kind == kind, _a.geom.op("&&")(box), away <= metres)
        .order_by(away, _a.id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return Asset(*row) if row else None
