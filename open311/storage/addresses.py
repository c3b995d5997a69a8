"""The city's own list of addresses."""

from collections.abc import Iterable
from math import cos, radians

from sqlalchemy import Connection, delete, func, select, text

from open311.model.place import Place
from open311.storage.tables import addresses

_a = addresses.c
AT_ONCE = 5000
# Below this, words are another street.
ALIKE = 0.45
METRES_A_DEGREE = 111_000


def replace(conn: Connection, jurisdiction_id: str, places: Iterable[Place]) -> int:
    """Put these addresses in the place of all that a jurisdiction has; returns how many."""
    conn.execute(delete(addresses).where(_a.jurisdiction_id == jurisdiction_id))
    stored, batch = 0, list[dict[str, object]]()
    for place in places:
        batch.append({"owner": jurisdiction_id, "label": place.address, "lat": place.lat, "long": place.long})
        if len(batch) >= AT_ONCE:
            stored += _insert(conn, batch)
            batch = []
    return stored + (_insert(conn, batch) if batch else 0)


_INSERT = text(
    "insert into addresses (jurisdiction_id, label, geom)"
    " values (:owner, :label, ST_SetSRID(ST_MakePoint(:long, :lat), 4326))"
)


def _insert(conn: Connection, rows: list[dict[str, object]]) -> int:
    conn.execute(_INSERT, rows)
    return len(rows)


def search(conn: Connection, jurisdiction_id: str, words: str, limit: int) -> list[Place]:
    """Addresses like these words, typing mistakes forgiven, the likeliest first."""
    asked = func.public.open311_fold(words)
    likeness = func.word_similarity(asked, _a.folded)
    conn.execute(
        text("select set_config('pg_trgm.word_similarity_threshold', :least, false)"), {"least": f"{ALIKE}"}
    )
    wanted = (
        select(_a.label, func.ST_Y(_a.geom), func.ST_X(_a.geom))
        .where(_a.jurisdiction_id == jurisdiction_id, asked.op("<%")(_a.folded))
        .order_by(likeness.desc(), func.similarity(asked, _a.folded).desc(), _a.label)
        .limit(limit)
    )
    return [Place(label, lat, long) for label, lat, long in conn.execute(wanted)]


def nearest(conn: Connection, jurisdiction_id: str, lat: float, long: float, metres: float) -> Place | None:
    """The address next to a point, if there is one that near."""
    point = func.ST_SetSRID(func.ST_MakePoint(long, lat), 4326)
    high = metres / METRES_A_DEGREE
    wide = high / max(0.01, cos(radians(lat)))
    # The index knows boxes; what is in the corners of this one is too far.
    box = func.ST_MakeEnvelope(long - wide, lat - high, long + wide, lat + high, 4326)
    distance = func.ST_DistanceSphere(_a.geom, point)
    wanted = (
        select(_a.label, func.ST_Y(_a.geom), func.ST_X(_a.geom))
        .where(_a.jurisdiction_id == jurisdiction_id, _a.geom.op("&&")(box), distance <= metres)
        .order_by(distance, _a.id)
        .limit(1)
    )
    row = conn.execute(wanted).one_or_none()
    return Place(*row) if row else None


def any_stored(conn: Connection, jurisdiction_id: str) -> bool:
    """Whether a jurisdiction has a list."""
    return (
        conn.execute(select(_a.id).where(_a.jurisdiction_id == jurisdiction_id).limit(1)).first() is not None
    )
