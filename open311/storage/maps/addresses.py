"""Addresses to search in: the city's own list, or what came with its map."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select, text

from open311.model.maps.geography import Circle
from open311.model.maps.place import Place, PlaceKind
from open311.storage.maps.circles import lies_in, metres_from
from open311.storage.maps.served import served
from open311.storage.tables import addresses

_a = addresses.c
AT_ONCE = 5000
# The least similarity at which words still mean a street.
ALIKE = 0.45


def replace(conn: Connection, jurisdiction_id: str, places: Iterable[Place]) -> int:
    """Put these in the place of all addresses that a jurisdiction has; returns how many."""
    # In the caller's transaction, so that nobody searches half a list.
    conn.execute(delete(addresses).where(_a.jurisdiction_id == jurisdiction_id))
    stored, batch = 0, list[dict[str, object]]()
    for place in places:
        batch.append(
            {"owner": jurisdiction_id, "label": place.address, "kind": place.kind}
            | {"lat": place.lat, "long": place.long}
        )
        if len(batch) >= AT_ONCE:
            stored += _insert(conn, batch)
            batch = []
    return stored + (_insert(conn, batch) if batch else 0)


_INSERT = text(
    "insert into addresses (jurisdiction_id, label, kind, geom)"
    " values (:owner, :label, :kind, ST_SetSRID(ST_MakePoint(:long, :lat), 4326))"
)


def _insert(conn: Connection, rows: list[dict[str, object]]) -> int:
    conn.execute(_INSERT, rows)
    return len(rows)


def search(conn: Connection, jurisdiction_id: str, words: str, limit: int) -> list[Place]:
    """Addresses like these words, typing mistakes forgiven, the likeliest first."""
    folded = func.public.open311_fold(words)
    # The name of a street is also that of a town: what is before the town counts first.
    named = func.word_similarity(folded, func.split_part(_a.folded, ",", 1))
    whole = func.word_similarity(folded, _a.folded)
    with_number = any(letter.isdigit() for letter in words)
    conn.execute(
        # For the operator `<%`, which takes its threshold from the session and can use an index; a comparison of
        # similarities cannot.
        text("select set_config('pg_trgm.word_similarity_threshold', :least, false)"),
        {"least": f"{ALIKE}"},
    )
    query = (
        select(_a.label, func.ST_Y(_a.geom), func.ST_X(_a.geom), _a.kind)
        .where(served(_a, jurisdiction_id), folded.op("<%")(_a.folded))
        .order_by(
            named.desc(),
            whole.desc(),
            # A street stands for all its houses until a number is typed.
            (_a.kind == PlaceKind.HOUSE) if not with_number else (_a.kind != PlaceKind.HOUSE),
            func.similarity(folded, _a.folded).desc(),
            _a.label,
        )
        .limit(limit)
    )
    return [Place(label, lat, long, PlaceKind(kind)) for label, lat, long, kind in conn.execute(query)]


def nearest(conn: Connection, jurisdiction_id: str, circle: Circle) -> Place | None:
    """The address next to the centre, if there is one in the circle."""
    distance = metres_from(circle, _a.geom)
    query = (
        select(_a.label, func.ST_Y(_a.geom), func.ST_X(_a.geom))
        .where(
            served(_a, jurisdiction_id),
            _a.kind == PlaceKind.HOUSE,
            lies_in(circle, _a.geom),
        )
        .order_by(distance, _a.id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return Place(*row) if row else None


def any_stored(conn: Connection, jurisdiction_id: str) -> bool:
    """Whether there is anything to search in."""
    return conn.execute(select(_a.id).where(served(_a, jurisdiction_id)).limit(1)).first() is not None


def has_own_list(conn: Connection, jurisdiction_id: str) -> bool:
    """Whether a jurisdiction has a list of its own, which what comes with a map does not replace."""
    own = select(_a.id).where(_a.jurisdiction_id == jurisdiction_id, _a.version_id.is_(None)).limit(1)
    return conn.execute(own).first() is not None


def forget_own_list(conn: Connection, jurisdiction_id: str) -> None:
    """Leave only what came with a map."""
    conn.execute(delete(addresses).where(_a.jurisdiction_id == jurisdiction_id, _a.version_id.is_(None)))
