"""Many reports with their histories at once, by COPY."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from sqlalchemy import Connection

from open311.model.cases import Case
from open311.model.fields import Role
from open311.model.service_request import PERSONAL, Reporter, ServiceRequest, fields_with
from open311.storage import cases
from open311.storage.copy_ids import copy_rows, new_ids, point
from open311.storage.database.freshness import announce

# Answers are written as JSON; duplicates of others do not come in many at once.
REQUEST = tuple(name for name in fields_with(Role.COLUMN) if name not in ("attributes", "parent_id"))
EVENT = ("kind", "datetime", "actor", "public", "in_feed", "is_update")


class Report(Protocol):
    """A report without an id, who sent it, and the lines of its history by the names of their columns."""

    request: ServiceRequest
    reporter: Reporter
    answers: dict[str, list[str]]
    token: str | None
    events: list[dict[str, Any]]

    @property
    def case(self) -> Case:
        """What staff know of it."""
        ...


def store(conn: Connection, reports: Sequence[Report]) -> None:
    """Store reports with new ids, in their order, as they are: nothing is checked, no job is deferred."""
    announce(conn)
    numbered = list(zip(new_ids(conn, len(reports)), reports, strict=True))
    copy_rows(conn, "service_requests", ("id", *REQUEST, "geom", "attributes"), _requests(numbered))
    cases.copy(conn, (replace(report.case, service_request_id=number) for number, report in numbered))
    came_in = ((number, report.request.requested_datetime) for number, report in numbered)
    copy_rows(conn, "submissions", ("service_request_id", "received_datetime"), came_in)
    copy_rows(conn, "reporters", ("service_request_id", *PERSONAL, "attributes"), _reporters(numbered))
    copy_rows(conn, "events", ("service_request_id", "jurisdiction_id", *EVENT, "data"), _events(numbered))
    given = ("token", "jurisdiction_id", "service_request_id", "accepted_datetime")
    copy_rows(conn, "tokens", given, _tokens(numbered))


def _requests(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        request = report.request
        values = (getattr(request, name) for name in REQUEST)
        yield number, *values, point(request.lat, request.long), _json(request.attributes)


def _reporters(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        known = asdict(report.reporter)
        if report.answers or any(known.values()):
            yield number, *(known[name] for name in PERSONAL), _json(report.answers)


def _events(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        for line in report.events:
            yield number, report.request.jurisdiction_id, *(line[name] for name in EVENT), _json(line["data"])


def _tokens(numbered: Iterable[tuple[int, Report]]) -> Iterator[tuple[Any, ...]]:
    for number, report in numbered:
        if report.token:
            yield report.token, report.request.jurisdiction_id, number, report.request.requested_datetime


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
