"""The list of reports: its filters, which live in the URL, and its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any, cast
from urllib.parse import urlencode

from flask import request
from marshmallow import ValidationError

from open311.base.errors import Invalid, Problem
from open311.http import current
from open311.http.parsing.normalise import LenientRequest
from open311.model.catalogue import Catalogue, Service
from open311.model.maps.geography import Box
from open311.model.search import COUNT_LIMIT, RequestSearch
from open311.model.service_request import ServiceRequest
from open311.site.addresses import address
from open311.storage import search
from open311.web import parameters, queries, rendered_lists
from open311.web.fields import BoxField, Count, CursorField, Word, Words, problems_of
from open311.web.queries import Arguments

PAGE_SIZE = 20
DAYS = (7, 30, 90, 365)
FILTERS = ("q", "service_code", "detailed_status", "days")


class ListQuery(Arguments):
    """The query of the list; parameters are named as in the API, so that either URL can be made of the other."""

    q = Word(1000)
    service_code = Words()
    detailed_status = Words()
    days = Count(1, 36500)
    bbox = BoxField()
    page = Count(1, 10**6)
    cursor = CursorField()


@dataclass(frozen=True, slots=True)
class Listing:
    requests: list[ServiceRequest]
    total: int | None
    query: dict[str, Any]
    problems: tuple[Problem, ...]
    previous: str
    next: str
    number: int

    @property
    def more_than_counted(self) -> bool:
        return self.total is not None and self.total > COUNT_LIMIT

    @property
    def most(self) -> int:
        return COUNT_LIMIT

    @property
    def area(self) -> str:
        """The part of the map that the list is about, as it is in the address."""
        box: Box | None = self.query.get("bbox")
        return _edges(box) if box else ""

    @property
    def everywhere(self) -> str:
        """The same list without regard to the place."""
        return filtered({name: value for name, value in self.query.items() if name != "bbox"})

    @property
    def is_plain(self) -> bool:
        return not (self.filters or self.area or self.problems) and self.number == 1

    @property
    def filters(self) -> int:
        return sum(bool(self.query.get(name)) for name in FILTERS)


def read(catalogue: Catalogue) -> Listing:
    """The page of the list that this request asks for; a filter that cannot be read is left out, and named."""
    query, problems_found = _query()
    request_search = _search(query, catalogue)
    with current.core().database.read_public() as conn:
        page = search.search(conn, request_search, current.core().landmarks)
        total = rendered_lists.total(current.core(), conn, search.question_of(request_search), page)
    number = max(1, query.get("page", 1))
    # Past the end, the link back leads to the last page that is known.
    last = ceil(min(total, COUNT_LIMIT) / PAGE_SIZE) or 1
    before = number - 1 if page.items else min(number - 1, last)
    return Listing(
        requests=list(page.items),
        total=total,
        query=query,
        problems=problems_found,
        previous=_place(query, page=before) if number > 1 else "",
        next=_place(query, page=number + 1, cursor=page.next.write()) if page.next else "",
        number=number,
    )


def of_numbers(catalogue: Catalogue, numbers: Sequence[str]) -> list[ServiceRequest]:
    """The public reports among these numbers, at most a page of them, in the order of the list."""
    ids = tuple(int(number) for number in numbers[:PAGE_SIZE] if queries.REQUEST_ID.fullmatch(number))
    request_search = RequestSearch(jurisdiction_id=catalogue.jurisdiction.jurisdiction_id, ids=ids)
    with current.core().database.read_public() as conn:
        return list(search.search(conn, request_search).items)


def words_alone() -> str:
    """What was typed into the search, if nothing else was chosen beside it."""
    query, _ = _query()
    return query.get("q") or "" if query.keys() <= {"q", "locale", "jurisdiction_id"} else ""


def _query() -> tuple[dict[str, Any], tuple[Problem, ...]]:
    try:
        sent = parameters.from_query(cast(LenientRequest, request))
    except Invalid as unreadable:
        return {}, unreadable.problems
    try:
        return _loaded(sent)
    # A cursor belongs to the order and the filters that it was made under; without it the list begins again.
    except Invalid as foreign_cursor:
        query, problems_found = _loaded(
            {name: value for name, value in sent.items() if name not in ("cursor", "page")}
        )
        return query, (*foreign_cursor.problems, *problems_found)


def _loaded(sent: dict[str, list[str]]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    try:
        return dict(ListQuery().load(sent)), ()
    except ValidationError as error:
        return dict(cast(dict[str, Any], error.valid_data)), problems_of(error)


def _search(query: dict[str, Any], catalogue: Catalogue) -> RequestSearch:
    core = current.core()
    plain = {name: value for name, value in query.items() if name != "days"} | {"page_size": PAGE_SIZE}
    if days := query.get("days"):
        plain["start_date"] = core.now() - timedelta(days=days)
    return queries.request_search(plain, catalogue, core.now(), 0)


def _place(query: dict[str, Any], **place: Any) -> str:
    """The address of the list at another place, with the same filters."""
    if place.get("page") == 1:
        del place["page"]
    return filtered(query, **place)


def filtered(query: dict[str, Any], **more: Any) -> str:
    kept = {name: query[name] for name in FILTERS if query.get(name)}
    if query.get("bbox"):
        kept["bbox"] = _edges(query["bbox"])
    start = address("home")
    query_string = urlencode(kept | more, doseq=True)
    return f"{start}{'&' if '?' in start else '?'}{query_string}" if query_string else start


def for_api(query: dict[str, Any]) -> dict[str, Any]:
    """The filters as parameters of feeds and downloads."""
    same_names = {name: query[name] for name in ("q", "service_code", "detailed_status") if query.get(name)}
    return same_names | ({"bbox": _edges(query["bbox"])} if query.get("bbox") else {})


def _edges(box: Box) -> str:
    # Five places are a metre.
    edges = (box.min_long, box.min_lat, box.max_long, box.max_lat)
    return ",".join(str(round(edge, 5)) for edge in edges)


def services_by_group(catalogue: Catalogue) -> list[tuple[str, list[Service]]]:
    """The services on offer under their headings, both in the order of the catalogue."""
    language = current.language()
    offered = catalogue.active_services()
    named = [
        (group.name.in_language(language), [service for service in offered if service.group == code])
        for code, group in catalogue.groups.items()
    ]
    rest = [service for service in offered if service.group not in catalogue.groups]
    return [(name, services) for name, services in [*named, ("", rest)] if services]
