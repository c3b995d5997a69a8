"""What stands beside a page of requests: `Link` to the pages around it, and totals (georeport.md 5.1)."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any
from urllib.parse import urlencode

from flask import Request

from open311 import web
from open311.model.datetimes import write_utc
from open311.model.search import COUNT_LIMIT, Cursor, Page, RequestSearch
from open311.model.service_request import ServiceRequest
from open311.web.queries import paged

POSITION = ("page", "offset", "cursor", "api_key")


def with_distances(requests: Sequence[ServiceRequest], asked: RequestSearch) -> Sequence[ServiceRequest]:
    """The requests, each with its distance from the centre that was asked for; only extensions show it."""
    circle = asked.circle
    if circle is None or not asked.with_notes:
        return requests
    return [
        replace(each, distance=round(circle.distance(each.location), 1)) if each.location else each
        for each in requests
    ]


def headers(page: Page, asked: RequestSearch, query: dict[str, Any], request: Request) -> dict[str, str]:
    """`Link` (RFC 8288) and, when the client pages, the totals."""
    number = _number(asked, query)
    found = {"Link": _links(page, asked, number, request)} if asked.ids is None else {}
    if page.total is not None and paged(query):
        total = min(page.total, COUNT_LIMIT)
        found["X-Result-Count"] = str(total)
        found["X-Page-Count"] = str(ceil(total / asked.page_size))
        found["X-Page-Size"] = str(asked.page_size)
    return {name: value for name, value in found.items() if value}


def _number(asked: RequestSearch, query: dict[str, Any]) -> int:
    """Which page this is. Behind a cursor the number only counts along."""
    return max(1, query.get("page", 1)) if asked.after else asked.skip // asked.page_size + 1


def _links(page: Page, asked: RequestSearch, number: int, request: Request) -> str:
    links = {}
    if page.more:
        behind = Cursor.after(page.requests[-1], asked.sort, page.total)
        links["next"] = {"page": number + 1, "cursor": behind.write()}
    if number > 1:
        links["prev"] = {"page": number - 1}
        links["first"] = {"page": 1}
    if page.total and page.total <= COUNT_LIMIT:
        links["last"] = {"page": ceil(page.total / asked.page_size)}
    return ", ".join(f'<{_address(asked, request, place)}>; rel="{rel}"' for rel, place in links.items())


def _address(asked: RequestSearch, request: Request, place: dict[str, Any]) -> str:
    """This request's own address at another place. The span is written out, so that it does not move meanwhile."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in POSITION]
    named = {name for name, _ in kept}
    span = {"start_date": asked.requested.start, "end_date": asked.requested.end}
    kept += [(name, write_utc(end)) for name, end in span.items() if end and name not in named]
    return f"{web.base_url()}{web.as_asked(request.path)}?{urlencode([*kept, *place.items()])}"
