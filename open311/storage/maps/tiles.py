"""Vector tiles, made by PostGIS; and the counts behind those of the upper levels."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from open311.model.maps.tiles import ALL_POINTS_FROM, CELLS, COUNTED_TO, FEW, LEVELS, POINTS_FROM, TileSearch
from open311.model.service_request import Status
from open311.storage.database import advisory_locks
from open311.storage.maps.matches import (
    FILTERS,
    HAS_TOO_MANY,
    MINE,
    Attempt,
    attempts,
    filters_of,
    request_search,
    words_condition,
)
from open311.storage.search.conditions import parameters

FINEST = LEVELS[-1]

# A point of the Mercator projection by plain arithmetic: ST_Transform would load its library on first use.
_GEOMETRY = """ST_AsMVTGeom(
    ST_SetSRID(ST_MakePoint(
        {long} * 20037508.342789244 / 180,
        ln(tan((90 + greatest(-89.9, least(89.9, {lat}))) * pi() / 360)) * 6378137
    ), 3857),
    ST_TileEnvelope(:z, :x, :y), 4096, 0, false)"""

# A tile holds its western and northern edge, so that each request is in exactly one.
_IN_TILE = """geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    and public.open311_column(ST_X(geom), :z) = :x and public.open311_row(ST_Y(geom), :z) = :y"""
_INSIDE = f"{MINE}\n    and {_IN_TILE} {{filters}}"

_POINT = f"""id as feature, id, service_code, status, detailed_status{{left}},
           {_GEOMETRY.format(long="ST_X(geom)", lat="ST_Y(geom)")} as geometry"""
_POINTS = f"""
select ST_AsMVT(points, 'requests', 4096, 'geometry', 'feature'), false from (
    select {_POINT} from service_requests where {_INSIDE} order by id
) as points
"""

# Whole numbers of 8 bytes would be added up as decimals of any length, which takes three times as long.
_SUMS = """
        select round(sum(count::double precision))::integer as count,
               coalesce(round(sum(count::double precision) filter (where status = 'open')), 0)::integer as open,
               case when bool_or(is_estimate) then true end as estimate,
               sum(sum_lat::double precision) / sum(count::double precision) / 1e7 as lat,
               sum(sum_long::double precision) / sum(count::double precision) / 1e7 as long,
               min(fine_x) as west, max(fine_x) as east, min(fine_y) as north, max(fine_y) as south,
               fine_x >> (:fine - :grid) as x, fine_y >> (:fine - :grid) as y
        from ({counts}) as counts
        group by x, y having sum(count::double precision) > 0 order by x, y"""

# The tiles of a deeper level that a number is made of, so that whoever goes closer sees all that is behind it.
_EXTENT = "cast(:fine as integer) as z, west, south, east, north"
_NUMBERS = f"count, open, count - open as closed, estimate, {_EXTENT}"
_CLUSTERS = f"""
with {{hits}}sums as ({_SUMS}
)
select ST_AsMVT(clusters, 'clusters', 4096, 'geometry'), {{has_too_many}} from (
    select {_NUMBERS}, {_GEOMETRY.format(long="long", lat="lat")} as geometry from sums
) as clusters
"""

# Drawn towards the middle of their cells, numbers in neighbouring ones leave each other room.
_MIDDLE_LONG = "(2 * long + (x + 0.5) / (1 << :grid) * 360 - 180) / 3"
_MIDDLE_LAT = "(2 * lat + degrees(atan(sinh(pi() * (1 - 2 * (y + 0.5) / (1 << :grid)))))) / 3"
_POINTS_OF_REPORTS = f"""few cross join lateral (
            select {_POINT} from service_requests
            where {MINE} and geom && ST_MakeEnvelope(west, south, east, north, 4326)
                and public.open311_column(ST_X(geom), :grid) = few.x
                and public.open311_row(ST_Y(geom), :grid) = few.y {{filters}}
        ) as found"""
_POINTS_OF_HITS = f"""few join (
            select {_POINT}, public.open311_column(ST_X(geom), :grid) as x,
                   public.open311_row(ST_Y(geom), :grid) as y
            from hits where not ({{has_too_many}}) and {_IN_TILE}
        ) as found using (x, y)"""
_MIXED = f"""
with {{hits}}sums as materialized ({_SUMS}
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
        select {_NUMBERS}, {_GEOMETRY.format(long=_MIDDLE_LONG, lat=_MIDDLE_LAT)} as geometry
        from sums where count > {FEW}
    ) as clusters
), '') || coalesce((
    select ST_AsMVT(points, 'requests', 4096, 'geometry', 'feature') from (
        select {{columns}} from {{points}} order by id
    ) as points
), ''), {{has_too_many}}
"""

_IN_CELLS = """
select public.open311_column(ST_X(geom), :fine) as fine_x, public.open311_row(ST_Y(geom), :fine) as fine_y,
       status, {weight} as count, ST_Y(geom) * 1e7 * {weight} as sum_lat, ST_X(geom) * 1e7 * {weight} as sum_long,
       {weight} > 1 as is_estimate
from """
_HITS = f"{_IN_CELLS.replace('{weight}', 'weight')}hits where not ({{has_too_many}}) and {_IN_TILE}\n"
_LIVE = f"{_IN_CELLS.replace('{weight}', '1')}service_requests where {_INSIDE}\n"
# The index of the smallest cells holds each newest first, and such a tile has few enough of them.
_LIVE_BY_CELLS = f"""{_IN_CELLS.replace("{weight}", "1")}(
    select (cell_x::bigint << {FINEST}) + cell_y as cell
    from generate_series(cast(:first_x as integer), cast(:last_x as integer)) as cell_x,
         generate_series(cast(:first_y as integer), cast(:last_y as integer)) as cell_y
) as cells cross join lateral (
    select status, geom from service_requests
    where {MINE} and public.open311_cell(geom) = cells.cell and requested_datetime >= :since{{filters}} offset 0
) as in_cell
"""

_KEPT = f"""
select x as fine_x, y as fine_y, status, count, sum_lat, sum_long, false as is_estimate
from map_cells
where jurisdiction_id = :jurisdiction_id and level = :level
  and x between :first_x and :last_x and y between :first_y and :last_y {{filters}}
union all
select x >> ({FINEST} - :level), y >> ({FINEST} - :level), status, count, sum_lat, sum_long, false
from map_changes
where jurisdiction_id = :jurisdiction_id
  and x >> ({FINEST} - :level) between :first_x and :last_x
  and y >> ({FINEST} - :level) between :first_y and :last_y {{filters}}
"""

# What the table of counts knows.
COUNTED = ("service_code", "service_codes", "status", "detailed_status", "detailed_statuses")
_OPEN = " and status = 'open'"
# For a map that lets what is closed fade out.
_DAYS_LEFT = ", extract(day from closed_datetime - :closed_since)::integer as days_left"


def tile(conn: Connection, search_of_tile: TileSearch) -> bytes:
    """The tile in the format of Mapbox Vector Tiles; empty when nothing is in it.

    Its layers are `requests` with a point for each request, and `clusters` with counts.
    """
    filled = parameters(request_search(search_of_tile))
    moments = {"since": search_of_tile.since, "closed_since": search_of_tile.closed_since}
    filled |= {name: value for name, value in moments.items() if value}
    place, body = _place(search_of_tile), None
    for attempt in _attempts(search_of_tile, filled):
        statement = _statement(search_of_tile, filled, attempt)
        body, has_too_many = conn.execute(text(statement), filled | place).one()
        if not has_too_many:
            break
    return bytes(body or b"")


def _attempts(search_of_tile: TileSearch, filled: dict[str, Any]) -> Iterable[Attempt | None]:
    """None where all that is asked for is counted: by the table, or because a tile of its level holds little."""
    search, z = search_of_tile, search_of_tile.tile.z
    fades = search.closed_since is not None and search.status is not Status.OPEN
    if z > COUNTED_TO or not (search.words or search.since or fades):
        return (None,)
    if search.since and not search.words and search.tile.level == FINEST:
        return (None,)
    return attempts(search, filled)


def _statement(search_of_tile: TileSearch, filled: dict[str, Any], attempt: Attempt | None) -> str:
    """By `replace`, not `format`: SQL of JSON and of arrays is full of braces."""
    of_hits = bool(attempt and search_of_tile.words)
    points = _POINTS_OF_HITS if of_hits else _POINTS_OF_REPORTS
    statement = _shape(search_of_tile).replace("{points}", points)
    statement = statement.replace("{counts}", _counts(search_of_tile, filled, attempt))
    left = _DAYS_LEFT if search_of_tile.closed_since else ""
    names = f"id, service_code, status, detailed_status{', days_left' if left else ''}, feature, geometry"
    words = f" and {words_condition(filled)}" if search_of_tile.words and not attempt else ""
    pieces = {
        "{columns}": names,
        "{left}": left,
        "{hits}": attempt.tables if attempt else "",
        "{has_too_many}": HAS_TOO_MANY if attempt else "false",
        "{filters}": filters_of(filled, FILTERS) + words,
    }
    for gap, piece in pieces.items():
        statement = statement.replace(gap, piece)
    return statement


def _shape(search_of_tile: TileSearch) -> str:
    if search_of_tile.cells:
        return _MIXED if search_of_tile.tile.z < ALL_POINTS_FROM else _POINTS
    return _CLUSTERS if search_of_tile.tile.z < POINTS_FROM else _POINTS


def _counts(search_of_tile: TileSearch, filled: dict[str, Any], attempt: Attempt | None) -> str:
    """Where counts come from: the table as far as it goes, which knows no dates; else the requests themselves."""
    search, z = search_of_tile, search_of_tile.tile.z
    kept = _KEPT.replace("{filters}", filters_of(filled, COUNTED) + "{open}")
    if attempt is None:
        if z > COUNTED_TO:
            return _LIVE
        return _LIVE_BY_CELLS if search.since else kept.replace("{open}", "")
    if search.countable and search.status is None:
        return f"{kept.replace('{open}', _OPEN)} union all {_HITS}"
    return _HITS


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
