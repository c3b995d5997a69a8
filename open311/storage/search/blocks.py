"""Words looked up in blocks of time: a day at first and wider ones further on, until there is enough.

The blocks are keys of the index of words itself, as are service, status and cells of 800 metres.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from open311.storage.requests.visible import is_everybodys
from open311.storage.tables import service_requests

_r = service_requests.c
# As the index of words has them.
TAGS: Any = func.public.open311_tags(
    _r.service_code, _r.status, _r.requested_datetime, _r.geom, type_=ARRAY(Text)
)


def tags_of_services(service_codes: Sequence[str]) -> list[str]:
    """As `TAGS` has services."""
    return [f"s{code}" for code in service_codes]


class Branch(NamedTuple):
    """One way to match: `where` adds conditions to it; `order_by` sorts by the table, or by the columns passed."""

    where: Callable[..., Select[Any]]
    order_by: Callable[..., list[ColumnElement[Any]]]
    limit: Any
    newest_first: bool


def newest_and_oldest(jurisdiction: Any) -> tuple[Any, Any]:
    """When the last and the first public report of a jurisdiction came in."""
    of_jurisdiction = _r.jurisdiction_id == jurisdiction
    moments = select(_r.requested_datetime).where(of_jurisdiction, is_everybodys).limit(literal_column("1"))
    newest = moments.order_by(_r.requested_datetime.desc(), _r.id.desc()).scalar_subquery()
    return newest, moments.order_by(_r.requested_datetime, _r.id).scalar_subquery()


def in_blocks(branch: Branch, start: Any, end: Any, *conditions: Any) -> Select[Any]:
    """The hits of a branch, block by block from one moment towards the other; no block behind a full page is read."""
    series = func.public.open311_blocks(start, end).table_valued("step", "tags")
    blocks = select(series.c.step, series.c.tags).order_by(series.c.step).subquery("blocks")
    of_block = TAGS.overlap(blocks.c.tags)
    return _until_full(blocks, in_order(branch, of_block, *conditions, within=blocks), branch)


def in_order(branch: Branch, *conditions: Any, within: Any = None) -> Select[Any]:
    """All of a step first, and then its order: `OFFSET 0` keeps the planner from walking the list instead."""
    rows = branch.where(*conditions).offset(literal_column("0"))
    matching = (rows if within is None else rows.correlate(within)).subquery("matching")
    return select(matching).order_by(*branch.order_by(matching.c)).limit(branch.limit)


def _until_full(steps: Any, step: Any, branch: Branch) -> Select[Any]:
    """Step by step until the page is full; no step after that is read.

    The limit is inside: sorted before it, the first row of one more step would be needed to know that the last is over.
    A step can only be looked up once its tags are known, so they come in the order of `steps`.
    """
    hits = step.lateral("hits")
    first = (
        select(steps.c.step, hits).select_from(steps.join(hits, true())).limit(branch.limit).subquery("first")
    )
    return select(first).with_only_columns(*first.c[1:]).order_by(first.c.step, *branch.order_by(first.c))
