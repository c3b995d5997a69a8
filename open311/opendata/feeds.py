"""Atom feeds of requests and of the history of one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from flask import request

from open311.base.i18n import translate
from open311.formats.atom import Entry, Feed, Link
from open311.http import current
from open311.model.service_request import Note, ServiceRequest
from open311.web import request_context


def requests_feed(requests: Iterable[ServiceRequest], links: Mapping[str, str]) -> tuple[Feed, list[Entry]]:
    entries = [_entry(request) for request in requests]
    changed = max((entry.updated for entry in entries), default=current.catalogue().changeset)
    return _feed(_title("opendata.feed.title"), changed, links), entries


def history_feed(service_request: ServiceRequest) -> tuple[Feed, list[Entry]]:
    """A feed with one entry for each public line of a request's history, the last one first."""
    title = _title("opendata.feed.history", service_request_id=str(service_request.service_request_id))
    entries = [_line(service_request, note) for note in service_request.notes]
    return _feed(title, service_request.updated_datetime, {}), entries[::-1]


def _feed(title: str, updated: datetime, links: Mapping[str, str]) -> Feed:
    own = current.base_url() + current.as_asked(request.path)
    # The filters alone: an API key must not get into an id, and parameters that mean nothing are not repeated.
    if query := urlencode(request_context.known_args(request.args.items(multi=True))):
        own += f"?{query}"
    return Feed(
        id=own,
        title=title,
        author=_city(),
        updated=updated,
        language=_language(),
        links={"self": own} | dict(links),
    )


def _entry(service_request: ServiceRequest) -> Entry:
    service = current.catalogue().service_name(service_request.service_code, _language())
    lines = [
        _label(service_request.detailed_status),
        service_request.address,
        service_request.description,
        service_request.status_notes,
    ]
    return Entry(
        id=_name(service_request),
        title=f"{service}: {service_request.address}" if service_request.address else service,
        updated=service_request.updated_datetime,
        published=service_request.requested_datetime,
        text="\n\n".join(line for line in lines if line),
        link=_to_read(service_request),
        category=(service_request.service_code, service),
        place=service_request.location,
    )


def _line(service_request: ServiceRequest, note: Note) -> Entry:
    return Entry(
        id=f"{_name(service_request)}#{note.number}",
        title=_label(note.detailed_status) or translate("page.history.changed", _language()),
        updated=note.datetime,
        published=note.datetime,
        text=note.description,
        link=_to_read(service_request),
        place=service_request.location,
    )


def _label(detailed_status: str | None) -> str:
    status = current.catalogue().statuses.get(detailed_status or "")
    return status.label.in_language(_language()) if status else ""


def _title(key: str, **values: str) -> str:
    return translate(key, _language(), city=_city(), **values)


def _city() -> str:
    jurisdiction = current.catalogue().jurisdiction
    return jurisdiction.name.in_language(_language()) or jurisdiction.jurisdiction_id


def _language() -> str:
    return current.language(current.catalogue())


def _name(service_request: ServiceRequest) -> str:
    """The permanent IRI of a request; without its jurisdiction, which addresses may need only later."""
    return current.base_url() + current.as_asked(
        f"/open311/v2/requests/{service_request.service_request_id}.atom"
    )


def _to_read(service_request: ServiceRequest) -> Link:
    """Its page; what came in at the test endpoint has none."""
    if current.sandbox():
        return _name(service_request).removesuffix("atom") + "json", "application/json"
    city = f"/{service_request.jurisdiction_id}" if current.core().catalogues.several else ""
    return f"{current.base_url()}{city}/reports/{service_request.service_request_id}", "text/html"
