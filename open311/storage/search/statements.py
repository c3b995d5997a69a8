"""A search as one statement, compiled once per shape of question and then only filled in."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union,
)

from open311.model.access.visibility import EVERYBODYS
from open311.model.search import COUNT_LIMIT, NEWEST_FIRST, RequestSearch, Sort
from open311.model.service_request import Visibility
from open311.storage.database.statement import Statement
from open311.storage.requests import written_requests
from open311.storage.requests.rows import COLUMNS, PLAIN_COLUMNS, notes_column
from open311.storage.search.blocks import Branch
from open311.storage.search.conditions import CONDITIONS, any_text, parameters
from open311.storage.search.keyset import ORDERS, Condition, behind, order_by
from open311.storage.search.strategies import REPLACED, Strategy, statement_of
from open311.storage.search.words import by_words
from open311.storage.tables import service_requests

_r = service_requests.c
MOST_STATEMENTS = 2000
OF_A_STRETCH = {"jurisdiction_id", "most", "skip", "after_0", "after_1", "requested_from", "requested_to"}


class Shape(tuple[frozenset[str], Sort, tuple[Visibility, ...]]):
    """All that the text of a statement depends on: names of parameters, order, visibilities."""

    __slots__ = ()


@dataclass(frozen=True)
class Question:
    """A search, the shape of it, which shares its statement with all of that shape, and what fills the statement."""

    search: RequestSearch
    shape: Shape
    filled: dict[str, Any]

    @cached_property
    def key(self) -> Hashable:
        """What is the same for the same question."""
        return self.shape, tuple(map(str, self.filled.items()))


def question_of(query: RequestSearch) -> Question:
    """A search as its statements are asked for it."""
    filled = parameters(query)
    return Question(query, Shape((frozenset(filled), query.sort, query.visibilities)), filled)


@lru_cache(MOST_STATEMENTS)
def page_statement(shape: Shape) -> Statement:
    """All hits in one value of twelve bytes each, and the columns of the order where the page ends.

    As rows of their own, a thousand of them would take the reader longer than the search itself.
    """
    page = hits_statement(shape).subquery("page")
    cell = func.int8send(page.c.id).op("||")(func.int4send(page.c.version))
    last = cast(bindparam("most", type_=BigInteger) - literal_column("1"), Integer)
    keys = [column for name, column in page.c.items() if name.startswith("key_")]
    packed = func.string_agg(cell, literal_column("''::bytea"))
    whole = select(packed, *(func.array_agg(key)[last] for key in keys))
    return Statement(whole, planned_once=_is_a_stretch(shape))


@lru_cache(MOST_STATEMENTS)
def total_statement(shape: Shape) -> Statement:
    """The bounded count of everything that matches."""
    most: Any = literal_column(str(COUNT_LIMIT + 1))
    branches = _branches(shape, [_r.id], most)
    rows: Any = union(*branches).limit(most) if len(branches) > 1 else branches[0]
    return Statement(select(func.count()).select_from(rows.subquery("counted")))


@lru_cache(2)
def rows_statement(with_notes: bool) -> Statement:
    """Whole rows by `ids`, of the visibilities `visible`."""
    columns = (*COLUMNS, notes_column()) if with_notes else PLAIN_COLUMNS
    ids = bindparam("ids", type_=ARRAY(BigInteger))
    query = select(*columns).where(_r.id == any_(ids), _r.visibility == any_text("visible"))
    return Statement(query, planned_once=True)


@lru_cache(MOST_STATEMENTS)
def lines_by_ids_statement(form: str) -> Statement:
    """Id, version and bytes by `ids`, of the visibilities `visible`."""
    ids = bindparam("ids", type_=ARRAY(BigInteger))
    conditions = (_r.id == any_(ids), _r.visibility == any_text("visible"))
    # With an offset it is carried out by itself, and not put into each place that asks for one of its columns.
    row = (
        select(_r.version, *written_requests.read())
        .where(*conditions)
        .offset(literal_column("0"))
        .subquery("row")
        .c
    )
    written = select(row.service_request_id, row.version, written_requests.line(form, row))
    return Statement(written.where(written_requests.in_zone()), planned_once=True)


@lru_cache(MOST_STATEMENTS)
def lines_statement(shape: Shape, form: str) -> Statement:
    """Id and bytes of one row more than a page, for questions without alternatives."""
    row = _rows_of_a_page(shape)
    written = select(row.service_request_id, written_requests.line(form, row))
    return Statement(written.where(written_requests.in_zone()))


@lru_cache(MOST_STATEMENTS)
def cells_statement(shape: Shape) -> Statement:
    """One row more than a page as cells of CSV, for questions without alternatives."""
    return Statement(
        select(*written_requests.cells(_rows_of_a_page(shape))).where(written_requests.in_zone())
    )


def _rows_of_a_page(shape: Shape) -> written_requests.Row:
    most: Any = bindparam("most", type_=BigInteger)
    [page] = _branches(shape, written_requests.read(), most)
    return page.subquery("row").c


@lru_cache(MOST_STATEMENTS)
def keys_statement(sort: Sort) -> Statement:
    """The columns of an order of the request `id`."""
    keys = [column.label(f"key_{position}") for position, (column, _) in enumerate(ORDERS[sort.name])]
    return Statement(select(*keys).where(_r.id == bindparam("id", type_=BigInteger)))


def _is_a_stretch(shape: Shape) -> bool:
    """Whether a page is some rows of the index `service_requests_newest` in a row, wherever it begins."""
    names, sort, visibilities = shape
    return names <= OF_A_STRETCH and sort.name == NEWEST_FIRST.name and visibilities == (EVERYBODYS,)


def hits_statement(shape: Shape) -> Select[Any]:
    """Id, version and the columns of the order; one row more than a page, to know whether another follows."""
    return columns_of_a_page(shape, [_r.id, _r.version])


def columns_of_a_page(shape: Shape, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Columns of the table, and those of the order, of one row more than a page."""
    names, sort, _ = shape
    most: Any = bindparam("most", type_=BigInteger)
    skip: Any = bindparam("skip", type_=BigInteger) if "skip" in names else None
    keys = [column.label(f"key_{position}") for position, (column, _) in enumerate(ORDERS[sort.name])]
    branches = _branches(shape, [*columns, *keys], most if skip is None else most + skip)
    if len(branches) == 1:
        return branches[0].limit(most).offset(skip)
    # A row may match in several ways, and is then the same in each branch.
    merged = union(*branches).subquery("merged")
    return select(merged).order_by(*order_by(sort, merged.c)).limit(most).offset(skip)


def _branches(shape: Shape, columns: list[Any], limit: Any) -> list[Select[Any]]:
    """The alternatives, each with its first hits in order."""
    names, sort, _ = shape
    selects = []
    for strategy, conditions in _alternatives(shape):
        plain = select(*columns).where(*conditions)
        if strategy is None:
            # Each branch has the whole limit: all hits of the page may be in one of them.
            selects.append(plain.order_by(*order_by(sort)).limit(limit))
        else:
            branch = Branch(plain.where, partial(order_by, sort), limit, newest_first=sort.reverse)
            selects.append(statement_of(strategy, names, branch).limit(limit))
    return selects


def _alternatives(shape: Shape) -> list[tuple[Strategy | None, list[Condition]]]:
    """The ways in which a row can match, each with an index of its own, and the strategy that finds it so.

    Each visibility has one, each way to match words, and each stretch behind the cursor. The indexes of the strategies
    hold only what is published.
    """
    names, sort, visibilities = shape
    stretches = [[condition] for condition in behind(sort)] if "after_0" in names else [[]]
    strategy = next((strategy for strategy in Strategy if strategy in names), None)
    alternatives = []
    for visibility in visibilities:
        # The visibility is written out, so that the planner can match it with the partial indexes.
        visible = _r.visibility == literal_column(f"'{visibility}'")
        used = strategy if visibility == EVERYBODYS else None
        met = REPLACED[used] if used else ()
        filters = [
            visible,
            *(make() for name, make in CONDITIONS.items() if name in names and name not in met),
        ]
        if "words" in names:
            first, *others = by_words(names, visible, visibility, in_blocks=used is Strategy.BLOCKS)
            ways = [(used, [*filters, first]), *((None, [*filters, way]) for way in others)]
        else:
            ways = [(used, filters)]
        alternatives += [(how, [*way, *stretch]) for stretch in stretches for how, way in ways]
    return alternatives
