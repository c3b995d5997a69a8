"""Searches that no index has in order: put together in steps, so that their cost does not grow with the table.

Each step is small and has an index of its own, and all of it is one statement:
- a small box or circle is a handful of cells of a grid, each of which an index holds newest first;
- words are looked up in blocks of time, a day at first and wider ones further on, until the page is full;
- what was updated in a span was mostly made in it, too; only the rest has to be found and sorted;
- what is in a box is counted in columns of cells, each of which is one stretch of an index.
"""

from collections.abc import Callable, Collection
from math import cos, radians
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Float,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from open311.model.geography import Box
from open311.model.search import ANY_ORDER, EVER, NEWEST_FIRST, RequestSearch
from open311.storage.tables import service_requests

_r = service_requests.c

# Cells of 100 metres in the middle of Europe; words know only wider ones, of 800.
LEVEL, WIDE_LEVEL = 18, 15
# Where a box has more, its reports are found better by walking the whole list, or by the index of places.
MOST_CELLS = 36
# A wider box, some 150 kilometres, holds most of what there is, or nothing.
MOST_COLUMNS = 1000
# What the steps see to themselves.
REPLACED = {
    "in_cells": ("box_0", "envelope_0"),
    "in_columns": ("box_0", "envelope_0"),
    "in_parts": ("updated_from", "updated_to"),
}
WORD_TAGS = ("service_tags", "status_tags")
# An index of trigrams knows nothing shorter.
SHORTEST_PART = 3


class Branch(NamedTuple):
    """One way to match: `build` adds conditions to it; `order` sorts by the table, or by the columns given."""

    build: Callable[..., Select[Any]]
    order: Callable[..., list[ColumnElement[Any]]]
    reach: Any
    newest_first: bool


def guide(asked: RequestSearch) -> dict[str, Any]:
    """How a search is put together, as parameters, since the shape of its statement depends on it; often not at all."""
    counting = asked.sort == ANY_ORDER
    if not (counting or asked.sort.name == "requested_datetime") or asked.ids is not None:
        return {}
    box = asked.box or (asked.circle.envelope if asked.circle else None)
    if asked.words:
        tags = {
            "service_tags": [f"s{code}" for code in asked.service_codes] or None,
            "status_tags": [str(each) for each in asked.statuses] or None,
        }
        near = box is not None and _cells(box, WIDE_LEVEL) <= MOST_CELLS
        known = all(len(word) >= SHORTEST_PART for word in asked.words)
        return {"in_blocks": True, "in_box": near or None} | tags if known else {}
    if box and counting:
        return {"in_columns": True} if _cells(box, LEVEL) <= MOST_CELLS or _only_place(asked, box) else {}
    if box:
        return {"in_cells": True} if _cells(box, LEVEL) <= MOST_CELLS else {}
    return {"in_parts": True} if asked.updated.start and asked.sort == NEWEST_FIRST else {}


def guided(given: Collection[str], branch: Branch) -> Select[Any] | None:
    """The hits of a branch in steps; None where the planner finds them by itself."""
    if "in_cells" in given:
        return _in_cells(given, branch)
    if "in_columns" in given:
        return _in_columns(given, branch)
    if "in_blocks" in given:
        return _in_blocks(given, branch)
    return _in_parts(given, branch) if "in_parts" in given else None


def _cells(box: Box, level: int) -> float:
    """About how many cells such a box touches."""
    degree = (1 << level) / 360
    shrunk = max(0.01, cos(radians((box.min_lat + box.max_lat) / 2)))
    rows = (box.max_lat - box.min_lat) / shrunk * degree
    return ((box.max_long - box.min_long) * degree + 1) * (rows + 1)


def _only_place(asked: RequestSearch, box: Box) -> bool:
    """Whether no other filter could be met sooner in an index of its own."""
    others = (asked.service_codes, asked.detailed_statuses, asked.agencies)
    spans = (asked.requested, asked.updated)
    narrow = (box.max_long - box.min_long) * (1 << LEVEL) / 360 <= MOST_COLUMNS
    return narrow and not any(others) and all(span == EVER for span in spans)


def _in_cells(given: Collection[str], branch: Branch) -> Select[Any]:
    grid = func.public.open311_cells(*_edges(given)).table_valued("cell").alias("grid")
    first = branch.build(func.public.open311_cell(_r.geom) == grid.c.cell).correlate(grid)
    found = first.order_by(*branch.order()).limit(branch.reach).lateral("found")
    return select(found).select_from(grid.join(found, true())).order_by(*branch.order(found.c))


def _in_columns(given: Collection[str], branch: Branch) -> Select[Any]:
    """All of a box: in the index of cells those of a column follow each other."""
    west, south, east, north = _edges(given)
    columns = func.generate_series(
        func.public.open311_column(west, LEVEL), func.public.open311_column(east, LEVEL)
    )
    column = columns.table_valued("x").render_derived(name="columns")
    first = cast(column.c.x, BigInteger).op("<<")(literal_column(str(LEVEL)))
    cell = func.public.open311_cell(_r.geom)
    reached = cell.between(
        first + func.public.open311_row(north, LEVEL), first + func.public.open311_row(south, LEVEL)
    )
    found = branch.build(reached).correlate(column).lateral("found")
    return select(found).select_from(column.join(found, true()))


def _edges(given: Collection[str]) -> list[Any]:
    name = "box" if "box_0" in given else "envelope"
    return [bindparam(f"{name}_{place}", type_=Float) for place in range(4)]


def _in_blocks(given: Collection[str], branch: Branch) -> Select[Any]:
    known = func.public.open311_blocks(*_ends(given, newest_first=branch.newest_first)).table_valued(
        "step", "tags"
    )
    blocks = select(known.c.step, known.c.tags).order_by(known.c.step).subquery("blocks")
    tags = func.public.open311_tags(
        _r.service_code, _r.status, _r.requested_datetime, _r.geom, type_=ARRAY(Text)
    )
    inside = [tags.overlap(blocks.c.tags)]
    inside += [tags.overlap(bindparam(name, type_=ARRAY(Text))) for name in WORD_TAGS if name in given]
    if "in_box" in given:
        inside.append(tags.overlap(func.public.open311_place_tags(*_edges(given), type_=ARRAY(Text))))
    return _until_full(blocks, _sorted(branch, *inside, within=blocks), branch)


def _ends(given: Collection[str], *, newest_first: bool) -> list[Any]:
    """Where the first block lies, and the last: as far as there are reports, and as far as is asked for."""
    mine = _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text)
    published = _r.visibility == literal_column("'published'")
    moments = select(_r.requested_datetime).where(mine, published).limit(literal_column("1"))
    newest: Any = moments.order_by(_r.requested_datetime.desc(), _r.id.desc()).scalar_subquery()
    oldest: Any = moments.order_by(_r.requested_datetime, _r.id).scalar_subquery()
    behind = ["after_0"] if "after_0" in given else []
    before = ["requested_to", "updated_to", *(behind if newest_first else [])]
    since = ["requested_from", *([] if newest_first else behind)]
    newest = func.least(newest, *_moments(given, before))
    oldest = func.greatest(oldest, *_moments(given, since))
    return [newest, oldest] if newest_first else [oldest, newest]


def _moments(given: Collection[str], names: list[str]) -> list[Any]:
    return [bindparam(name, type_=DateTime(timezone=True)) for name in names if name in given]


def _in_parts(given: Collection[str], branch: Branch) -> Select[Any]:
    since, until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("updated_from", "updated_to"))
    updated, requested = _r.updated_datetime, _r.requested_datetime
    bounded = "updated_to" in given
    # Written so that no index of updates can answer it: the list itself, from `until` on, soon fills a page.
    late = [func.greatest(updated, until) == until, requested <= until] if bounded else []
    newer = branch.build(requested >= since, *late).order_by(*branch.order()).limit(branch.reach)
    made_within = newer.cte("made_within").prefix_with("MATERIALIZED")
    missing = select(func.count()).select_from(made_within).scalar_subquery() < branch.reach
    span = [updated >= since, *([updated <= until] if bounded else [])]
    older = _sorted(branch, requested < since, missing, *span)
    both = union_all(select(made_within), older).subquery("parts")
    return select(both).order_by(*branch.order(both.c))


def _sorted(branch: Branch, *more: Any, within: Any = None) -> Select[Any]:
    """All of a step first, and then its order: `OFFSET 0` keeps the planner from walking the list instead."""
    matching = branch.build(*more).offset(literal_column("0"))
    found = (matching if within is None else matching.correlate(within)).subquery("matching")
    return select(found).order_by(*branch.order(found.c)).limit(branch.reach)


def _until_full(steps: Any, step: Any, branch: Branch) -> Select[Any]:
    """Step by step, and nothing behind a full page is looked at.

    The limit is inside: sorted before it, the first row of one more step would be needed to know that the last is over.
    A step can only be looked up once its tags are known, so they come in the order of `steps`.
    """
    found = step.lateral("found")
    first = (
        select(steps.c.step, found)
        .select_from(steps.join(found, true()))
        .limit(branch.reach)
        .subquery("first")
    )
    return select(first).with_only_columns(*first.c[1:]).order_by(first.c.step, *branch.order(first.c))
