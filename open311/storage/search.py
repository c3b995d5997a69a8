"""The one search over service requests.

The WHERE is put together from what was asked, so that the planner sees no more than it must; `tables.py` has an index
for every order and filter. A statement is compiled once per shape of question and then only filled in. Four things the
planner gets wrong by itself are settled here: a circle is an envelope plus arithmetic, `updated_before` also bounds
`requested_datetime`, words are looked up first, and pages are found by ids, in the index alone.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union,
)

from open311.model.search import COUNT_LIMIT, Cursor, Hit, Page, RequestSearch, Sort
from open311.model.service_request import ServiceRequest
from open311.model.text import fold
from open311.storage.rows import COLUMNS, PLAIN_COLUMNS, Statement, notes_column, request_from
from open311.storage.tables import service_requests

_r = service_requests.c
Condition = ColumnElement[bool]

# Up to here hits are put in order; beyond, so many rows match that walking the order meets them soon.
FEW_HITS = 10_000
# An index of trigrams knows nothing shorter.
SHORTEST_PART = 3

# Each sort names the columns of an index; the flag says that the index holds that column descending.
ORDERS: dict[str, tuple[tuple[ColumnElement[Any], bool], ...]] = {
    "requested_datetime": ((_r.requested_datetime, False), (_r.id, False)),
    "updated_datetime": ((_r.updated_datetime, False), (_r.id, False)),
    "service_request_id": ((_r.id, False),),
    "status": ((_r.status, False), (_r.requested_datetime, True), (_r.id, True)),
    "service_code": ((_r.service_code, False), (_r.requested_datetime, True), (_r.id, True)),
}


def hits(conn: Connection, asked: RequestSearch) -> Page[Hit]:
    """One page of ids and versions in order: what an index alone can tell."""
    rows = _compiled(hits_statement, asked).fetch(conn, **parameters(asked))
    return _page(asked, rows, [Hit(row[0], row[1]) for row in rows[: asked.page_size]])


def search(conn: Connection, asked: RequestSearch) -> Page[ServiceRequest]:
    """One page of whole requests."""
    found = hits(conn, asked)
    known = {each.service_request_id: each for each in by_ids(conn, asked, [hit.id for hit in found.items])}
    requests = [known[hit.id] for hit in found.items if hit.id in known]
    return Page(requests, next=found.next, total=found.total)


def by_ids(conn: Connection, asked: RequestSearch, ids: list[int]) -> list[ServiceRequest]:
    """The requests with these ids, in any order; those that have become invisible meanwhile are missing."""
    if not ids:
        return []
    visible = [str(each) for each in asked.visibilities]
    return [request_from(row) for row in _rows[asked.with_notes].fetch(conn, ids=ids, visible=visible)]


def total(conn: Connection, asked: RequestSearch) -> int:
    """How many requests match, counted no further than `COUNT_LIMIT + 1`."""
    return int(_compiled(total_statement, asked).fetch(conn, **parameters(asked))[0][0])


def _page(asked: RequestSearch, rows: list[tuple[Any, ...]], items: list[Hit]) -> Page[Hit]:
    more = len(rows) > asked.page_size
    known_total = None
    if asked.after and asked.after.total is not None:
        known_total = asked.after.total
    elif not more and not asked.after and (rows or not asked.skip):
        known_total = asked.skip + len(rows)
    behind = Cursor(asked.sort, tuple(rows[asked.page_size - 1][2:]), known_total) if more else None
    return Page(items, next=behind, total=known_total)


def parameters(asked: RequestSearch) -> dict[str, Any]:
    """What fills the statement: one entry for each filter that was asked for, and the bounds of the page."""
    given: dict[str, Any] = {
        "jurisdiction_id": asked.jurisdiction_id,
        "most": asked.page_size + 1,
        "skip": asked.skip or None,
    }
    if asked.ids is not None:
        given["ids"] = list(asked.ids)
    else:
        given |= _filters(asked)
    if asked.after:
        given |= {f"after_{place}": value for place, value in enumerate(asked.after.keys)}
    return {name: value for name, value in given.items() if value is not None}


def _filters(asked: RequestSearch) -> dict[str, Any]:
    statuses = set(asked.statuses)
    given: dict[str, Any] = {
        "service_codes": list(asked.service_codes) or None,
        "status": str(asked.statuses[0]) if len(statuses) == 1 else None,
        "detailed_statuses": None if asked.detailed_statuses is None else list(asked.detailed_statuses),
        "agencies": None if asked.agencies is None else list(asked.agencies),
        "requested_from": asked.requested.start,
        "requested_to": asked.requested.end,
        "updated_from": asked.updated.start,
        "updated_to": asked.updated.end,
    }
    for name, box in (("box", asked.box), ("envelope", asked.circle.envelope if asked.circle else None)):
        if box:
            edges = (box.min_long, box.min_lat, box.max_long, box.max_lat)
            given |= {f"{name}_{place}": edge for place, edge in enumerate(edges)}
    if asked.circle:
        circle = asked.circle
        per_lat, per_long = circle.metres_per_degree
        given |= {
            "lat": circle.centre.lat,
            "long": circle.centre.long,
            "per_lat": per_lat,
            "per_long": per_long,
        }
        given |= {"radius": circle.radius, "inner": max(0.0, circle.radius - circle.tolerance)}
        given |= {"outer": circle.radius + circle.tolerance}
    if asked.words:
        given |= _words(asked.words)
        given["named"] = list(asked.words_in_service_names) or None
        number = asked.words[0] if len(asked.words) == 1 else ""
        given["number"] = (
            int(number) if number.isascii() and number.isdecimal() and len(number) <= 15 else None
        )
    return given


def _words(words: Sequence[str]) -> dict[str, str]:
    """Each word as the beginning of a word and, if it is long enough for the index, as a part of one."""
    given = {f"word_{place}": f"{word}:*" for place, word in enumerate(words)}
    parts = {
        f"part_{place}": f"%{fold(word)}%" for place, word in enumerate(words) if len(word) >= SHORTEST_PART
    }
    parts = {name: part.replace("_", r"\_") for name, part in parts.items()}
    return {"words": " & ".join(given.values())} | given | parts


def _number(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Float)


def _texts(name: str) -> Any:
    return any_(bindparam(name, type_=ARRAY(Text)))


def _moment(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _inside(name: str) -> Condition:
    edges = (_number(f"{name}_{place}") for place in range(4))
    return _r.geom.op("&&", is_comparison=True)(func.ST_MakeEnvelope(*edges, 4326))


def _in_box() -> Condition:
    """Edges included, and nothing beyond: an index keeps boxes in single precision, half a metre wide of the mark.

    One comparison, since the planner would take two of one coordinate for a narrow range.
    """
    west, south, east, north = (_number(f"box_{place}") for place in range(4))
    long, lat = func.ST_X(_r.geom), func.ST_Y(_r.geom)
    return and_(_inside("box"), func.greatest(west - long, long - east, south - lat, lat - north) <= 0)


def _within() -> Condition:
    """Inside by arithmetic; only points near the rim pay for the exact distance on the ellipsoid."""
    north = (func.ST_Y(_r.geom) - _number("lat")) * _number("per_lat")
    east = (func.ST_X(_r.geom) - _number("long")) * _number("per_long")
    squared = north * north + east * east
    centre = func.ST_SetSRID(func.ST_MakePoint(_number("long"), _number("lat")), 4326)
    exact = func.ST_DistanceSpheroid(_r.geom, centre) <= _number("radius")
    inner, outer = _number("inner"), _number("outer")
    return or_(squared <= inner * inner, and_(squared <= outer * outer, exact))


def _query(name: str) -> Any:
    german: Any = literal_column("'pg_catalog.german'::regconfig")
    terms: Any = bindparam(name, type_=Text)
    return func.to_tsquery(german, terms).op("||")(func.to_tsquery(german, func.open311_fold(terms)))


def _holds(given: Collection[str]) -> Condition:
    """Every word, each in its own way; beside others, little words such as `der` do not count."""
    found: list[Condition] = []
    for place in range(sum(name.startswith("word_") for name in given)):
        query, part = _query(f"word_{place}"), bindparam(f"part_{place}", type_=Text)
        ways: list[Condition] = [_r.words.op("@@", is_comparison=True)(query)]
        if f"part_{place}" in given:
            ways.append(_r.folded.like(part))
        # Constant for the planner, which then leaves out the word, or this line.
        ways.append(and_(func.numnode(query) == 0, func.numnode(_query("words")) > 0))
        found.append(or_(*ways))
    return and_(*found)


def _by_words(given: Collection[str], visible: Condition, name: str) -> list[Condition]:
    """The ways in which a row can match what was typed; each is a branch of its own, with an index of its own.

    The planner cannot tell rare words from common ones, and the wrong plan for either takes seconds. So the first hits
    are looked up in the indexes of words: if these are all, they are put in order; if there are more, they are dense
    enough to be met while walking in order.
    """
    mine, words = CONDITIONS["jurisdiction_id"](), _holds(given)
    few: Any = literal_column(str(FEW_HITS))
    found = select(_r.id).where(mine, visible, words).limit(few + literal_column("1"))
    first = found.cte(f"first_hits_{name}").prefix_with("MATERIALIZED")
    count = select(func.count()).select_from(first).scalar_subquery()
    return [
        and_(_r.id.in_(select(first.c.id)), count <= few),
        and_(words, count > few),
        *(make() for name, make in INSTEAD_OF_WORDS.items() if name in given),
    ]


# What each parameter means.
CONDITIONS: dict[str, Callable[[], Condition]] = {
    "jurisdiction_id": lambda: _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text),
    "ids": lambda: _r.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    "service_codes": lambda: _r.service_code == _texts("service_codes"),
    "status": lambda: _r.status == bindparam("status", type_=Text),
    "detailed_statuses": lambda: _r.detailed_status == _texts("detailed_statuses"),
    "agencies": lambda: func.lower(_r.agency_responsible) == _texts("agencies"),
    "requested_from": lambda: _r.requested_datetime >= _moment("requested_from"),
    "requested_to": lambda: _r.requested_datetime <= _moment("requested_to"),
    "updated_from": lambda: _r.updated_datetime >= _moment("updated_from"),
    # A request is never updated before it is made: the second bound is implied, and saves a sort.
    "updated_to": lambda: and_(
        _r.updated_datetime <= _moment("updated_to"), _r.requested_datetime <= _moment("updated_to")
    ),
    "box_0": _in_box,
    "envelope_0": lambda: _inside("envelope"),
    "radius": _within,
}
# A row matches by its words, but also by the name of its service, or by its number.
INSTEAD_OF_WORDS: dict[str, Callable[[], Condition]] = {
    "named": lambda: _r.service_code == _texts("named"),
    "number": lambda: _r.id == bindparam("number", type_=BigInteger),
}


def _branches(asked: RequestSearch, *, from_start: bool = False) -> list[list[Condition]]:
    """What a row must meet, to be filled by `parameters`, as alternatives that each have an index.

    Each visibility has one, each way to match words, and each stretch behind the cursor. `from_start` leaves the
    cursor out.
    """
    given = parameters(asked)
    stretches = [[each] for each in _behind(asked.after.sort)] if asked.after and not from_start else [[]]
    always = [make() for name, make in CONDITIONS.items() if name in given]
    found = []
    for each in asked.visibilities:
        # The visibility is written out, so that the planner can match it with the partial indexes.
        visible = _r.visibility == literal_column(f"'{each}'")
        ways = [[way] for way in _by_words(given, visible, each)] if asked.words else [[]]
        found += [[visible, *always, *stretch, *way] for stretch in stretches for way in ways]
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


def _ordered(sort: Sort, columns: Any = None) -> list[ColumnElement[Any]]:
    found = [
        (column if columns is None else columns[column.name], down) for column, down in _directions(sort)
    ]
    return [column.desc() if down else column.asc() for column, down in found]


def hits_statement(asked: RequestSearch) -> Select[Any]:
    """Id, version and the columns of the order; one row more than a page, to know whether another follows."""
    keys = [column for column, _ in ORDERS[asked.sort.name]]
    most: Any = bindparam("most", type_=BigInteger)
    skip: Any = bindparam("skip", type_=BigInteger) if asked.skip else None
    branches = [
        select(_r.id, _r.version, *(key.label(f"key_{place}") for place, key in enumerate(keys)))
        .where(*where)
        .order_by(*_ordered(asked.sort))
        for where in _branches(asked)
    ]
    if len(branches) == 1:
        return branches[0].limit(most).offset(skip)
    reach = most + skip if asked.skip else most
    # A row may match in several ways, and is then the same in each branch.
    both = union(*(branch.limit(reach) for branch in branches)).subquery("both")
    order = [
        both.c[f"key_{place}"].desc() if down else both.c[f"key_{place}"]
        for place, (_, down) in enumerate(_directions(asked.sort))
    ]
    return select(both).order_by(*order).limit(most).offset(skip)


def total_statement(asked: RequestSearch) -> Select[Any]:
    """The bounded count of everything that matches."""
    most = COUNT_LIMIT + 1
    parts = [select(_r.id).where(*where).limit(most) for where in _branches(asked, from_start=True)]
    rows: Any = union(*parts).limit(most) if len(parts) > 1 else parts[0]
    return select(func.count()).select_from(rows.subquery("counted"))


def _rows_statement(*columns: Any) -> Select[Any]:
    return select(*columns).where(
        _r.id == any_(bindparam("ids", type_=ARRAY(BigInteger))), _r.visibility == _texts("visible")
    )


_statements: dict[Any, Statement] = {}
MOST_STATEMENTS = 2000
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
