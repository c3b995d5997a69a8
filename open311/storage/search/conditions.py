"""What each filter of a search means in SQL, and the values that fill it.

A circle is an envelope plus arithmetic, `updated_before` also bounds `requested_datetime`, words are looked up first:
what the planner would get wrong by itself.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Float,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from open311.base.text import fold
from open311.model.search import RequestSearch
from open311.storage.search.stepwise import SHORTEST_PART, guide
from open311.storage.tables import foreign_references, service_requests

_r, _f = service_requests.c, foreign_references.c
Condition = ColumnElement[bool]

# Up to here hits are put in order; beyond, so many rows match that walking the order meets them soon.
FEW_HITS = 10_000


def parameters(asked: RequestSearch) -> dict[str, Any]:
    """What fills the statement: one entry for each filter that was asked for, and the bounds of the page."""
    given: dict[str, Any] = {
        "jurisdiction_id": asked.jurisdiction_id,
        "most": asked.page_size + 1,
        "skip": asked.skip or None,
        **guide(asked),
    }
    if asked.ids is not None:
        given["ids"] = list(asked.ids)
        if asked.foreign_ids:
            given = {"named_ids": given.pop("ids"), "foreign_ids": list(asked.foreign_ids)} | given
    else:
        given |= _filters(asked)
    if asked.after:
        given |= {f"after_{place}": value for place, value in enumerate(asked.after.keys)}
    return {name: value for name, value in given.items() if value is not None}


def _filters(asked: RequestSearch) -> dict[str, Any]:
    statuses = set(asked.statuses)
    given: dict[str, Any] = {
        **_one_of("service_code", "service_codes", asked.service_codes or None),
        "status": str(asked.statuses[0]) if len(statuses) == 1 else None,
        **_one_of("detailed_status", "detailed_statuses", asked.detailed_statuses),
        **_one_of("agency", "agencies", asked.agencies),
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
        given["reference"] = asked.reference
        given["named"] = list(asked.words_in_service_names) or None
        number = asked.words[0] if len(asked.words) == 1 else ""
        given["number"] = (
            int(number) if number.isascii() and number.isdecimal() and len(number) <= 15 else None
        )
    return given


def _one_of(one: str, several: str, values: Sequence[str] | None) -> dict[str, Any]:
    """What is equal to one value comes out of an index in order; what is one of several does not, be it only one."""
    if values is None:
        return {}
    return {one: values[0]} if len(values) == 1 else {several: list(values)}


def _words(words: Sequence[str]) -> dict[str, str]:
    """Each word as it is and, if it is long enough for the index, as a part of one; a shorter one as a beginning."""
    given = {f"word_{place}": f"{word}" for place, word in enumerate(words)}
    given |= {f"word_{place}": f"{word}:*" for place, word in enumerate(words) if len(word) < SHORTEST_PART}
    parts = {
        f"part_{place}": f"%{fold(word)}%" for place, word in enumerate(words) if len(word) >= SHORTEST_PART
    }
    parts = {name: part.replace("_", r"\_") for name, part in parts.items()}
    return {"words": " & ".join(given.values())} | given | parts


def _number(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Float)


def texts(name: str) -> Any:
    """Any of the texts that a parameter lists."""
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
    return func.greatest(west - long, long - east, south - lat, lat - north) <= literal_column("0")


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
    return func.to_tsquery(german, terms).op("||")(func.to_tsquery(german, func.public.open311_fold(terms)))


def _holds(given: Collection[str]) -> Condition:
    """Every word, each in its own way; beside others, little words such as `der` do not count."""
    found: list[Condition] = []
    for place in range(sum(name.startswith("word_") for name in given)):
        query, part = _query(f"word_{place}"), bindparam(f"part_{place}", type_=Text)
        ways: list[Condition] = [_r.words.op("@@", is_comparison=True)(query)]
        if f"part_{place}" in given:
            ways += [_r.folded.like(part), *_begins(f"word_{place}")]
        # Constant for the planner, which then leaves out the word, or this line.
        ways.append(and_(func.numnode(query) == 0, func.numnode(_query("words")) > 0))
        found.append(or_(*ways))
    return and_(*found)


def _begins(name: str) -> list[Condition]:
    """Words that begin with the stem of one: `Bäume` finds `Baumstamm`.

    By parts of words, since an index of words reads all that begin so, and for a common one these are half of it.
    """
    word: Any = bindparam(name, type_=Text)
    plain, folded = func.public.open311_stem(word), func.public.open311_stem(func.public.open311_fold(word))
    # Null where the word is its own stem; then the planner leaves the line out.
    stems = (plain, func.nullif(folded, plain))
    return [
        and_(
            _r.folded.like(literal_column("'%'").op("||")(stem).op("||")(literal_column("'%'"))),
            func.regexp_match(_r.folded, literal_column(r"'\m'").op("||")(stem)).is_not(None),
        )
        for stem in stems
    ]


def by_words(given: Collection[str], visible: Condition, name: str, *, in_steps: bool) -> list[Condition]:
    """The ways in which a row can match what was typed; each is a branch of its own, with an index of its own.

    The planner cannot tell rare words from common ones, and the wrong plan for either takes seconds. So where they are
    not looked up `in_steps`, the first hits are looked up in the index of words: if these are all, they are put in
    order; if there are more, they are dense enough to be met while walking in order.
    """
    mine, words = CONDITIONS["jurisdiction_id"](), _holds(given)
    instead = [make() for key, make in INSTEAD_OF_WORDS.items() if key in given]
    if in_steps:
        return [words, *instead]
    few: Any = literal_column(str(FEW_HITS))
    found = select(_r.id).where(mine, visible, words).limit(few + literal_column("1"))
    first = found.cte(f"first_hits_{name}").prefix_with("MATERIALIZED")
    count = select(func.count()).select_from(first).scalar_subquery()
    return [
        and_(_r.id.in_(select(first.c.id)), count <= few),
        and_(words, count > few),
        *instead,
    ]


def with_words(given: Collection[str]) -> Condition:
    """A row that matches what was typed in any of the ways."""
    return or_(_holds(given), *(make() for name, make in INSTEAD_OF_WORDS.items() if name in given))


def _referred(*which: Condition) -> Any:
    mine = _f.jurisdiction_id == bindparam("jurisdiction_id", type_=Text)
    return select(_f.service_request_id).where(mine, *which, _f.service_request_id.is_not(None))


def _by_any_id() -> Condition:
    """Our own ids; the same digits as an id elsewhere count only where nothing of ours has them.

    Put together first, so that the rows are found in one index.
    """
    own = select(_r.id).where(
        _r.id == any_(bindparam("named_ids", type_=ARRAY(BigInteger))),
        _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text),
    )
    taken = select(cast(own.subquery("own").c.id, Text))
    foreign = _referred(_f.foreign_id == texts("foreign_ids"), _f.foreign_id.not_in(taken))
    return _r.id == any_(func.array(own.union_all(foreign).scalar_subquery()))


# What each parameter means.
CONDITIONS: dict[str, Callable[[], Condition]] = {
    "jurisdiction_id": lambda: _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text),
    "ids": lambda: _r.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    "foreign_ids": lambda: _by_any_id(),
    "service_code": lambda: _r.service_code == bindparam("service_code", type_=Text),
    "service_codes": lambda: _r.service_code == texts("service_codes"),
    "status": lambda: _r.status == bindparam("status", type_=Text),
    "detailed_status": lambda: _r.detailed_status == bindparam("detailed_status", type_=Text),
    "detailed_statuses": lambda: _r.detailed_status == texts("detailed_statuses"),
    "agency": lambda: func.lower(_r.agency_responsible) == bindparam("agency", type_=Text),
    "agencies": lambda: func.lower(_r.agency_responsible) == texts("agencies"),
    "requested_from": lambda: _r.requested_datetime >= _moment("requested_from"),
    "requested_to": lambda: _r.requested_datetime <= _moment("requested_to"),
    "updated_from": lambda: _r.updated_datetime >= _moment("updated_from"),
    # A request is never updated before it is made: the second bound is implied, and saves a sort.
    "updated_to": lambda: and_(
        _r.updated_datetime <= _moment("updated_to"), _r.requested_datetime <= _moment("updated_to")
    ),
    "box_0": lambda: _inside("box"),
    "box_1": _in_box,
    "envelope_0": lambda: _inside("envelope"),
    "radius": _within,
}
# A row matches by its words, but also by the name of its service, or by its number.
INSTEAD_OF_WORDS: dict[str, Callable[[], Condition]] = {
    "named": lambda: _r.service_code == texts("named"),
    "number": lambda: _r.id == bindparam("number", type_=BigInteger),
    "reference": lambda: _r.id.in_(_referred(_f.foreign_id == bindparam("reference", type_=Text))),
}
