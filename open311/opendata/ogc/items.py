"""The features of a collection: what may be asked, and the page that answers it."""

from dataclasses import dataclass, replace
from typing import Any

from flask import request
from marshmallow import ValidationError, fields

from open311.base import datetimes
from open311.base.errors import Invalid, problem
from open311.base.text import XML_ILLEGAL
from open311.formats import documents, geojson
from open311.http import current
from open311.model.search import COUNT_LIMIT, Cursor, RequestSearch, Span
from open311.model.service_request import ServiceRequest, Status
from open311.opendata.ogc.links import CRS84, GEOJSON, Link, address, link, self_and_alternate
from open311.storage import search
from open311.web import rendered_lists
from open311.web.fields import BoxField, Count, CursorField, Words, problems_of, validation_error
from open311.web.queries import Arguments, statuses

USUAL, MOST = 100, 1000
# Deeper pages are reached by the links of the pages before them.
MOST_SKIPPED = 100_000
OPEN_ENDS = ("", "..")


class Interval(fields.String):
    """One moment, or two with a slash between; `..` or nothing leaves an end open."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        ends = value[0].strip().split("/")
        try:
            if len(ends) > 2 or all(end in OPEN_ENDS for end in ends):
                raise ValueError(value)
            start, end = (self._moment(end, last) for end, last in ((ends[0], False), (ends[-1], True)))
        except ValueError:
            raise validation_error("error.ogc.datetime", value=value[0][:100]) from None
        if start and end and start > end:
            raise validation_error("error.span.reversed")
        return Span(start, end)

    def _moment(self, raw: str, last: bool) -> Any:
        # RFC 3339 also has `t` and `z`.
        return (
            None if raw in OPEN_ENDS else datetimes.parse(raw.upper(), current.time_zone(), end_of_day=last)
        )


class Box(BoxField):
    """Four numbers, or six with heights, which no report has; west is more than east across the meridian of 180."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        parts = value[0][:300].split(",")
        if len(parts) == 6:
            parts = [*parts[:2], *parts[3:5]]
        degrees = super()._deserialize([",".join(parts)], attr, data, **kwargs)
        west, east = float(parts[0]), float(parts[2])
        # Here the order is the standard's, so it is not put right as GeoReport's is.
        return replace(degrees, min_long=west, max_long=east) if west > east else degrees


class ItemsQuery(Arguments):
    """GET features."""

    f = fields.Raw()
    bbox = Box()
    datetime = Interval()
    limit = Count(1, MOST)
    service_code = Words()
    status = Words(known=tuple(Status))
    cursor = CursorField()
    offset = Count(0, MOST_SKIPPED)


@dataclass(frozen=True, slots=True)
class Items:
    """A page of features, described as in `requests.json`."""

    query: dict[str, str]
    requests: list[dict[str, Any]]
    next: Cursor | None
    total: int

    def document(self) -> bytes:
        """The page as GeoJSON, with links and counts."""
        counts = {} if self.matched is None else {"numberMatched": self.matched}
        written = (geojson.write(geojson.feature(request)) for request in self.requests)
        return geojson.join(written, numberReturned=len(self.requests), **counts, links=self.links())

    @property
    def matched(self) -> int | None:
        """How many features match in all; None when there are more than are counted."""
        return self.total if self.total <= COUNT_LIMIT else None

    def links(self) -> list[Link]:
        """This page, its other form, and the next page."""
        path = ("collections", current.catalogue().jurisdiction.jurisdiction_id, "items")
        links_of_page = self_and_alternate(*path, media_type=GEOJSON, **self.query)
        if self.next:
            behind = self.query | {"cursor": self.next.write(), "f": request.args.get("f", "json")}
            links_of_page.append(link("next", address(*path, **behind), GEOJSON))
        return links_of_page


def find() -> Items:
    """The page this request asks for; raises `Invalid`."""
    query = _read()
    cursor = query.get("cursor")
    request_search = RequestSearch(
        jurisdiction_id=current.catalogue().jurisdiction.jurisdiction_id,
        box=query.get("bbox"),
        requested=query.get("datetime", Span()),
        service_codes=query.get("service_code", ()),
        statuses=statuses(query.get("status", ())),
        page_size=query.get("limit", USUAL),
        after=cursor,
        skip=0 if cursor else query.get("offset", 0),
        **({"sort": cursor.sort} if cursor else {}),
    )
    with current.core().database.read_public() as conn:
        page = search.search(conn, request_search)
        total = rendered_lists.total(current.core(), conn, search.question_of(request_search), page)
    kept = {name: value for name, value in request.args.items() if name not in ("f", "cursor", "offset")}
    behind = page.next and replace(page.next, total=total)
    return Items(kept, [described(item) for item in page.items], behind, total)


def _read() -> dict[str, Any]:
    named = {name: [value for value in request.args.getlist(name) if value.strip()] for name in request.args}
    try:
        read: dict[str, Any] = ItemsQuery().load({name: values for name, values in named.items() if values})
    except ValidationError as error:
        raise Invalid(*problems_of(error)) from None
    return read


def check_names(known: tuple[str, ...]) -> None:
    """The standard wants parameters that do not exist refused, not ignored; and reference systems that do not."""
    for name, value in request.args.items(multi=True):
        if name not in known:
            raise Invalid(problem("error.ogc.parameter", parameter=name[:50], known=", ".join(known)))
        if XML_ILLEGAL.search(value):
            raise Invalid(problem("error.characters", parameter=name))
        if name in ("crs", "bbox-crs") and value != CRS84:
            raise Invalid(problem("error.ogc.crs", parameter=name, known=CRS84))


def described(service_request: ServiceRequest) -> dict[str, Any]:
    catalogue = current.catalogue()
    return documents.service_request(
        service_request, catalogue, current.language(), base_url=current.base_url()
    )
