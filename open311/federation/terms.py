"""How the words of a source become ours."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import structlog

from open311.base.text import tidy
from open311.federation.client.foreign import ForeignRequest
from open311.federation.references import Arrival, Refusal, refusal_for
from open311.model.catalogue import Catalogue
from open311.model.intake.submission import DESCRIPTION_LENGTH
from open311.model.service_request import Reporter, Status

log = structlog.get_logger()

CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_PICTURES = 20
SHORT = 500


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How the words of a source become ours. `strict`: a service must be known, by itself or through `services`."""

    catalogue: Catalogue
    services: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    channel: str | None = None

    @cached_property
    def finest(self) -> Mapping[tuple[str, str], str]:
        """The detailed status of ours that a word of CitySDK means, if there is one that is open or closed with it."""
        ours = list(self.catalogue.statuses.values())
        usual = [self.catalogue.default_status(status) for status in {entry.status for entry in ours}]
        # The usual one wins, then the first.
        return {(entry.detailed_status, entry.status): entry.code for entry in reversed([*usual, *ours])}

    @cached_property
    def agencies(self) -> Mapping[str, str]:
        ours = reversed([*self.catalogue.agencies.values()])
        return {name: agency.code for agency in ours for name in agency.name.by_language.values()}


def service_code(foreign: str) -> str:
    """A code of a source as ours may be; the same one always becomes the same."""
    if CODE.fullmatch(foreign):
        return foreign
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", foreign)[:50]
    # Two codes that differ in letters that ours may not have must not become one.
    return f"{plain}_{hashlib.sha256(foreign.encode(errors='replace')).hexdigest()[:8]}"


def is_made_up(name: str, code: str) -> bool:
    """Whether a name of a service is only its code, or the word that the code was made from."""
    return code in (name, service_code(name))


def arrival_of(request: ForeignRequest, terms: Terms, reporter: Reporter | None = None) -> Arrival | Refusal:
    """A request of a source in our own terms, or a refusal that says why it cannot be imported."""
    requested, code = request.requested_datetime, _service(request, terms)
    if len(request.service_request_id) > SHORT:
        return refusal_for("error.row.number_long")
    if requested is None:
        return refusal_for("error.row.moment_missing", request.service_request_id)
    if not code:
        return refusal_for("error.row.service", request.service_request_id, service_code=request.service_code)
    return Arrival(
        foreign_id=request.service_request_id,
        service_name=tidy(request.service_name or _own_word(request, code))[:SHORT],
        reporter=reporter,
        values={"service_code": code, **_progress(request, requested, terms), **_contents(request, terms)},
    )


def _progress(request: ForeignRequest, requested: datetime, terms: Terms) -> dict[str, Any]:
    """How far it has come, and when."""
    status, detailed = _status(request, terms)
    closed = request.closed_datetime if status == Status.CLOSED else None
    updated = max(filter(None, (requested, request.updated_datetime, closed)))
    return {
        "status": status,
        "detailed_status": detailed,
        "requested_datetime": requested,
        "updated_datetime": updated,
        # Where a clock was wrong: days to closing are counted from these two.
        "closed_datetime": max(requested, closed or updated) if status == Status.CLOSED else None,
        "expected_datetime": request.expected_datetime,
        "status_notes": _words(request.status_notes),
    }


def _contents(request: ForeignRequest, terms: Terms) -> dict[str, Any]:
    notice = _words(request.service_notice)
    return {
        "description": tidy(request.description)[:DESCRIPTION_LENGTH],
        "agency_responsible": _agency(request, terms),
        "address": tidy(request.address)[:SHORT],
        "address_id": _words(request.address_id, SHORT),
        "zipcode": _words(request.zipcode, 20),
        "lat": request.location and request.location.lat,
        "long": request.location and request.location.long,
        "media_urls": list(request.media_urls[:MOST_PICTURES]),
        "title": _words(request.title, SHORT),
        "channel": terms.channel,
        **{name: _words(text, SHORT) for name, text in request.texts.items()},
        # Only where there is one, so that what came in before this was kept has the same digest.
        **({"service_notice": notice} if notice else {}),
    }


def _words(text: str | None, longest: int = DESCRIPTION_LENGTH) -> str | None:
    return tidy(text)[:longest] or None if text else None


def _service(request: ForeignRequest, terms: Terms) -> str | None:
    code = request.service_code or request.service_name
    mapped = terms.services.get(code) or terms.services.get(request.service_name)
    if mapped:
        return mapped
    if not terms.strict:
        return service_code(code) if code else "unknown"
    if code in terms.catalogue.services or code in terms.catalogue.retired:
        return code
    return terms.services.get("*")


def _own_word(request: ForeignRequest, code: str) -> str:
    """The code of the source where ours had to be made from it: nobody could read that one as a name."""
    made = code != request.service_code and code == service_code(request.service_code)
    return request.service_code if made else ""


def _status(request: ForeignRequest, terms: Terms) -> tuple[str, str]:
    """Open or closed, and the finest status of ours that says the same."""
    catalogue = terms.catalogue
    mapped = terms.statuses.get(str(request.fields.get("status")))
    if mapped is not None and mapped in catalogue.statuses:
        return catalogue.statuses[mapped].status, mapped
    status = Status(mapped) if mapped and mapped in tuple(Status) else request.status
    word = (request.detailed_status or "").strip().upper()
    return status, terms.finest.get((word, status)) or catalogue.default_status(status).code


def _agency(request: ForeignRequest, terms: Terms) -> str | None:
    """A code of the catalogue where the name is known, else the words as they are."""
    words = _words(request.agency_responsible, SHORT)
    return terms.agencies.get(words, words) if words else None


def arrivals_of(requests: Iterable[ForeignRequest], terms: Terms) -> tuple[list[Arrival], list[Refusal]]:
    """Requests of a source in our terms, and those that cannot be taken in."""
    arrivals: list[Arrival] = []
    refusals: list[Refusal] = []
    for request in requests:
        try:
            arrival = arrival_of(request, terms)
        except Exception as reason:
            # Whatever one of them holds, the others come in.
            log.exception("request_unreadable", foreign_id=request.service_request_id[:SHORT])
            arrival = refusal_for("error.row.unreadable", request.service_request_id, reason=repr(reason))
        if isinstance(arrival, Arrival):
            arrivals.append(arrival)
        else:
            refusals.append(arrival)
    return arrivals, refusals
