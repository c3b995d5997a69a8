"""The rows of maps: versions, features, addresses and things that came with them; and the tiles made of them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, insert, select, text, update

from open311.basemap.model import EXTENT, LAST_LEVEL, Layer, MapVersion, Source, level_for
from open311.model.maps.place import Place
from open311.model.maps.tiles import Tile
from open311.storage.database import advisory_locks
from open311.storage.database.freshness import announce
from open311.storage.maps.assets import Asset
from open311.storage.requests.copy_ids import copy_rows, point
from open311.storage.tables import map_versions

# EPSG's number for the projection of web maps.
MERCATOR = 3857
# Rows of an old map that one statement takes away.
AT_ONCE = 20_000
# In units of a tile, so that a line and its rim do not end at the edge.
BUFFER = 96

FEATURES = ("version_id", "subject", "layer", "kind", "name", "level", "from_level", "geom")
ADDRESSES = ("version_id", "jurisdiction_id", "label", "kind", "geom")
ASSETS = ("version_id", "jurisdiction_id", "kind", "number", "geom")
_v = map_versions.c

# A feature as one level has it: layer, kind, name, level, first level, geometry.
FeatureRow = tuple[str, str, str, int, int, BaseGeometry]


def in_force(conn: Connection, jurisdiction_id: str) -> MapVersion | None:
    query = select(_v.id, _v.sources).where(_v.jurisdiction_id == jurisdiction_id, _v.in_force)
    row = conn.execute(query).one_or_none()
    return row and MapVersion(row.id, {name: Source(**source) for name, source in row.sources.items()})


def begin(conn: Connection, jurisdiction_id: str, now: datetime) -> int:
    """A new map that nobody sees yet."""
    row = insert(map_versions).values(
        jurisdiction_id=jurisdiction_id, sources={}, in_force=False, touched_datetime=now
    )
    return int(conn.execute(row.returning(_v.id)).scalar_one())


def put_in_force(
    conn: Connection, jurisdiction_id: str, version: MapVersion, *, instead_of: int | None, now: datetime
) -> bool:
    """Serve this map from now on. False if another one than `instead_of` is served meanwhile."""
    announce(conn)
    # Two imports that end together would both find the old map served, and the one that was begun first could win.
    conn.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": advisory_locks.BASEMAP})
    served = in_force(conn, jurisdiction_id)
    if (served.version_id if served else None) != instead_of:
        return False
    mine = update(map_versions).values(touched_datetime=now)
    conn.execute(mine.where(_v.jurisdiction_id == jurisdiction_id, _v.in_force).values(in_force=False))
    sources = {name: asdict(source) for name, source in version.sources.items()}
    conn.execute(mine.where(_v.id == version.version_id).values(in_force=True, sources=sources))
    return True


def add_features(conn: Connection, version_id: int, subject: str, rows: Iterable[FeatureRow]) -> None:
    copy_rows(
        conn,
        "map_features",
        FEATURES,
        (
            (version_id, subject, layer, kind, name or None, level, first, _wkb(geometry))
            for layer, kind, name, level, first, geometry in rows
        ),
    )


def _wkb(geometry: BaseGeometry) -> str:
    return shapely.to_wkb(shapely.set_srid(geometry, MERCATOR), hex=True, include_srid=True)


def add_addresses(conn: Connection, version_id: int, jurisdiction_id: str, places: Iterable[Place]) -> None:
    """Store addresses that are searched once their map is in force."""
    rows = (
        (version_id, jurisdiction_id, place.address, place.kind, point(place.lat, place.long))
        for place in places
    )
    copy_rows(conn, "addresses", ADDRESSES, rows)


def add_assets(conn: Connection, version_id: int, jurisdiction_id: str, assets: Iterable[Asset]) -> None:
    """Store things with numbers that are found once their map is in force."""
    rows = (
        (version_id, jurisdiction_id, thing.kind, thing.number, point(thing.lat, thing.long))
        for thing in assets
    )
    copy_rows(conn, "assets", ASSETS, rows)


_KEEP_FEATURES = text("""
    insert into map_features (version_id, subject, layer, kind, name, level, from_level, geom)
    select :new, subject, layer, kind, name, level, from_level, geom from map_features
    where version_id = :old and subject = :subject
      and not (layer = :layer and (cardinality(cast(:kinds as text[])) = 0 or kind = any(:kinds)))
""")
_KEEP_ADDRESSES = text("""
    insert into addresses (version_id, jurisdiction_id, label, kind, geom)
    select :new, jurisdiction_id, label, kind, geom from addresses where version_id = :old
""")
_KEEP_ASSETS = text("""
    insert into assets (version_id, jurisdiction_id, kind, number, geom)
    select :new, jurisdiction_id, kind, number, geom from assets
    where version_id = :old and kind = any(:kinds)
""")
_ASSET_KINDS = text("select distinct kind from assets where version_id = :version_id")


def keep_features(
    conn: Connection,
    old: int,
    new: int,
    subject: str,
    *,
    but_layer: Layer | None = None,
    but_kinds: Iterable[str] = (),
) -> None:
    """Take the features of a subject along into a new map, but for those of a layer, or of some kinds in it."""
    values = {"old": old, "new": new, "subject": subject, "layer": but_layer or "", "kinds": list(but_kinds)}
    conn.execute(_KEEP_FEATURES, values)


def keep_addresses(conn: Connection, old: int, new: int) -> None:
    """Take the addresses along into a new map."""
    conn.execute(_KEEP_ADDRESSES, {"old": old, "new": new})


def keep_assets(conn: Connection, old: int, new: int, kinds: Iterable[str]) -> None:
    """Take things of these kinds along into a new map."""
    conn.execute(_KEEP_ASSETS, {"old": old, "new": new, "kinds": list(kinds)})


def asset_kinds(conn: Connection, version_id: int) -> set[str]:
    """Which kinds of things came with a map."""
    return set(conn.execute(_ASSET_KINDS, {"version_id": version_id}).scalars())


_GONE = text("""
    select id from map_versions where not in_force and touched_datetime < :before order by id
""")
_DROP_ROWS = """
    delete from {table} where ctid = any(array(select ctid from {table} where version_id = :version_id limit :most))
"""
_DROP_VERSION = text("delete from map_versions where id = :version_id")


def not_served(conn: Connection, before: datetime) -> list[int]:
    """Maps that were replaced, or never finished, before a moment."""
    return list(conn.execute(_GONE, {"before": before}).scalars())


def drop_some(conn: Connection, version_id: int) -> bool:
    """Take away a part of a map; whether something is left."""
    for table in ("map_features", "addresses", "assets"):
        dropped = conn.execute(
            text(_DROP_ROWS.format(table=table)), {"version_id": version_id, "most": AT_ONCE}
        ).rowcount
        if dropped == AT_ONCE:
            return True
    conn.execute(_DROP_VERSION, {"version_id": version_id})
    return False


# Materialised, or the shape of each thing would be cut for the tile twice: to be drawn, and to see that something of it
# is left. The lateral row holds what a tile tells of a thing: `ST_AsMVT` makes a tag of every column it is given.
_DRAWN = f"""
with drawn as materialized (
    select layer, kind, name,
           ST_AsMVTGeom(geom, ST_TileEnvelope(:z, :x, :y), {EXTENT}, {BUFFER}, true) as geometry
    from map_features
    where version_id = :version_id and level = :level and from_level <= :z
      and geom && ST_TileEnvelope(:z, :x, :y, margin => {BUFFER / EXTENT})
    order by id
)
select exists (select from map_versions where id = :version_id and jurisdiction_id = :jurisdiction_id),
       string_agg(tile, '' order by layer) from (
    select layer, ST_AsMVT(shown, layer, {EXTENT}, 'geometry') as tile
    from (select * from drawn {{things}}) as all_drawn
    cross join lateral (select kind, name, geometry) as shown
    where all_drawn.geometry is not null
    group by layer
) as layers
"""
# Close up only: from afar they would lie on top of each other.
_THINGS = f"""
union all (
    select '{Layer.THINGS}', kind, number,
           ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(:z, :x, :y), {EXTENT}, {BUFFER}, true)
    from assets
    where version_id = :version_id
      and geom && ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => {BUFFER / EXTENT}), 4326)
    order by id
)
"""
_TILE, _CLOSE_TILE = (text(_DRAWN.format(things=things)) for things in ("", _THINGS))


def tile(conn: Connection, jurisdiction_id: str, version_id: int, place: Tile) -> bytes | None:
    """A tile of a map, empty when nothing is in it; None when the city has no such map, or not any more."""
    values = {"version_id": version_id, "level": level_for(place.z), "z": place.z, "x": place.x, "y": place.y}
    statement = _CLOSE_TILE if place.z == LAST_LEVEL else _TILE
    is_known, body = conn.execute(statement, values | {"jurisdiction_id": jurisdiction_id}).one()
    return bytes(body or b"") if is_known else None
