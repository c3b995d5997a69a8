"""What `extensions=true` adds to a request, behind the fields of v2 (georeport.md 5.7)."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from open311.base.datetimes import write
from open311.base.i18n import translate
from open311.model.access.visibility import original_of
from open311.model.catalogue import Attribute, Catalogue, Service
from open311.model.fields import Role
from open311.model.media import addresses
from open311.model.service_request import Note, ServiceRequest, fields_with

EXTENDED = fields_with(Role.EXTENDED)


def extensions_of(
    request: ServiceRequest, catalogue: Catalogue, language: str, base_url: str = ""
) -> dict[str, Any]:
    """`extended_attributes`, `attributes` and `notes` of a request; `base_url` is where photos are found."""
    return {
        # Behind all fields of v2: open311_java takes the first descendant of a name, wherever it stands.
        "extended_attributes": _extended_attributes(request, catalogue, base_url),
        "attributes": _answers(request, catalogue.services.get(request.service_code), language),
        "notes": [_note(note, catalogue, language, base_url) for note in request.notes],
    }


def _extended_attributes(request: ServiceRequest, catalogue: Catalogue, base_url: str) -> dict[str, Any]:
    zone = catalogue.jurisdiction.time_zone
    status = catalogue.statuses.get(request.detailed_status)
    since, original = _status_since(request), original_of(request, catalogue.jurisdiction)
    value: dict[str, Any] = {
        "title": request.title,
        "detailed_status": status.detailed_status if status else None,
        "detailed_status_datetime": write(since, zone) if since else None,
        "closed_datetime": write(request.closed_datetime, zone) if request.closed_datetime else None,
        "channel": request.channel,
        "media_urls": addresses(request.media_urls, base_url),
        "duplicate": request.parent_id is not None,
        "parent_service_request_id": None if original is None else str(original),
        "affected": request.affected,
    }
    for name in EXTENDED:
        value[name] = getattr(request, name)
    value["distance"] = None if request.distance is None else round(request.distance, 1)
    if request.reference:
        value["reference"] = request.reference
    return value


def _status_since(request: ServiceRequest) -> datetime | None:
    """When the request came into its present detailed status, as far as its notes tell."""
    since, before = None, None
    for note in request.notes:
        if note.detailed_status and note.detailed_status != before:
            since, before = note.datetime, note.detailed_status
    return since if before == request.detailed_status else None


def _answers(request: ServiceRequest, service: Service | None, language: str) -> list[dict[str, Any]]:
    known = (
        {attribute.code: attribute for attribute in sorted(service.attributes, key=attrgetter("order"))}
        if service
        else {}
    )
    codes = [*known, *(code for code in request.attributes if code not in known)]
    return [
        _answer(code, value, known.get(code), language)
        for code in codes
        # An answer of which the catalogue has forgotten the question was public when it was stored here.
        if code not in known or known[code].public
        for value in request.attributes.get(code, ())
    ]


def _answer(code: str, value: str, attribute: Attribute | None, language: str) -> dict[str, Any]:
    choices: Sequence[str] = ()
    if attribute:
        choices = [choice.name.in_language(language) for choice in attribute.values if choice.key == value]
    return {
        "code": code,
        "label": attribute.description.in_language(language) if attribute else code,
        "name": choices[0] if choices else value,
        "value": value,
    }


def _note(note: Note, catalogue: Catalogue, language: str, base_url: str) -> dict[str, Any]:
    pictures = addresses(note.media_urls, base_url)
    status = catalogue.statuses.get(note.detailed_status or "")
    return {
        "datetime": write(note.datetime, catalogue.jurisdiction.time_zone),
        "type": note.kind,
        "summary": status.label.in_language(language)
        if status
        else translate("page.history.changed", language),
        "description": note.description,
    } | ({"media_urls": pictures} if pictures else {})
