"""Take in requests from elsewhere: again and again, each once, under the id it has at its source."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from open311.actions import casework
from open311.base.errors import Open311Error
from open311.base.text import tidy
from open311.core import Core
from open311.federation.foreign import ForeignRequest
from open311.federation.references import Arrival, Counts, Known, Refusal
from open311.federation.storage import references as stored
from open311.model.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.event_kinds import EventKind
from open311.model.service_request import Reporter, ServiceRequest, Status, Visibility
from open311.model.submission import DESCRIPTION_LENGTH
from open311.model.visibility import is_everybodys
from open311.storage import events, service_requests
from open311.storage.database import Connection

log = structlog.get_logger()

CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_PICTURES = 20
SHORT = 500
AT_ONCE = 1000
# What a change of these means to whoever follows a request; all else is an edit.
STATUS_FIELDS = ("status", "detailed_status", "status_notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the words of a source become ours. `strict`: a service must be known, by itself or through `services`."""

    catalogue: Catalogue
    services: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    channel: str | None = None


def service_code(foreign: str) -> str:
    """A code of a source as ours may be; the same one always becomes the same."""
    if CODE.fullmatch(foreign):
        return foreign
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", foreign)[:50]
    return f"{plain}_{hashlib.sha256(foreign.encode(errors='replace')).hexdigest()[:8]}"


def arrival(found: ForeignRequest, terms: Terms, reporter: Reporter | None = None) -> Arrival | Refusal:
    """A request of a source in our terms, or why it cannot be taken in."""
    requested, code = found.requested_datetime, _service(found, terms)
    if len(found.service_request_id) > SHORT:
        return Refusal("service_request_id is too long")
    if requested is None:
        return Refusal("requested_datetime is missing or no moment", found.service_request_id)
    if not code:
        return Refusal(f"service_code {found.service_code!r} is unknown", found.service_request_id)
    status, detailed = _status(found, terms)
    notice = _words(found.service_notice)
    closed = found.closed_datetime if status == Status.CLOSED else None
    updated = max(filter(None, (requested, found.updated_datetime, closed)))
    return Arrival(
        foreign_id=found.service_request_id,
        service_name=tidy(found.service_name)[:SHORT],
        reporter=reporter,
        values={
            "service_code": code,
            "status": status,
            "detailed_status": detailed,
            "requested_datetime": requested,
            "updated_datetime": updated,
            "closed_datetime": max(requested, closed or updated) if status == Status.CLOSED else None,
            "expected_datetime": found.expected_datetime,
            "status_notes": _words(found.status_notes),
            "description": tidy(found.description)[:DESCRIPTION_LENGTH],
            "agency_responsible": _agency(found, terms.catalogue),
            "address": tidy(found.address)[:SHORT],
            "address_id": _words(found.address_id, SHORT),
            "zipcode": _words(found.zipcode, 20),
            "lat": found.location and found.location.lat,
            "long": found.location and found.location.long,
            "media_urls": list(found.media_urls[:MOST_PICTURES]),
            "title": _words(found.title, SHORT),
            "channel": terms.channel,
            **{name: _words(text, SHORT) for name, text in found.texts.items()},
        }
        # Only where there is one, so that what came in before this was kept has the same digest.
        | ({"service_notice": notice} if notice else {}),
    )


def _words(text: str | None, longest: int = DESCRIPTION_LENGTH) -> str | None:
    return tidy(text)[:longest] or None if text else None


def _service(found: ForeignRequest, terms: Terms) -> str | None:
    given = found.service_code or found.service_name
    mapped = terms.services.get(given) or terms.services.get(found.service_name)
    if mapped:
        return mapped
    if not terms.strict:
        return service_code(given) if given else "unknown"
    if given in terms.catalogue.services or given in terms.catalogue.retired:
        return given
    return terms.services.get("*")


def _status(found: ForeignRequest, terms: Terms) -> tuple[str, str]:
    """Open or closed, and the finest status of ours that says the same."""
    catalogue = terms.catalogue
    mapped = terms.statuses.get(str(found.fields.get("status")))
    if mapped is not None and mapped in catalogue.statuses:
        return catalogue.statuses[mapped].status, mapped
    status = Status(mapped) if mapped in tuple(Status) else found.status
    default = catalogue.default_status(status)
    word = (found.detailed_status or "").strip().upper()
    of_city = catalogue.statuses.values()
    alike = [entry for entry in of_city if entry.detailed_status == word and entry.status == status]
    return status, (default if default in alike or not alike else alike[0]).code


def _agency(found: ForeignRequest, catalogue: Catalogue) -> str | None:
    """A code of the catalogue where the name is known, else the words as they are."""
    words = _words(found.agency_responsible, SHORT)
    for agency in catalogue.agencies.values():
        if words and words in agency.name.by_language.values():
            return agency.code
    return words


def arrivals_of(requests: Iterable[ForeignRequest], terms: Terms) -> tuple[list[Arrival], list[Refusal]]:
    """Requests of a source in our terms, and those that cannot be taken in."""
    arrivals: list[Arrival] = []
    refusals: list[Refusal] = []
    for request in requests:
        try:
            found = arrival(request, terms)
        except Exception as reason:
            # Whatever one of them holds, the others come in.
            log.exception("request_unreadable", foreign_id=request.service_request_id[:SHORT])
            found = Refusal(f"cannot be read: {reason!r}", request.service_request_id)
        if isinstance(found, Arrival):
            arrivals.append(found)
        else:
            refusals.append(found)
    return arrivals, refusals


def take_page(
    core: Core,
    catalogue: Catalogue,
    source: str,
    arrivals: Sequence[Arrival],
    *,
    actor: Actor,
    beside: Callable[[Connection, Counts], None],
    visibility: Visibility = Visibility.PUBLISHED,
) -> tuple[Counts, list[Refusal]]:
    """One page in one transaction, with what `beside` writes; a row that cannot be stored is refused by itself."""
    where: dict[str, Any] = {"actor": actor, "visibility": visibility}
    try:
        with core.database.begin() as conn:
            counts = take(core, conn, catalogue, source, arrivals, **where)
            beside(conn, counts)
            return counts, []
    except Open311Error:
        raise
    except Exception:
        log.exception("page_not_stored", source=source)
    counts, refusals = Counts(), list[Refusal]()
    for arrival in arrivals:
        try:
            with core.database.begin() as conn:
                counts += take(core, conn, catalogue, source, [arrival], **where)
        except Open311Error:
            raise
        except Exception as reason:
            refusals.append(Refusal(f"cannot be stored: {type(reason).__name__}", arrival.foreign_id))
    with core.database.begin() as conn:
        beside(conn, counts)
    return counts, refusals


def take(
    core: Core,
    conn: Connection,
    catalogue: Catalogue,
    source: str,
    arrivals: Sequence[Arrival],
    *,
    actor: Actor,
    visibility: Visibility = Visibility.PUBLISHED,
) -> Counts:
    """Store what is new and change what is different, in the caller's transaction; doing so again does nothing."""
    latest = {arrival.foreign_id: arrival for arrival in arrivals}
    owner = catalogue.jurisdiction.jurisdiction_id
    for right in (Right.INTAKE, Right.EDIT, Right.SET_STATUS):
        actor.require(right, owner)
    stored.lock(conn, owner, source)
    known = stored.known(conn, owner, source, list(latest))
    fresh = [arrival for number, arrival in latest.items() if number not in known]
    if fresh:
        first = catalogue.initial_status.code
        stored.add(conn, owner, source, fresh, str(visibility), str(actor), core.now(), first, catalogue)
    different = [
        arrival for number, arrival in latest.items() if number in known and _differs(known[number], arrival)
    ]
    ids = [known[arrival.foreign_id].service_request_id for arrival in different]
    present = stored.requests(conn, [number for number in ids if number is not None])
    for arrival in different:
        was = known[arrival.foreign_id]
        request = present.get(was.service_request_id or 0)
        if request:
            _change(core, conn, request, arrival, was, actor)
            stored.remember(conn, owner, source, arrival.foreign_id, arrival.digest)
    changed = len(present)
    return Counts(new=len(fresh), changed=changed, same=len(arrivals) - len(fresh) - changed)


def _differs(known: Known, arrival: Arrival) -> bool:
    return known.service_request_id is not None and (known.gone or known.digest != arrival.digest)


def _change(
    core: Core, conn: Connection, request: ServiceRequest, arrival: Arrival, was: Known, actor: Actor
) -> None:
    """Write what the source says now. What staff here have hidden stays hidden."""
    values = stored.changed_values(arrival)
    updated = arrival.values["updated_datetime"]
    at = updated if updated > request.updated_datetime else core.now()
    kind = EventKind.EDITED
    if values["closed_datetime"] and request.closed_datetime:
        values["closed_datetime"] = request.closed_datetime
    if was.gone and request.visibility == Visibility.HIDDEN:
        values["visibility"], kind = Visibility.PUBLISHED, EventKind.PUBLISHED
    elif any(getattr(request, name) != values[name] for name in STATUS_FIELDS):
        kind = EventKind.STATUS_CHANGED
    service_requests.change(conn, request, at, **values)
    shown = values.get("visibility", request.visibility) == Visibility.PUBLISHED
    is_update = kind == EventKind.STATUS_CHANGED
    told = {name: str(values[name]) for name in STATUS_FIELDS if values[name]} if is_update else {}
    events.append_to(
        conn, request, kind, at=at, actor=actor, public=shown, in_feed=shown, is_update=is_update, **told
    )
    casework.keep_up(core, conn, request.service_request_id, actor)


def withdraw(
    core: Core, conn: Connection, owner: str, source: str, gone: Mapping[str, bool], *, actor: Actor
) -> Counts:
    """Hide what is no longer public at its source; erase it where that says True."""
    stored.lock(conn, owner, source)
    known = stored.known(conn, owner, source, list(gone))
    numbers = [row.service_request_id for row in known.values() if row.service_request_id is not None]
    present = stored.requests(conn, numbers)
    count = 0
    for foreign_id, was in known.items():
        request = present.get(was.service_request_id or 0)
        if request is None or (was.gone and not gone[foreign_id]):
            continue
        count += 1
        stored.remember(conn, owner, source, foreign_id, was.digest, gone=True)
        leave = casework.erase_locked if gone[foreign_id] else _hide
        leave(core, conn, request, actor)
    return Counts(gone=count)


def compare(
    core: Core,
    conn: Connection,
    owner: str,
    source: str,
    copy: int,
    ids: Sequence[str],
    *,
    whole: bool,
    actor: Actor,
) -> Counts:
    """Note that `ids` are in a new full copy of a source; once it is `whole`, hide what was in no part of it."""
    stored.note_copy(conn, owner, source, copy, ids)
    counts = Counts()
    while whole and (missing := stored.not_in_copy(conn, owner, source, copy, AT_ONCE)):
        counts += withdraw(core, conn, owner, source, dict.fromkeys(missing, False), actor=actor)
    return counts


def _hide(core: Core, conn: Connection, request: ServiceRequest, actor: Actor) -> None:
    actor.require(Right.CHECK, request.jurisdiction_id)
    now, public = core.now(), is_everybodys(request)
    service_requests.change(conn, request, now, visibility=Visibility.HIDDEN)
    events.append_to(conn, request, EventKind.HIDDEN, at=now, actor=actor, public=False, in_feed=public)
    casework.keep_up(core, conn, request.service_request_id, actor)
