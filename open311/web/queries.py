"""Query parameters of lists of service requests: the schemas that check them, and the search they mean.

Every front door that lists requests takes these parameters, whatever the format of its answer.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, cast

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, pre_load
from webargs.flaskparser import FlaskParser

from open311.base.errors import Invalid, problem
from open311.base.text import fold
from open311.http.parsing.normalise import LenientRequest
from open311.model.access import visibility
from open311.model.access.actor import PUBLIC, Actor
from open311.model.catalogue import Catalogue, things
from open311.model.maps.geography import Circle
from open311.model.search import NEWEST_FIRST, PAGE_SIZE, RequestSearch, Span, window
from open311.model.service_request import Location, Status
from open311.web import parameters, photos
from open311.web.fields import (
    BoxField,
    Choice,
    Count,
    CursorField,
    Degrees,
    Metres,
    Moment,
    SortField,
    Word,
    Words,
    listed,
    problems_of,
)

View = Callable[..., Any]

# Wider than any city: whoever wants all leaves the circle out.
MAX_RADIUS = 50_000
REQUEST_ID = re.compile(r"[1-9][0-9]{0,14}")
TOKEN = re.compile(r"[0-9A-Za-z_-]{1,100}")
SEARCH_WORD = re.compile(r"\w+")
# Each word is a condition of its own.
MAX_WORDS = 10
LONGEST_REFERENCE = 500


class Described(FlaskParser):
    """What flask-smorest documents arguments by; `with_arguments` parses them."""

    DEFAULT_VALIDATION_STATUS = 400


def with_arguments(view: View, schema: Schema) -> View:
    """The view, called with the parsed parameters as its first argument.

    The wrappers of flask-smorest would do the same, and take longer than the database does.
    """

    @wraps(view)
    def serve(**path: Any) -> Any:
        try:
            loaded = schema.load(_raw_values())
        except ValidationError as error:
            raise Invalid(*problems_of(error)) from None
        return view(loaded, **path)

    return serve


def _raw_values() -> Any:
    """One mapping from name to raw values, wherever the client put them; a POST has its answers under `attribute`."""
    req = cast(LenientRequest, request)
    if req.method != "POST":
        return parameters.from_query(req)
    raw, answers = parameters.from_post(req)
    pictures = photos.media_parts(req, raw.get("media", []))
    fields = {name: values for name, values in raw.items() if name != "media"}
    return fields | {"attribute": answers} | pictures


class Arguments(Schema):
    """What every method takes. Parameters that are not named are ignored."""

    class Meta:
        #
        unknown = EXCLUDE

    jurisdiction_id = Word(
        metadata={"description": "Needed only where one server serves several jurisdictions."}
    )
    locale = Word(metadata={"description": "Language of names and messages, such as `de` or `en`."})


class ServiceRequestQuery(Arguments):
    """GET service request."""

    extensions = Choice(metadata={"description": "`true` adds `extended_attributes`, `attributes`, `notes`."})


class ServiceRequestsQuery(ServiceRequestQuery):
    """GET service requests; all filters are combined, an id list overrides them."""

    service_request_id = Words(metadata={"description": "Ids; every other filter is then ignored."})
    service_code = Words(metadata={"description": "Service codes."})
    start_date = Moment(metadata={"description": "Earliest `requested_datetime`, inclusive."})
    end_date = Moment(end_of_day=True, metadata={"description": "Latest `requested_datetime`, inclusive."})
    status = Words(known=tuple(Status), metadata={"description": "`open`, `closed` or both."})
    updated_after = Moment(metadata={"description": "Earliest `updated_datetime`, inclusive."})
    updated_before = Moment(
        end_of_day=True, metadata={"description": "Latest `updated_datetime`, inclusive."}
    )
    detailed_status = Words(metadata={"description": "CitySDK words such as `IN_PROCESS`, `PROCESSED`."})
    agency_responsible = Word(metadata={"description": "Name or code of an agency, in any letter case."})
    lat = Degrees(90, metadata={"description": "Centre of a circle; with `long` and `radius`."})
    long = Degrees(180, metadata={"description": "Centre of a circle; with `lat` and `radius`."})
    radius = Metres(MAX_RADIUS, metadata={"description": "Metres around `lat`, `long`."})
    bbox = BoxField(metadata={"description": "`minLong,minLat,maxLong,maxLat` in degrees."})
    q = Word(1000, metadata={"description": "Words to find in public texts, or an id."})
    sort = SortField(metadata={"description": "A field name, with `-` in front for descending."})
    page = Count(0, 10**9, metadata={"description": "Page number, from 1."})
    page_size = Count(1, PAGE_SIZE, metadata={"description": "Rows a page; more than 1000 count as 1000."})
    offset = Count(0, 10**9, metadata={"description": "Rows to leave out, instead of `page`."})
    cursor = CursorField(metadata={"description": "Where the page before ended; from its `Link` header."})

    @pre_load
    def _ids_override(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Ignored means ignored: beside ids, a wrong date is no error either."""
        if not listed(data.get("service_request_id", ())):
            return data
        #
        return {name: value for name, value in data.items() if name in BESIDE_IDS}


BESIDE_IDS = ("service_request_id", "jurisdiction_id", "locale", "extensions")
PAGING = ("page", "page_size", "offset", "cursor")


KNOWN = frozenset(ServiceRequestsQuery().fields)


@lru_cache(maxsize=256)
def is_known(name: str) -> bool:
    """Whether a parameter means something in a list; whatever else was sent is in no link."""
    name = parameters.bare(name)
    return parameters.ALIASES.get(name, name) in KNOWN


def paged(query: dict[str, Any]) -> bool:
    return any(name in query for name in PAGING)


def request_search(
    query: dict[str, Any], catalogue: Catalogue, now: datetime, max_span_days: int, reader: Actor = PUBLIC
) -> RequestSearch:
    """The search a query means; raises `Invalid`."""
    city = catalogue.jurisdiction
    common = {
        "jurisdiction_id": city.jurisdiction_id,
        "visibilities": visibility.listed(city.jurisdiction_id, reader),
        "with_notes": query.get("extensions", False),
    }
    if "service_request_id" in query:
        return RequestSearch(**common, **_ids(query["service_request_id"]))
    size = query.get("page_size", PAGE_SIZE)
    span = Span(query.get("start_date"), query.get("end_date"))
    updated = Span(query.get("updated_after"), query.get("updated_before"))
    bounded = paged(query) or updated != Span()
    cursor = query.get("cursor")
    return RequestSearch(
        **common,
        **_typed(query, catalogue),
        page_size=size,
        service_codes=query.get("service_code", ()),
        statuses=statuses(query.get("status", ())),
        detailed_statuses=_detailed_statuses(query, catalogue),
        agencies=_agencies(query, catalogue),
        requested=window(span, now, max_span_days, city.time_zone, bounded=bounded),
        updated=_ordered(updated),
        box=query.get("bbox"),
        circle=_circle(query),
        sort=cursor.sort if cursor else query.get("sort", NEWEST_FIRST),
        skip=0 if cursor else query.get("offset", (max(1, query.get("page", 1)) - 1) * size),
        after=cursor,
    )


def _typed(query: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """What was typed into the search, and what else it may mean."""
    words = tuple(SEARCH_WORD.findall(query.get("q", "")))[:MAX_WORDS]
    # One letter is in nearly every report.
    if len("".join(words)) < 2:
        return {}
    return {
        "words": words,
        "text_search": catalogue.jurisdiction.text_search,
        "reference": query["q"].strip()[:LONGEST_REFERENCE],
        "words_in_service_names": _services_named(catalogue, query["q"]),
        "numbers": _numbers(catalogue, query["q"]),
    }


def _ids(words: tuple[str, ...]) -> dict[str, Any]:
    """Ids of ours, and what may be ids elsewhere."""
    # what cannot be an id finds nothing, and is no mistake.
    ours = tuple(int(word) for word in words if REQUEST_ID.fullmatch(word))
    return {"ids": ours, "foreign_ids": tuple(word for word in words if len(word) <= LONGEST_REFERENCE)}


def statuses(words: tuple[str, ...]) -> tuple[Status, ...]:
    """The statuses that are named; raises `Invalid`."""
    known = {status.value: status for status in Status}
    for word in words:
        if word.lower() not in known:
            raise Invalid(problem("error.status.word", status=word[:50], known=", ".join(known)))
    #
    return tuple(known[word.lower()] for word in words)


def _detailed_statuses(query: dict[str, Any], catalogue: Catalogue) -> tuple[str, ...] | None:
    if "detailed_status" not in query:
        return None
    codes = {word.upper() for word in query["detailed_status"]}
    return tuple(status.code for status in catalogue.statuses.values() if status.detailed_status in codes)


def _agencies(query: dict[str, Any], catalogue: Catalogue) -> tuple[str, ...] | None:
    """Agencies known by this name, and the name itself, since reports may carry free text."""
    if "agency_responsible" not in query:
        return None
    folded = query["agency_responsible"].lower()
    known = (
        agency
        for agency in catalogue.agencies.values()
        if folded in _lowered(agency.name.by_language.values())
    )
    return tuple(dict.fromkeys([folded, *(agency.code.lower() for agency in known)]))


def _lowered(words: Iterable[str]) -> list[str]:
    return [word.lower() for word in words]


def _ordered(span: Span) -> Span:
    if span.start and span.end and span.start > span.end:
        raise Invalid(problem("error.span.reversed"))
    return span


def _circle(query: dict[str, Any]) -> Circle | None:
    present = [name for name in ("lat", "long", "radius") if name in query]
    if not present:
        return None
    if len(present) < 3:
        raise Invalid(problem("error.circle"))
    return Circle(Location(query["lat"], query["long"]), query["radius"])


def _services_named(catalogue: Catalogue, words: str) -> tuple[str, ...]:
    """Services, past ones too, whose name in any language holds the words as they stand."""
    folded = fold(words.strip())
    names = {code: service.service_name for code, service in catalogue.services.items()}
    return tuple(
        code
        for code, name in {**catalogue.retired, **names}.items()
        if any(folded in fold(text) for text in name.by_language.values())
    )


def _numbers(catalogue: Catalogue, words: str) -> tuple[tuple[str, str], ...]:
    """What a public question about a thing with a number on it may have been answered with."""
    number, asking = things.number_named_by(words, catalogue.services.values())
    codes = dict.fromkeys(attribute.code for attribute in asking if attribute.public)
    return tuple((code, spelling) for code in codes for spelling in things.spellings(number))
