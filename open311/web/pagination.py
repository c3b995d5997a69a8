"""What is beside a page of requests: `Link` to the pages around it, and totals (georeport.md 5.1)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import ceil
from typing import Any
from urllib.parse import urlencode

from open311.base.datetimes import write_utc
from open311.model.search import COUNT_LIMIT, Page, RequestSearch
from open311.web.queries import paged
from open311.web.request_context import Args, RequestContext

# nginx takes a head of 4 kB in its smallest usual setting.
MOST_BYTES_OF_LINKS = 3000
POSITION = ("page", "offset", "cursor", "api_key")


def headers(
    context: RequestContext,
    page: Page[Any],
    request_search: RequestSearch,
    query: dict[str, Any],
    total: int | None,
) -> dict[str, str]:
    """`Link` (RFC 8288) and, when the client pages, the totals."""
    places = links(context, page, request_search, query, total)
    link_header = header(places)
    if total is not None and paged(query):
        link_header["X-Result-Count"] = str(min(total, COUNT_LIMIT))
        # Of more it is not known; whoever counts pages up to a number of ours would stop too early.
        if total <= COUNT_LIMIT:
            link_header["X-Page-Count"] = str(ceil(total / request_search.page_size))
        link_header["X-Page-Size"] = str(request_search.page_size)
    return link_header


def links(
    context: RequestContext,
    page: Page[Any],
    request_search: RequestSearch,
    query: dict[str, Any],
    total: int | None,
) -> dict[str, str]:
    """The addresses of the pages around this one, by relation; a list of ids has none."""
    if request_search.ids is not None:
        return {}
    number = _number(request_search, query)
    places: dict[str, dict[str, Any]] = {}
    if page.next:
        # Both: the cursor finds the page, the number is for programs that show it.
        places["next"] = {"page": number + 1, "cursor": replace(page.next, total=total).write()}
    if number > 1:
        places["prev"] = {"page": number - 1}
        places["first"] = {"page": 1}
    # Beyond the bound of the count nobody knows which page is the last.
    if total and total <= COUNT_LIMIT:
        places["last"] = {"page": ceil(total / request_search.page_size)}
    address = _address(context, request_search) if places else ""
    return {relation: address + _place(place) for relation, place in places.items()}


def header(links: Mapping[str, str]) -> dict[str, str]:
    """`Link`, as far as proxies bear it: the next page first, the others while there is room."""
    written, room = list[str](), MOST_BYTES_OF_LINKS
    for relation, address in links.items():
        link = f'<{address}>; rel="{relation}"'
        room -= len(link) + 2
        if room >= 0:
            written.append(link)
    return {"Link": ", ".join(written)} if written else {}


def _number(request_search: RequestSearch, query: dict[str, Any]) -> int:
    """Which page this is. With a cursor it finds nothing; it is for programs that show a number."""
    return (
        max(1, query.get("page", 1))
        if request_search.after
        else request_search.skip // request_search.page_size + 1
    )


def _address(context: RequestContext, request_search: RequestSearch) -> str:
    """This request's own address up to where a place is named. The span is written out, so that it does not move."""
    span = {"start_date": request_search.requested.start, "end_date": request_search.requested.end}
    named = {name for name, _ in context.args}
    more = [(name, write_utc(end)) for name, end in span.items() if end and name not in named]
    question = "".join(f"{part}&" for part in (_question(context.args), more and urlencode(more)) if part)
    return f"{context.base_url}{context.address}?{question}"


def _place(place: dict[str, Any]) -> str:
    """A page and a cursor, which are written in letters that an address bears as they are."""
    return "&".join([f"{name}={value}" for name, value in place.items()])


@lru_cache(maxsize=64)
def _question(args: Args) -> str:
    # Without the API key: proxies and clients log addresses, and `Link` holds some.
    return urlencode([(name, value) for name, value in args if name not in POSITION])
