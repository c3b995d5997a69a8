"""Vector tiles, made by PostGIS; and the counts behind those of the upper levels."""

from typing import Any

from sqlalchemy import Connection, text

from open311.model.tiles import COUNTED_TO, LEVELS, POINTS_FROM, TileSearch

FINEST = LEVELS[-1]
# The number is arbitrary but must stay.
LOCK = 3_110_003

# A point of the Mercator projection by plain arithmetic: ST_Transform would load its library on first use.
_GEOMETRY = """ST_AsMVTGeom(
    ST_SetSRID(ST_MakePoint(
        {long} * 20037508.342789244 / 180,
        ln(tan((90 + greatest(-89.9, least(89.9, {lat}))) * pi() / 360)) * 6378137
    ), 3857),
    ST_TileEnvelope(:z, :x, :y), 4096, 0, false)"""

# A tile holds its western and northern edge, so that each request is in exactly one.
_INSIDE = """jurisdiction_id = :jurisdiction_id and visibility = 'published'
    and geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    and open311_column(ST_X(geom), :z) = :x and open311_row(ST_Y(geom), :z) = :y {filters}"""

_POINTS = f"""
select ST_AsMVT(points, 'requests', 4096, 'geometry', 'feature') from (
    select id as feature, id, service_code, status, detailed_status,
           {_GEOMETRY.format(long="ST_X(geom)", lat="ST_Y(geom)")} as geometry
    from service_requests where {_INSIDE} order by id
) as points
"""

_CLUSTERS = f"""
select ST_AsMVT(clusters, 'clusters', 4096, 'geometry') from (
    select count, open, count - open as closed, {_GEOMETRY.format(long="long", lat="lat")} as geometry
    from (
        select sum(count)::integer as count, coalesce(sum(count) filter (where status = 'open'), 0)::integer as open,
               (sum(sum_lat) / sum(count))::double precision / 1e7 as lat,
               (sum(sum_long) / sum(count))::double precision / 1e7 as long
        from ({{counts}}) as counts
        group by x, y having sum(count) > 0 order by x, y
    ) as sums
) as clusters
"""

_LIVE = f"""
select open311_column(ST_X(geom), :grid) as x, open311_row(ST_Y(geom), :grid) as y, status, 1 as count,
       ST_Y(geom) * 1e7 as sum_lat, ST_X(geom) * 1e7 as sum_long
from service_requests where {_INSIDE}
"""

_KEPT = f"""
select x >> (:level - :grid) as x, y >> (:level - :grid) as y, status, count, sum_lat, sum_long
from map_cells
where jurisdiction_id = :jurisdiction_id and level = :level
  and x between :first_x and :last_x and y between :first_y and :last_y {{filters}}
union all
select x >> ({FINEST} - :grid), y >> ({FINEST} - :grid), status, count, sum_lat, sum_long
from map_changes
where jurisdiction_id = :jurisdiction_id
  and x >> ({FINEST} - :level) between :first_x and :last_x
  and y >> ({FINEST} - :level) between :first_y and :last_y {{filters}}
"""

_FILTERS = {
    "service_codes": " and service_code = any(:service_codes)",
    "status": " and status = :status",
    "since": " and requested_datetime >= :since",
}


def tile(conn: Connection, asked: TileSearch) -> bytes:
    """The tile in the format of Mapbox Vector Tiles; empty when nothing is in it.

    Its layer is `requests` with a point for each request, or `clusters` with counts.
    """
    given = {
        "service_codes": list(asked.service_codes) or None,
        "status": asked.status and str(asked.status),
        "since": asked.since,
    }
    given = {name: value for name, value in given.items() if value is not None}
    filters = "".join(_FILTERS[name] for name in given)
    found = conn.execute(text(_statement(asked).format(filters=filters)), given | _place(asked))
    return bytes(found.scalar_one() or b"")


def _statement(asked: TileSearch) -> str:
    if asked.tile.z >= POINTS_FROM:
        return _POINTS
    # The table of counts knows no dates.
    counted = asked.tile.z <= COUNTED_TO and asked.since is None
    return _CLUSTERS.replace("{counts}", _KEPT if counted else _LIVE)


def _place(asked: TileSearch) -> dict[str, Any]:
    place, box = asked.tile, asked.tile.box
    deeper = place.level - place.z
    first_x, first_y = (place.x << deeper, place.y << deeper) if deeper >= 0 else (0, 0)
    return {
        "jurisdiction_id": asked.jurisdiction_id,
        "z": place.z,
        "x": place.x,
        "y": place.y,
        "level": place.level,
        "grid": place.grid,
        "west": box.min_long,
        "south": box.min_lat,
        "east": box.max_long,
        "north": box.max_lat,
        "first_x": first_x,
        "last_x": first_x + (1 << max(0, deeper)) - 1,
        "first_y": first_y,
        "last_y": first_y + (1 << max(0, deeper)) - 1,
    }


_FOLD = text("""
with gone as (delete from map_changes returning *),
sums as (
    select jurisdiction_id, level, x >> (16 - level) as x, y >> (16 - level) as y, service_code, status,
           sum(count) as count, sum(sum_lat) as sum_lat, sum(sum_long) as sum_long
    from gone cross join (values (14), (16)) as levels (level)
    group by 1, 2, 3, 4, 5, 6
),
added as (
    insert into map_cells as cell
    select * from sums order by jurisdiction_id, level, x, y, service_code, status
    on conflict (jurisdiction_id, level, x, y, service_code, status) do update set
        count = cell.count + excluded.count,
        sum_lat = cell.sum_lat + excluded.sum_lat,
        sum_long = cell.sum_long + excluded.sum_long
)
select count(*) from gone
""")


def fold(conn: Connection) -> int:
    """Add the noted changes up into the table of counts; how many there were."""
    # One at a time: two that fold at once would only wait for each other.
    if not conn.execute(text("select pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar_one():
        return 0
    folded = int(conn.execute(_FOLD).scalar_one())
    if folded:
        conn.execute(text("delete from map_cells where count = 0"))
    return folded
