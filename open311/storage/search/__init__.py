"""The one search over service requests.

The WHERE is put together from what was asked, so that the planner sees no more than it must; `tables` has an index
for every order and filter. A statement is compiled once per shape of question and then only filled in. Four things the
planner gets wrong by itself are settled here: a circle is an envelope plus arithmetic, `updated_before` also bounds
`requested_datetime`, words are looked up first, and pages are found by ids, in the index alone.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from struct import Struct
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    union,
)

from open311.model.search import ANY_ORDER, COUNT_LIMIT, Cursor, Hit, Page, RequestSearch, Sort
from open311.model.service_request import ServiceRequest, Visibility
from open311.storage.rows import COLUMNS, PLAIN_COLUMNS, Statement, notes_column, request_from
from open311.storage.search.conditions import CONDITIONS, Condition, by_words, texts
from open311.storage.search.conditions import parameters as parameters
from open311.storage.search.stepwise import REPLACED, Branch, guided
from open311.storage.tables import service_requests

_r = service_requests.c
# An id and a version, as PostgreSQL sends them.
HIT = Struct(">qi")
# So many rows are counted off at a time.
STRIDE = 10_000
PLACES_SECONDS = 60.0

# Each sort names the columns of an index; the flag says that the index holds that column descending.
ORDERS: dict[str, tuple[tuple[ColumnElement[Any], bool], ...]] = {
    "requested_datetime": ((_r.requested_datetime, False), (_r.id, False)),
    "updated_datetime": ((_r.updated_datetime, False), (_r.id, False)),
    "service_request_id": ((_r.id, False),),
    "status": ((_r.status, False), (_r.requested_datetime, True), (_r.id, True)),
    "service_code": ((_r.service_code, False), (_r.requested_datetime, True), (_r.id, True)),
    ANY_ORDER.name: (),
}


def hits(conn: Connection, asked: RequestSearch) -> Page[Hit]:
    """One page of ids and versions in order: what an index alone can tell."""
    asked = _nearer(conn, asked)
    [(packed, *keys)] = _compiled(_packed_statement, asked).fetch(conn, **parameters(asked))
    return _page(asked, list(HIT.iter_unpack(packed or b"")), keys)


def search(conn: Connection, asked: RequestSearch) -> Page[ServiceRequest]:
    """One page of whole requests."""
    found = hits(conn, asked)
    known = {each.service_request_id: each for each in by_ids(conn, asked, [id for id, _ in found.items])}
    requests = [known[id] for id, _ in found.items if id in known]
    return Page(requests, next=found.next, total=found.total)


def _nearer(conn: Connection, asked: RequestSearch) -> RequestSearch:
    """The same page, counted from a remembered place near it: no statement leaves out more than `STRIDE` rows twice.

    A deep page begins where it began when somebody first came by, at most a minute ago: while reports come in, that
    also keeps the pages of one reader from overlapping.
    """
    if asked.after or asked.skip < 2 * STRIDE:
        return asked
    question = (conn.engine, shape(asked), str(parameters(replace(asked, skip=0, page_size=1))))
    made, places = _places.get(question, (0.0, ()))
    if made + PLACES_SECONDS < time.monotonic():
        made, places = time.monotonic(), ()
    while len(places) < asked.skip // STRIDE:
        last = places[-1] if places else None
        step = hits(conn, replace(asked, after=last, skip=STRIDE - 1, page_size=1)).next
        if step is None:
            break
        places = (*places, step)
    if len(_places) >= MOST_PLACES:
        _places.clear()
    _places[question] = (made, places)
    reached = places[: asked.skip // STRIDE]
    return replace(asked, after=reached[-1], skip=asked.skip - len(reached) * STRIDE) if reached else asked


def by_ids(conn: Connection, asked: RequestSearch, ids: list[int]) -> list[ServiceRequest]:
    """The requests with these ids, in any order; those that have become invisible meanwhile are missing."""
    if not ids:
        return []
    visible = [str(each) for each in asked.visibilities]
    return [request_from(row) for row in _rows[asked.with_notes].fetch(conn, ids=ids, visible=visible)]


def sort_in(conn: Connection) -> None:
    """Sort the words of new requests into their index; until then each search reads them one by one."""
    conn.execute(select(func.gin_clean_pending_list(literal_column("'service_requests_words'::regclass"))))


def total(conn: Connection, asked: RequestSearch) -> int:
    """How many requests match, counted no further than `COUNT_LIMIT + 1`."""
    asked = replace(asked, sort=ANY_ORDER, after=None, skip=0)
    return int(_compiled(total_statement, asked).fetch(conn, **parameters(asked))[0][0])


def _page(asked: RequestSearch, items: list[Hit], keys: list[Any]) -> Page[Hit]:
    more = len(items) > asked.page_size
    known_total = None
    if asked.after and asked.after.total is not None:
        known_total = asked.after.total
    elif not more and not asked.after and (items or not asked.skip):
        known_total = asked.skip + len(items)
    behind = Cursor(asked.sort, tuple(keys), known_total) if more else None
    return Page(items[: asked.page_size], next=behind, total=known_total)


def _branches(asked: RequestSearch) -> list[tuple[bool, list[Condition]]]:
    """What a row must meet, to be filled by `parameters`, as alternatives that each have an index.

    Each visibility has one, each way to match words, and each stretch behind the cursor. The flag says that it can be
    put together in steps, for which the indexes know only what is published.
    """
    given = parameters(asked)
    stretches = [[each] for each in _behind(asked.after.sort)] if asked.after else [[]]
    replaced = {name for steps, names in REPLACED.items() if steps in given for name in names}
    found = []
    for each in asked.visibilities:
        # The visibility is written out, so that the planner can match it with the partial indexes.
        visible = _r.visibility == literal_column(f"'{each}'")
        published = each == Visibility.PUBLISHED
        names = given.keys() - replaced if published else given.keys()
        always = [make() for name, make in CONDITIONS.items() if name in names]
        ways = [(published, [visible, *always])]
        if asked.words:
            steps = published and "in_blocks" in given
            first, *others = by_words(given, visible, each, in_steps=steps)
            ways = [(steps, [*ways[0][1], first]), *((False, [*ways[0][1], way]) for way in others)]
        found += [(steps, [*way, *stretch]) for stretch in stretches for steps, way in ways]
    return found


def _hits(asked: RequestSearch, columns: list[Any], reach: Any) -> list[Select[Any]]:
    """The alternatives, each with its first hits in order."""
    given, sort = parameters(asked), asked.sort
    found = []
    for in_steps, where in _branches(asked):
        plain = select(*columns).where(*where)
        branch = Branch(plain.where, partial(_ordered, sort), reach, newest_first=sort.reverse)
        steps = guided(given, branch) if in_steps else None
        found.append((plain.order_by(*_ordered(sort)) if steps is None else steps).limit(reach))
    return found


def _behind(sort: Sort) -> list[Condition]:
    """Rows behind the cursor, as stretches of the index: the rest of the cursor's own status or service, then others.

    One condition for both would be answered by reading everything from the beginning of that status.
    """
    columns = list(enumerate(_directions(sort)))
    if len(columns) < 3:
        return [_beyond(columns)]
    place, (group, _) = columns[0]
    rest = and_(group == bindparam(f"after_{place}", type_=group.type), _beyond(columns[1:]))
    return [rest, _beyond(columns[:1])]


def _beyond(columns: list[tuple[int, tuple[ColumnElement[Any], bool]]]) -> Condition:
    """Equal in the first columns and beyond in the next, for each prefix of them."""
    behind: Condition | None = None
    for place, (column, down) in reversed(columns):
        value = bindparam(f"after_{place}", type_=column.type)
        beyond = column < value if down else column > value
        # The looser bound is implied, yet it is what lets an index scan start at the right place.
        bound = column <= value if down else column >= value
        behind = beyond if behind is None else and_(bound, or_(beyond, and_(column == value, behind)))
    assert behind is not None
    return behind


def _directions(sort: Sort) -> list[tuple[ColumnElement[Any], bool]]:
    return [(column, down != sort.reverse) for column, down in ORDERS[sort.name]]


def _ordered(sort: Sort, keys: Any = None) -> list[ColumnElement[Any]]:
    """The order by the columns of the table, or of a selection that has named them."""
    found = [
        (column if keys is None else keys[f"key_{place}"], down)
        for place, (column, down) in enumerate(_directions(sort))
    ]
    return [column.desc() if down else column.asc() for column, down in found]


def hits_statement(asked: RequestSearch) -> Select[Any]:
    """Id, version and the columns of the order; one row more than a page, to know whether another follows."""
    most: Any = bindparam("most", type_=BigInteger)
    skip: Any = bindparam("skip", type_=BigInteger) if asked.skip else None
    branches = _hits(asked, _columns(asked), most + skip if asked.skip else most)
    if len(branches) == 1:
        return branches[0].limit(most).offset(skip)
    # A row may match in several ways, and is then the same in each branch.
    both = union(*branches).subquery("both")
    return select(both).order_by(*_ordered(asked.sort, both.c)).limit(most).offset(skip)


def _columns(asked: RequestSearch) -> list[Any]:
    keys = [column for column, _ in ORDERS[asked.sort.name]]
    return [_r.id, _r.version, *(key.label(f"key_{place}") for place, key in enumerate(keys))]


def _packed_statement(asked: RequestSearch) -> Select[Any]:
    """All hits in one value of twelve bytes each, and the columns of the order where the page ends.

    As rows of their own, a thousand of them would take the reader longer than the search itself.
    """
    page = hits_statement(asked).subquery("page")
    cell = func.int8send(page.c.id).op("||")(func.int4send(page.c.version))
    last = cast(bindparam("most", type_=BigInteger) - literal_column("1"), Integer)
    keys = [column for name, column in page.c.items() if name.startswith("key_")]
    packed = func.string_agg(cell, literal_column("''::bytea"))
    return select(packed, *(func.array_agg(key)[last] for key in keys))


def total_statement(asked: RequestSearch) -> Select[Any]:
    """The bounded count of everything that matches."""
    most: Any = literal_column(str(COUNT_LIMIT + 1))
    parts = _hits(asked, [_r.id], most)
    rows: Any = union(*parts).limit(most) if len(parts) > 1 else parts[0]
    return select(func.count()).select_from(rows.subquery("counted"))


def _rows_statement(*columns: Any) -> Select[Any]:
    return select(*columns).where(
        _r.id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _r.visibility == texts("visible")
    )


# Places in long lists, one each `STRIDE` rows, by question.
_places: dict[Any, tuple[float, tuple[Cursor, ...]]] = {}
_statements: dict[Any, Statement] = {}
MOST_STATEMENTS = 2000
MOST_PLACES = 200
_rows = {
    False: Statement(_rows_statement(*PLAIN_COLUMNS)),
    True: Statement(_rows_statement(*COLUMNS, notes_column())),
}


def shape(asked: RequestSearch) -> tuple[Any, ...]:
    """All that the text of a statement depends on."""
    return (frozenset(parameters(asked)), asked.sort, asked.visibilities)


def _compiled(make: Callable[[RequestSearch], Select[Any]], asked: RequestSearch) -> Statement:
    key = (make, *shape(asked))
    statement = _statements.get(key)
    if statement is None:
        if len(_statements) >= MOST_STATEMENTS:
            _statements.clear()
        statement = _statements[key] = Statement(make(asked))
    return statement
