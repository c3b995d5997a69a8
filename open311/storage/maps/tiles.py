"""Vector tiles, made by PostGIS; and the counts behind those of the upper levels."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import dialect

from open311.model.maps.tiles import ALL_POINTS_FROM, CELLS, COUNTED_TO, FEW, LEVELS, POINTS_FROM, TileSearch
from open311.model.search import RequestSearch
from open311.storage.database import advisory_locks
from open311.storage.requests.visible import EVERYBODYS_SQL
from open311.storage.search import conditions
from open311.storage.search.words import with_words

FINEST = LEVELS[-1]

# A point of the Mercator projection by plain arithmetic: ST_Transform would load its library on first use.
_GEOMETRY = """ST_AsMVTGeom(
    ST_SetSRID(ST_MakePoint(
        {long} * 20037508.342789244 / 180,
        ln(tan((90 + greatest(-89.9, least(89.9, {lat}))) * pi() / 360)) * 6378137
    ), 3857),
    ST_TileEnvelope(:z, :x, :y), 4096, 0, false)"""

_MINE = f"jurisdiction_id = :jurisdiction_id and {EVERYBODYS_SQL}"
# A tile holds its western and northern edge, so that each request is in exactly one.
_INSIDE = f"""{_MINE}
    and geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    and public.open311_column(ST_X(geom), :z) = :x and public.open311_row(ST_Y(geom), :z) = :y {{filters}}"""

_POINT = f"""id as feature, id, service_code, status, detailed_status{{left}},
           {_GEOMETRY.format(long="ST_X(geom)", lat="ST_Y(geom)")} as geometry"""
_POINTS = f"""
select ST_AsMVT(points, 'requests', 4096, 'geometry', 'feature') from (
    select {_POINT} from service_requests where {_INSIDE} order by id
) as points
"""

# Whole numbers of 8 bytes would be added up as decimals of any length, which takes three times as long.
_SUMS = """
        select sum(count::integer)::integer as count,
               coalesce(sum(count::integer) filter (where status = 'open'), 0)::integer as open,
               sum(sum_lat::double precision) / sum(count::integer) / 1e7 as lat,
               sum(sum_long::double precision) / sum(count::integer) / 1e7 as long,
               min(fine_x) as west, max(fine_x) as east, min(fine_y) as north, max(fine_y) as south,
               fine_x >> (:fine - :grid) as x, fine_y >> (:fine - :grid) as y
        from ({counts}) as counts
        group by x, y having sum(count::integer) > 0 order by x, y"""

# The tiles of a deeper level that a number is made of, so that whoever goes closer sees all that is behind it.
_EXTENT = "cast(:fine as integer) as z, west, south, east, north"
_CLUSTERS = f"""
select ST_AsMVT(clusters, 'clusters', 4096, 'geometry') from (
    select count, open, count - open as closed, {_EXTENT}, {_GEOMETRY.format(long="long", lat="lat")} as geometry
    from ({_SUMS}
    ) as sums
) as clusters
"""

# Drawn towards the middle of their cells, numbers in neighbouring ones leave each other room.
_MIDDLE_LONG = "(2 * long + (x + 0.5) / (1 << :grid) * 360 - 180) / 3"
_MIDDLE_LAT = "(2 * lat + degrees(atan(sinh(pi() * (1 - 2 * (y + 0.5) / (1 << :grid)))))) / 3"
_MIXED = f"""
with sums as materialized ({_SUMS}
),
few as (
    select x, y, x::double precision / (1 << :grid) * 360 - 180 as west,
           (x + 1)::double precision / (1 << :grid) * 360 - 180 as east,
           degrees(atan(sinh(pi() * (1 - 2 * y::double precision / (1 << :grid))))) as north,
           degrees(atan(sinh(pi() * (1 - 2 * (y + 1)::double precision / (1 << :grid))))) as south
    from sums where count <= {FEW}
)
select coalesce((
    select ST_AsMVT(clusters, 'clusters', 4096, 'geometry') from (
        select count, open, count - open as closed, {_EXTENT},
               {_GEOMETRY.format(long=_MIDDLE_LONG, lat=_MIDDLE_LAT)} as geometry
        from sums where count > {FEW}
    ) as clusters
), '') || coalesce((
    select ST_AsMVT(points, 'requests', 4096, 'geometry', 'feature') from (
        select found.* from few cross join lateral (
            select {_POINT} from service_requests
            where {_MINE} and geom && ST_MakeEnvelope(west, south, east, north, 4326)
                and public.open311_column(ST_X(geom), :grid) = few.x
                and public.open311_row(ST_Y(geom), :grid) = few.y {{filters}}
        ) as found order by id
    ) as points
), '')
"""

_LIVE = f"""
select public.open311_column(ST_X(geom), :fine) as fine_x, public.open311_row(ST_Y(geom), :fine) as fine_y,
       {{status}} as status, 1 as count, ST_Y(geom) * 1e7 as sum_lat, ST_X(geom) * 1e7 as sum_long
from service_requests where {_INSIDE}
"""

_KEPT = f"""
select x as fine_x, y as fine_y, status, count, sum_lat, sum_long
from map_cells
where jurisdiction_id = :jurisdiction_id and level = :level
  and x between :first_x and :last_x and y between :first_y and :last_y {{filters}}
union all
select x >> ({FINEST} - :level), y >> ({FINEST} - :level), status, count, sum_lat, sum_long
from map_changes
where jurisdiction_id = :jurisdiction_id
  and x >> ({FINEST} - :level) between :first_x and :last_x
  and y >> ({FINEST} - :level) between :first_y and :last_y {{filters}}
"""

_FILTERS = {
    "service_code": " and service_code = :service_code",
    "service_codes": " and service_code = any(:service_codes)",
    "status": " and status = :status",
    "since": " and requested_datetime >= :since",
    "detailed_status": " and detailed_status = :detailed_status",
    "detailed_statuses": " and detailed_status = any(:detailed_statuses)",
    "closed_since": " and (status = 'open' or closed_datetime >= :closed_since)",
}
# What the table of counts knows.
COUNTED = ("service_code", "service_codes", "status", "detailed_status", "detailed_statuses")
_UNDATED = (*COUNTED, "since")
_OPEN = " and status = 'open'"
_CLOSED_LATELY = "and status = 'closed' and closed_datetime >= :closed_since"
# For a map that lets what is closed fade out.
_DAYS_LEFT = ", extract(day from closed_datetime - :closed_since)::integer as days_left"
# A parameter and its type, which `text` would not take for one.
_CAST = re.compile(r":(\w+)::(\w+(?:\[\])?)")
_dialect = dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def tile(conn: Connection, search_of_tile: TileSearch) -> bytes:
    """The tile in the format of Mapbox Vector Tiles; empty when nothing is in it.

    Its layers are `requests` with a point for each request, and `clusters` with counts.
    """
    parameters = _parameters(search_of_tile)
    words = _by_words(parameters) if search_of_tile.words else ""
    # By `replace`, not `format`: SQL of JSON and of arrays is full of braces.
    statement = _shape(search_of_tile).replace("{counts}", _counts(search_of_tile, parameters))
    statement = statement.replace("{left}", _DAYS_LEFT if search_of_tile.closed_since else "")
    statement = statement.replace("{filters}", _filters_of(parameters, _FILTERS) + "{words}").replace(
        "{words}", words
    )
    rows = conn.execute(text(statement), parameters | _place(search_of_tile))
    return bytes(rows.scalar_one() or b"")


def _parameters(search_of_tile: TileSearch) -> dict[str, Any]:
    search = RequestSearch(
        jurisdiction_id=search_of_tile.jurisdiction_id,
        service_codes=search_of_tile.service_codes,
        statuses=(search_of_tile.status,) if search_of_tile.status else (),
        detailed_statuses=search_of_tile.detailed_statuses,
        words=search_of_tile.words,
        text_search=search_of_tile.text_search,
        words_in_service_names=search_of_tile.words_in_service_names,
        numbers=search_of_tile.numbers,
    )
    moments = {"since": search_of_tile.since, "closed_since": search_of_tile.closed_since}
    return conditions.parameters(search) | {name: value for name, value in moments.items() if value}


def _by_words(parameters: dict[str, Any]) -> str:
    """The condition of the search as text, its own constants added to `parameters`."""
    compiled = with_words(parameters).compile(dialect=_dialect)
    parameters |= {name: value for name, value in compiled.params.items() if value is not None}
    return " and (" + _CAST.sub(r"cast(:\1 as \2)", str(compiled)) + ")"


def _filters_of(parameters: dict[str, Any], names: Iterable[str]) -> str:
    return "".join(_FILTERS[name] for name in names if name in parameters)


def _shape(search_of_tile: TileSearch) -> str:
    if search_of_tile.cells:
        return _MIXED if search_of_tile.tile.z < ALL_POINTS_FROM else _POINTS
    return _CLUSTERS if search_of_tile.tile.z < POINTS_FROM else _POINTS


def _counts(search_of_tile: TileSearch, parameters: dict[str, Any]) -> str:
    """Where counts come from: the table as far as it goes, which knows no dates; else the requests themselves."""
    counted = search_of_tile.tile.z <= COUNTED_TO and search_of_tile.countable
    kept = _KEPT.replace("{filters}", _filters_of(parameters, COUNTED) + "{open}")
    counts = kept if counted else f"{_LIVE.replace('{status}', 'status')} {{open}}"
    if not search_of_tile.closed_since:
        return counts.replace("{open}", "")
    # Two questions, since each has an index of its own; that of the second has all that is asked of it.
    lately = _LIVE.replace("{status}", "'closed'").replace(
        "{filters}", _filters_of(parameters, _UNDATED) + "{words}"
    )
    return f"{counts.replace('{open}', _OPEN)} union all {lately} {_CLOSED_LATELY}"


def _place(search_of_tile: TileSearch) -> dict[str, Any]:
    place, box = search_of_tile.tile, search_of_tile.tile.box
    deeper = place.level - place.z
    first_x, first_y = (place.x << deeper, place.y << deeper) if deeper >= 0 else (0, 0)
    return {
        "z": place.z,
        "x": place.x,
        "y": place.y,
        "level": place.level,
        "grid": place.grid(search_of_tile.cells or CELLS),
        "fine": place.fine(search_of_tile.cells or CELLS),
        "west": box.min_long,
        "south": box.min_lat,
        "east": box.max_long,
        "north": box.max_lat,
        "first_x": first_x,
        "last_x": first_x + (1 << max(0, deeper)) - 1,
        "first_y": first_y,
        "last_y": first_y + (1 << max(0, deeper)) - 1,
    }


_KINDS = "service_code, status, detailed_status"
_FOLD = text(f"""
with gone as (delete from map_changes returning *),
sums as (
    select jurisdiction_id, level, x >> ({FINEST} - level) as x, y >> ({FINEST} - level) as y, {_KINDS},
           sum(count) as count, sum(sum_lat) as sum_lat, sum(sum_long) as sum_long
    from gone cross join (values {", ".join(f"({level})" for level in LEVELS)}) as levels (level)
    group by jurisdiction_id, level, 3, 4, {_KINDS}
),
added as (
    insert into map_cells as cell (jurisdiction_id, level, x, y, {_KINDS}, count, sum_lat, sum_long)
    select * from sums order by jurisdiction_id, level, x, y, {_KINDS}
    on conflict (jurisdiction_id, level, x, y, {_KINDS}) do update set
        count = cell.count + excluded.count,
        sum_lat = cell.sum_lat + excluded.sum_lat,
        sum_long = cell.sum_long + excluded.sum_long
)
select count(*) from gone
""")


def fold(conn: Connection) -> int:
    """Add the noted changes up into the table of counts; how many there were."""
    # One at a time: two that fold at once would only wait for each other.
    if not conn.execute(
        text("select pg_try_advisory_xact_lock(:lock)"), {"lock": advisory_locks.TILES}
    ).scalar_one():
        return 0
    folded = int(conn.execute(_FOLD).scalar_one())
    if folded:
        conn.execute(text("delete from map_cells where count = 0"))
    return folded
