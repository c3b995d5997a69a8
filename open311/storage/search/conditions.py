"""What each filter of a search means in SQL, and the parameters that fill it.

A circle is an envelope plus arithmetic, and `updated_before` also bounds `requested_datetime`: what the planner would
get wrong by itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
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

from open311.model.maps.geography import Box, Circle
from open311.model.search import RequestSearch
from open311.storage.search.keyset import Condition
from open311.storage.search.strategies import strategy_parameters
from open311.storage.search.words import referenced, word_parameters
from open311.storage.tables import foreign_references, service_requests

_r, _f = service_requests.c, foreign_references.c


def parameters(query: RequestSearch) -> dict[str, Any]:
    """What fills the statement: one entry for each filter in use, and the bounds of the page."""
    params: dict[str, Any] = {
        "jurisdiction_id": query.jurisdiction_id,
        "most": query.page_size + 1,
        "skip": query.skip or None,
        **strategy_parameters(query),
    }
    if query.ids is not None:
        params |= _ids(query.ids, query.foreign_ids)
    else:
        params |= _filters(query)
    if query.after:
        # A cursor is what a client sent: its keys are checked for their kinds in `Cursor.read`, and are parameters
        # only.
        params |= {f"after_{position}": key for position, key in enumerate(query.after.keys)}
    return {name: value for name, value in params.items() if value is not None}


def any_text(name: str) -> Any:
    return any_(bindparam(name, type_=ARRAY(Text)))


def _ids(ids: Sequence[int], foreign_ids: Sequence[str]) -> dict[str, Any]:
    if not foreign_ids:
        return {"ids": list(ids)}
    return {"named_ids": list(ids), "foreign_ids": list(foreign_ids)}


def _filters(query: RequestSearch) -> dict[str, Any]:
    params: dict[str, Any] = {
        **_one_or_several("service_code", "service_codes", query.service_codes or None),
        "status": str(query.statuses[0]) if len(set(query.statuses)) == 1 else None,
        **_one_or_several("detailed_status", "detailed_statuses", query.detailed_statuses),
        **_one_or_several("agency", "agencies", query.agencies),
        "requested_from": query.requested.start,
        "requested_to": query.requested.end,
        "updated_from": query.updated.start,
        "updated_to": query.updated.end,
    }
    if query.box:
        params |= _box_parameters("crossing" if query.box.crosses else "box", query.box)
    if query.circle:
        params |= _circle_parameters(query.circle)
    if query.words:
        params |= word_parameters(query.words, query.text_search)
        params["reference"] = query.reference
        params["numbers"] = [
            orjson.dumps({code: [number]}).decode() for code, number in query.numbers
        ] or None
        params["named"] = list(query.words_in_service_names) or None
        number = query.words[0] if len(query.words) == 1 else ""
        # Fifteen digits at most, which no `bigint` refuses.
        is_id = number.isascii() and number.isdecimal() and len(number) <= 15
        params["number"] = int(number) if is_id else None
    return params


def _one_or_several(one: str, several: str, values: Sequence[str] | None) -> dict[str, Any]:
    """What is equal to one value comes out of an index in order; what is one of several does not, be it only one."""
    if values is None:
        return {}
    return {one: values[0]} if len(values) == 1 else {several: list(values)}


def _box_parameters(name: str, box: Box) -> dict[str, float]:
    edges = (box.min_long, box.min_lat, box.max_long, box.max_lat)
    return {f"{name}_{position}": edge for position, edge in enumerate(edges)}


def _circle_parameters(circle: Circle) -> dict[str, float]:
    per_lat, per_long = circle.metres_per_degree
    return _box_parameters("envelope", circle.envelope) | {
        "lat": circle.centre.lat,
        "long": circle.centre.long,
        "per_lat": per_lat,
        "per_long": per_long,
        "radius": circle.radius,
        "inner": max(0.0, circle.radius - circle.tolerance),
        "outer": circle.radius + circle.tolerance,
    }


def _number(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Float)


def _text(name: str) -> Any:
    return bindparam(name, type_=Text)


def _moment(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _in_envelope(name: str) -> Condition:
    edges = (_number(f"{name}_{position}") for position in range(4))
    return _r.geom.op("&&", is_comparison=True)(func.ST_MakeEnvelope(*edges, 4326))


def _in_box() -> Condition:
    """Edges included, and nothing beyond: an index keeps boxes in single precision, half a metre wide of the mark.

    One comparison, since the planner would take two of one coordinate for a narrow range.
    """
    west, south, east, north = (_number(f"box_{position}") for position in range(4))
    long, lat = func.ST_X(_r.geom), func.ST_Y(_r.geom)
    return func.greatest(west - long, long - east, south - lat, lat - north) <= literal_column("0")


def _in_crossing_envelopes() -> Condition:
    """The two sides of a box across the 180th meridian, each of which the index knows."""
    west, south, east, north = (_number(f"crossing_{position}") for position in range(4))
    sides = (
        func.ST_MakeEnvelope(west, south, literal_column("180"), north, 4326),
        func.ST_MakeEnvelope(literal_column("-180"), south, east, north, 4326),
    )
    return or_(*(_r.geom.op("&&", is_comparison=True)(side) for side in sides))


def _in_crossing_box() -> Condition:
    west, south, east, north = (_number(f"crossing_{position}") for position in range(4))
    long, lat = func.ST_X(_r.geom), func.ST_Y(_r.geom)
    return and_(or_(long >= west, long <= east), lat >= south, lat <= north)


def _in_circle() -> Condition:
    """Inside by arithmetic; only points near the rim pay for the exact distance on the ellipsoid."""
    north = (func.ST_Y(_r.geom) - _number("lat")) * _number("per_lat")
    east = (func.ST_X(_r.geom) - _number("long")) * _number("per_long")
    squared = north * north + east * east
    centre = func.ST_SetSRID(func.ST_MakePoint(_number("long"), _number("lat")), 4326)
    exact = func.ST_DistanceSpheroid(_r.geom, centre) <= _number("radius")
    inner, outer = _number("inner"), _number("outer")
    return or_(squared <= inner * inner, and_(squared <= outer * outer, exact))


def _by_any_id() -> Condition:
    """Our own ids; the same digits as an id elsewhere count only where nothing of ours has them.

    Put together first, so that the rows are found in one index.
    """
    own = select(_r.id).where(
        _r.id == any_(bindparam("named_ids", type_=ARRAY(BigInteger))),
        _r.jurisdiction_id == _text("jurisdiction_id"),
    )
    taken = select(cast(own.subquery("own").c.id, Text))
    foreign = referenced(_f.foreign_id == any_text("foreign_ids"), _f.foreign_id.not_in(taken))
    return _r.id == any_(func.array(own.union_all(foreign).scalar_subquery()))


# What each parameter means.
CONDITIONS: dict[str, Callable[[], Condition]] = {
    "jurisdiction_id": lambda: _r.jurisdiction_id == _text("jurisdiction_id"),
    "ids": lambda: _r.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    "foreign_ids": _by_any_id,
    "service_code": lambda: _r.service_code == _text("service_code"),
    "service_codes": lambda: _r.service_code == any_text("service_codes"),
    "status": lambda: _r.status == _text("status"),
    "detailed_status": lambda: _r.detailed_status == _text("detailed_status"),
    "detailed_statuses": lambda: _r.detailed_status == any_text("detailed_statuses"),
    "agency": lambda: func.lower(_r.agency_responsible) == _text("agency"),
    "agencies": lambda: func.lower(_r.agency_responsible) == any_text("agencies"),
    "requested_from": lambda: _r.requested_datetime >= _moment("requested_from"),
    "requested_to": lambda: _r.requested_datetime <= _moment("requested_to"),
    "updated_from": lambda: _r.updated_datetime >= _moment("updated_from"),
    # A request is never updated before it is made: the second bound is implied, and saves a sort.
    "updated_to": lambda: and_(
        _r.updated_datetime <= _moment("updated_to"), _r.requested_datetime <= _moment("updated_to")
    ),
    "box_0": lambda: _in_envelope("box"),
    "box_1": _in_box,
    "crossing_0": _in_crossing_envelopes,
    "crossing_1": _in_crossing_box,
    "envelope_0": lambda: _in_envelope("envelope"),
    "radius": _in_circle,
}
