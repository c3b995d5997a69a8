"""Bulk loading of reports with their cases and histories, by COPY, table by table."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from open311.model.casework.cases import Case
from open311.model.fields import Role
from open311.model.service_request import NOBODY, PERSONAL, Reporter, ServiceRequest, fields_with
from open311.storage.database.freshness import announce
from open311.storage.requests import cases
from open311.storage.requests.copy_ids import array_text, copy_rows, json_text, new_ids, point

# A trigger adds the words, another one the counts of the map. Duplicates of others do not come in many at once.
REQUEST = tuple(
    name
    for name in fields_with(Role.COLUMN)
    if name not in ("version", "attributes", "parent_id", "affected")
)
_request, _personal = attrgetter(*REQUEST), attrgetter(*PERSONAL)


class NewEvent(NamedTuple):
    """A line of the history of a report that has no number yet."""

    kind: str
    datetime: datetime
    actor: str
    public: bool
    in_feed: bool
    is_update: bool = False
    data: Mapping[str, Any] = MappingProxyType({})


class Report(Protocol):
    """A report without a number, what staff know of it, who sent it, and its history, the oldest line first.

    `received_datetime`: when it was handed in here; None for what came from elsewhere.
    """

    @property
    def request(self) -> ServiceRequest: ...
    @property
    def case(self) -> Case: ...
    @property
    def reporter(self) -> Reporter: ...
    @property
    def answers(self) -> Mapping[str, list[str]]: ...
    @property
    def events(self) -> Sequence[NewEvent]: ...
    @property
    def token(self) -> str | None: ...
    @property
    def received_datetime(self) -> datetime | None: ...


Numbered = Sequence[tuple[int, Report]]


def store(conn: Connection, reports: Sequence[Report], numbers: Sequence[int] | None = None) -> Sequence[int]:
    """Store reports in their order and as they are: nothing is checked, no job is deferred; returns their numbers.

    `numbers` are new ones, where they were drawn before.
    """
    announce(conn)
    numbers = new_ids(conn, len(reports)) if numbers is None else numbers
    numbered = list(zip(numbers, reports, strict=True))
    copy_rows(
        conn,
        "service_requests",
        ("id", *REQUEST, "version", "media_urls", "geom", "attributes"),
        _requests(numbered),
    )
    cases.copy(conn, ((number, report.case) for number, report in numbered))
    came_in = ((number, report.received_datetime) for number, report in numbered if report.received_datetime)
    copy_rows(conn, "submissions", ("service_request_id", "received_datetime"), came_in)
    copy_rows(conn, "reporters", ("service_request_id", *PERSONAL, "attributes"), _reporters(numbered))
    copy_rows(conn, "events", ("service_request_id", "jurisdiction_id", *NewEvent._fields), _events(numbered))
    token = ("token", "jurisdiction_id", "service_request_id", "accepted_datetime")
    copy_rows(conn, "tokens", token, _tokens(numbered))
    return numbers


def _requests(numbered: Numbered) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        request = report.request
        place, pictures = point(request.lat, request.long), array_text(request.media_urls)
        # In the order of the columns above: COPY knows no names.
        yield number, *_request(request), request.version, pictures, place, json_text(request.attributes)


def _reporters(numbered: Numbered) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        if report.reporter != NOBODY or report.answers:
            yield number, *_personal(report.reporter), json_text(report.answers)


def _events(numbered: Numbered) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        for event in report.events:
            yield number, report.request.jurisdiction_id, *event[:-1], json_text(event.data)


def _tokens(numbered: Numbered) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        if report.token:
            request = report.request
            yield report.token, request.jurisdiction_id, number, request.requested_datetime
