"""How to search where no index has the answer in order: in steps, so that the cost does not grow with the table.

README.md says which strategy is for what. All steps of a strategy are one statement, and each has an index.
"""

from collections.abc import Callable, Collection
from enum import StrEnum
from math import cos, radians
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    Select,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from open311.model.maps.geography import Box
from open311.model.maps.tiles import Tile
from open311.model.search import ANY_ORDER, EVER, NEWEST_FIRST, RequestSearch
from open311.model.service_request import Location
from open311.storage.search.blocks import (
    TAGS,
    Branch,
    in_blocks,
    in_order,
    newest_and_oldest,
    tags_of_services,
)
from open311.storage.tables import service_requests

_r = service_requests.c

# Cells of 100 metres in the middle of Europe; words know only wider ones, of 800.
LEVEL, WIDE_LEVEL = 18, 15
# Where a box has more, its reports are found better by walking the whole list, or by the spatial index.
MOST_CELLS = 36
# A wider box, some 150 kilometres, holds most of what there is, or nothing.
MOST_COLUMNS = 1000
WORD_TAGS = ("service_tags", "status_tags")
# An index of trigrams knows nothing shorter.
SHORTEST_TRIGRAM = 3


class Strategy(StrEnum):
    """How a search is answered; the value is also the parameter that marks such a statement."""

    CELLS = "by_cells"
    COLUMNS = "by_columns"
    BLOCKS = "by_blocks"
    PARTS = "by_parts"


# The conditions that a strategy meets by itself.
REPLACED: dict[Strategy, tuple[str, ...]] = {
    Strategy.CELLS: ("box_0", "envelope_0"),
    Strategy.COLUMNS: ("box_0", "envelope_0"),
    Strategy.BLOCKS: (),
    Strategy.PARTS: ("updated_from", "updated_to"),
}


def strategy_of(query: RequestSearch) -> Strategy | None:
    """The strategy for a search; None where the planner does well by itself."""
    counting = query.sort == ANY_ORDER
    if not (counting or query.sort.name == "requested_datetime") or query.ids is not None:
        return None
    box = _box(query)
    if query.words:
        return Strategy.BLOCKS if all(len(word) >= SHORTEST_TRIGRAM for word in query.words) else None
    if box and box.crosses:
        return None
    if box and counting:
        few = _cell_count(box, LEVEL) <= MOST_CELLS or _only_box(query, box)
        return Strategy.COLUMNS if few else None
    if box:
        return Strategy.CELLS if _cell_count(box, LEVEL) <= MOST_CELLS else None
    return Strategy.PARTS if query.updated.start and query.sort == NEWEST_FIRST else None


def strategy_parameters(query: RequestSearch) -> dict[str, Any]:
    """What a strategy needs beside the filters. The shape of the statement depends on which of these are present."""
    strategy = strategy_of(query)
    if strategy is None:
        return {}
    box = _box(query)
    if strategy is Strategy.CELLS and box:
        return {strategy: True, "dense_cells": _dense_cells(query, box)}
    if strategy is not Strategy.BLOCKS:
        return {strategy: True}
    return {
        strategy: True,
        "wide_cells": (box is not None and not box.crosses and _cell_count(box, WIDE_LEVEL) <= MOST_CELLS)
        or None,
        "service_tags": tags_of_services(query.service_codes) or None,
        "status_tags": [str(status) for status in query.statuses] or None,
    }


def statement_of(strategy: Strategy, params: Collection[str], branch: Branch) -> Select[Any]:
    """The hits of a branch, put together by a strategy. `params` are the names of the parameters in use."""
    return BUILDERS[strategy](params, branch)


def _box(query: RequestSearch) -> Box | None:
    return query.box or (query.circle.envelope if query.circle else None)


def _cell_count(box: Box, level: int) -> float:
    """About how many cells such a box touches."""
    per_degree = (1 << level) / 360
    # Mercator's rows become infinitely many towards a pole.
    shrink = max(0.01, cos(radians((box.min_lat + box.max_lat) / 2)))
    rows = (box.max_lat - box.min_lat) / shrink * per_degree
    return ((box.max_long - box.min_long) * per_degree + 1) * (rows + 1)


def _dense_cells(query: RequestSearch, box: Box) -> list[int]:
    """Of the cells of a box or a circle those of which much lies in it: with their middle, or with that of the box."""
    first, last = (Tile.at(lat, box.min_long, LEVEL) for lat in (box.max_lat, box.min_lat))
    end = Tile.at(box.min_lat, box.max_long, LEVEL).x
    cells = [Tile(LEVEL, x, y) for x in range(first.x, end + 1) for y in range(first.y, last.y + 1)]
    central = Tile.at((box.min_lat + box.max_lat) / 2, (box.min_long + box.max_long) / 2, LEVEL)
    return [(cell.x << LEVEL) + cell.y for cell in cells if cell == central or _holds(query, cell.middle)]


def _holds(query: RequestSearch, place: Location) -> bool:
    if query.circle:
        return query.circle.distance(place) <= query.circle.radius
    box = query.box
    return (
        box is not None
        and box.min_long <= place.long <= box.max_long
        and box.min_lat <= place.lat <= box.max_lat
    )


def _only_box(query: RequestSearch, box: Box) -> bool:
    """Whether no other filter could be met sooner in an index of its own."""
    others = (query.service_codes, query.detailed_statuses, query.agencies)
    spans = (query.requested, query.updated)
    narrow = (box.max_long - box.min_long) * (1 << LEVEL) / 360 <= MOST_COLUMNS
    return narrow and not any(others) and all(span == EVER for span in spans)


def _by_cells(params: Collection[str], branch: Branch) -> Select[Any]:
    """The index of cells holds each of them newest first: the first hits of a handful of cells, merged.

    Of a cell at the rim little may lie inside, and all the rest would be read past: so these come second, and only as
    far as what the others hold leaves room on the page.
    """
    dense: Any = any_(bindparam("dense_cells", type_=ARRAY(BigInteger)))
    inside = _first_of_cells(params, branch, lambda cell: cell == dense)
    near = inside.order_by(*branch.order_by(inside.selected_columns)).limit(branch.limit)
    near_hits = near.cte("near").prefix_with("MATERIALIZED")
    last = func.min if branch.newest_first else func.max
    end = case((func.count() >= branch.limit, last(near_hits.c.key_0)))
    full: Any = select(end).select_from(near_hits).scalar_subquery()
    # Not `is null or`, which no index scan begins with.
    ever: Any = literal_column(f"timestamptz '{'-' if branch.newest_first else ''}infinity'")
    until, moment = func.coalesce(full, ever), _r.requested_datetime
    room = moment >= until if branch.newest_first else moment <= until
    rim = _first_of_cells(params, branch, lambda cell: not_(cell == dense), room)
    cells = union_all(select(near_hits), rim).subquery("cells")
    return select(cells).order_by(*branch.order_by(cells.c))


def _first_of_cells(
    params: Collection[str], branch: Branch, which: Callable[[Any], Any], *more: Any
) -> Select[Any]:
    grid = func.public.open311_cells(*_edges(params)).table_valued("cell").alias("grid")
    in_cell = branch.where(func.public.open311_cell(_r.geom) == grid.c.cell, *more).correlate(grid)
    hits = in_cell.order_by(*branch.order_by()).limit(branch.limit).lateral("hits")
    return select(hits).select_from(grid.join(hits, true())).where(which(grid.c.cell))


def _by_columns(params: Collection[str], branch: Branch) -> Select[Any]:
    """All rows in a box, in no order: in the index of cells those of a column follow each other."""
    west, south, east, north = _edges(params)
    first_column = func.public.open311_column(west, LEVEL)
    last_column = func.public.open311_column(east, LEVEL)
    columns = func.generate_series(first_column, last_column).table_valued("x").render_derived(name="columns")
    # From the middle on, since a count ends at a limit, and of a circle's first columns nearly all lies outside.
    off_the_middle = func.abs(2 * columns.c.x - first_column - last_column)
    column = select(columns.c.x).order_by(off_the_middle).subquery("column")
    top = cast(column.c.x, BigInteger).op("<<")(literal_column(str(LEVEL)))
    first = top + func.public.open311_row(north, LEVEL)
    last = top + func.public.open311_row(south, LEVEL)
    # `OFFSET 0`, or what is dear to check (a circle) makes the planner check all rows there are once, and then join.
    within = func.public.open311_cell(_r.geom).between(first, last)
    lateral = branch.where(within).offset(literal_column("0")).correlate(column).lateral("hits")
    return select(lateral).select_from(column.join(lateral, true()))


def _by_blocks(params: Collection[str], branch: Branch) -> Select[Any]:
    """Words are looked up in blocks of time until the page is full."""
    start, end = _time_bounds(params, newest_first=branch.newest_first)
    conditions = [TAGS.overlap(bindparam(name, type_=ARRAY(Text))) for name in WORD_TAGS if name in params]
    if "wide_cells" in params:
        conditions.append(TAGS.overlap(func.public.open311_place_tags(*_edges(params), type_=ARRAY(Text))))
    return in_blocks(branch, start, end, *conditions)


def _by_parts(params: Collection[str], branch: Branch) -> Select[Any]:
    """What was updated in a span was mostly made in it, too; only the rest has to be found and sorted."""
    since, until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("updated_from", "updated_to"))
    updated, requested = _r.updated_datetime, _r.requested_datetime
    bounded = "updated_to" in params
    # Written so that no index of updates can answer it: the list itself, from `until` on, soon fills a page.
    late = [func.greatest(updated, until) == until, requested <= until] if bounded else []
    newer = branch.where(requested >= since, *late).order_by(*branch.order_by()).limit(branch.limit)
    made_within = newer.cte("made_within").prefix_with("MATERIALIZED")
    missing = select(func.count()).select_from(made_within).scalar_subquery() < branch.limit
    span = [updated >= since, *([updated <= until] if bounded else [])]
    older = in_order(branch, requested < since, missing, *span)
    parts = union_all(select(made_within), older).subquery("parts")
    return select(parts).order_by(*branch.order_by(parts.c))


BUILDERS: dict[Strategy, Callable[[Collection[str], Branch], Select[Any]]] = {
    Strategy.CELLS: _by_cells,
    Strategy.COLUMNS: _by_columns,
    Strategy.BLOCKS: _by_blocks,
    Strategy.PARTS: _by_parts,
}


def _edges(params: Collection[str]) -> list[Any]:
    name = "box" if "box_0" in params else "envelope"
    return [bindparam(f"{name}_{position}", type_=Float) for position in range(4)]


def _time_bounds(params: Collection[str], *, newest_first: bool) -> list[Any]:
    """Where the first block lies, and the last: as far as there are reports, and as far as the search reaches."""
    newest, oldest = newest_and_oldest(bindparam("jurisdiction_id", type_=Text))
    cursor = ["after_0"] if "after_0" in params else []
    upper = ["requested_to", "updated_to", *(cursor if newest_first else [])]
    lower = ["requested_from", *([] if newest_first else cursor)]
    newest = func.least(newest, *_moments(params, upper))
    oldest = func.greatest(oldest, *_moments(params, lower))
    return [newest, oldest] if newest_first else [oldest, newest]


def _moments(params: Collection[str], names: list[str]) -> list[Any]:
    return [bindparam(name, type_=DateTime(timezone=True)) for name in names if name in params]
