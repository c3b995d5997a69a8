"""Requests and updates of other servers in their own terms; their ids stay text."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from open311.base.text import stands_for_nothing, trimmed
from open311.federation.client.dates import Dates
from open311.model.fields import Role
from open311.model.service_request import Location, Status, fields_with
from open311.model.updates import KIND_OF_WORD, tidy_word

EXTENDED = fields_with(Role.EXTENDED)

# What servers say instead of GeoReport's two words, also as the first word of several: `Completed - Dup`.
CLOSED_WORDS = {
    "closed", "resolved", "completed", "complete", "done", "archived", "rejected", "processed", "canceled", "cancelled",
    "solved", "finished", "withdrawn", "dismissed", "declined", "denied", "invalid", "void", "duplicate", "fixed",
    "abgelehnt", "abgeschlossen", "behoben", "erledigt", "geschlossen", "gelöst",
    "cerrada", "cerrado", "resuelto", "clos", "fermé", "résolu", "chiuso", "risolto", "afgehandeld", "gesloten",
    "opgelost",
}  # fmt: skip
OPEN_WORDS = {
    "new", "submitted", "received", "acknowledged", "accepted", "assigned", "pending", "active", "reopened", "referred",
    "scheduled", "in_process", "in_review", "on_hold", "unassigned", "offen", "neu", "abierto", "ouvert", "aperto",
    "nieuw",
}  # fmt: skip
DEEPEST = 10
# No word that means something is longer, however its parts are set apart.
LONGEST_STATUS = 100
PLAIN_DATES = Dates()
# Looked for from the beginning of a run alone, or a long one takes the square of its length.
_BETWEEN_ADDRESSES = re.compile(r"(?<![\s,;|])[\s,;|]+(?=https?://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRequest:
    """A service request of another server. `fields` is everything it said, for code that needs more."""

    service_request_id: str
    status: Status
    detailed_status: str | None = None
    status_notes: str | None = None
    service_code: str = ""
    service_name: str = ""
    description: str = ""
    title: str | None = None
    agency_responsible: str | None = None
    service_notice: str | None = None
    requested_datetime: datetime | None = None
    updated_datetime: datetime | None = None
    expected_datetime: datetime | None = None
    closed_datetime: datetime | None = None
    address: str = ""
    address_id: str | None = None
    zipcode: str | None = None
    location: Location | None = None
    media_urls: tuple[str, ...] = ()
    # Those of our own further fields that the other server has, too.
    texts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignUpdate:
    """An update of another server; `update_status` is its state in FixMyStreet's words."""

    update_id: str
    service_request_id: str
    update_status: str
    updated_datetime: datetime | None
    description: str = ""
    media_urls: tuple[str, ...] = ()
    fixmystreet_id: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignChanges:
    """A part of a change feed: requests as they are now, ids that are gone (True: erased), and where to go on."""

    requests: list[ForeignRequest]
    gone: Mapping[str, bool]
    cursor: str
    more: bool


def request_from(item: Mapping[str, Any], dates: Dates = PLAIN_DATES) -> ForeignRequest | None:
    """The request an item of a list describes; None when it has no id. `dates`: how it writes moments."""
    number = word(item, "service_request_id", "id")
    if number is None:
        return None
    extended = item.get("extended_attributes")
    extra: Mapping[str, Any] = extended if isinstance(extended, Mapping) else {}
    status = word(item, "status")
    return ForeignRequest(
        service_request_id=number,
        status=status_from(status),
        detailed_status=word(extra, "detailed_status") or word(item, "detailed_status"),
        status_notes=word(item, "status_notes"),
        service_code=word(item, "service_code") or "",
        service_name=word(item, "service_name") or "",
        description=word(item, "description") or "",
        title=word(extra, "title") or word(item, "title"),
        texts={name: text for name in EXTENDED if (text := word(extra, name) or word(item, name))},
        agency_responsible=word(item, "agency_responsible"),
        service_notice=word(item, "service_notice"),
        requested_datetime=moment(item.get("requested_datetime"), dates),
        updated_datetime=moment(item.get("updated_datetime"), dates),
        expected_datetime=moment(item.get("expected_datetime"), dates),
        closed_datetime=moment(extra.get("closed_datetime"), dates)
        or moment(item.get("closed_datetime"), dates),
        address=word(item, "address", "address_string") or "",
        address_id=word(item, "address_id"),
        zipcode=word(item, "zipcode"),
        location=location(item),
        media_urls=addresses([item.get("media_url"), item.get("media_urls"), extra.get("media_urls")]),
        fields=item,
    )


def update_from(item: Mapping[str, Any], dates: Dates = PLAIN_DATES) -> ForeignUpdate | None:
    """The update an item of a list describes; None when it lacks an id."""
    update_id, number = word(item, "update_id"), word(item, "service_request_id")
    if update_id is None or number is None:
        return None
    return ForeignUpdate(
        update_id=update_id,
        service_request_id=number,
        update_status=tidy_word(word(item, "status") or "unchanged"),
        updated_datetime=moment(item.get("updated_datetime"), dates),
        description=word(item, "description") or "",
        media_urls=addresses(item.get("media_url")),
        fixmystreet_id=word(item, "fixmystreet_id"),
    )


def changes_from(value: Any, dates: Dates = PLAIN_DATES) -> ForeignChanges | None:
    """A part of a change feed; None when the value is none."""
    if not isinstance(value, dict) or not isinstance(value.get("changes"), list) or not value.get("next"):
        return None
    requests: dict[str, ForeignRequest] = {}
    gone: dict[str, bool] = {}
    for entry in (change for change in value["changes"] if isinstance(change, dict)):
        number, document = word(entry, "service_request_id"), entry.get("request")
        read = request_from(document, dates) if isinstance(document, dict) else None
        if read:
            requests[read.service_request_id] = read
        elif number:
            gone[number] = gone.get(number, False) or entry.get("reason") == "erased"
    return ForeignChanges(list(requests.values()), gone, str(value["next"]), value.get("more") is True)


def texts(value: Any, depth: int = DEEPEST) -> list[str]:
    """Every text in a value, however it is wrapped; numbers as they would be written."""
    if value is None:
        return []
    if type(value) is str:
        # By far the most frequent, and an instance check of a mapping is slow.
        text = _spoken(value)
        return [text] if text else []
    if isinstance(value, (Mapping, list, tuple)) and not depth:
        return []
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in texts(inner, depth - 1)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in texts(inner, depth - 1)]
    if isinstance(value, bool):
        return []
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _spoken(str(value))
    return [text] if text else []


def _spoken(raw: str) -> str:
    text = trimmed(raw)
    return "" if stands_for_nothing(text) else text


def word(item: Mapping[str, Any], *names: str) -> str | None:
    """The text of the first of these fields that has one; several in one field are joined."""
    for name in names:
        value = item.get(name)
        if value is None:
            continue
        text = _spoken(value) if type(value) is str else ", ".join(texts(value))
        if text:
            return text
    return None


def addresses(value: Any) -> tuple[str, ...]:
    """The web addresses in a value, each once."""
    written = [inner for text in texts(value) for inner in (_unwrapped(text) if text[0] in "[{" else (text,))]
    if not written:
        return ()
    parts = (address for text in written for address in _BETWEEN_ADDRESSES.split(text))
    return tuple(dict.fromkeys(url for url in parts if url.lower().startswith(("http://", "https://"))))


def _unwrapped(text: str) -> list[str]:
    """What stands in a list that was written as text: JSON, or an array as PostgreSQL or Python write it."""
    with suppress(orjson.JSONDecodeError):
        return texts(orjson.loads(text))
    return [re.sub(r"[\"']", "", text[1:]).rstrip("]} ")]


def status_from(word_of_status: str | None) -> Status:
    """Open or closed, whatever it is called there."""
    return known_status(word_of_status or "open") or Status.OPEN


def known_status(word_of_status: str) -> Status | None:
    """Open or closed; None for a word that nobody has told us of."""
    return _known_status(word_of_status.strip()[:LONGEST_STATUS])


@lru_cache(maxsize=1000)
def _known_status(word_of_status: str) -> Status | None:
    whole = tidy_word(word_of_status)
    for word in (whole, re.split(r"[^\w]|_", whole, maxsplit=1)[0]):
        if word in CLOSED_WORDS:
            return Status.CLOSED
        if word in KIND_OF_WORD or word in OPEN_WORDS:
            return KIND_OF_WORD.get(word, Status.OPEN)
    return None


def location(item: Mapping[str, Any]) -> Location | None:
    """The point, unless it lacks a half, is beyond the world, or is the 0/0 that stands for nothing."""
    lat = number(item.get("lat", item.get("latitude")))
    long = number(item.get("long", item.get("lon", item.get("lng", item.get("longitude")))))
    if lat is None or long is None or not (abs(lat) <= 90 and abs(long) <= 180) or lat == long == 0:
        return None
    return Location(lat, long)


def number(value: Any) -> float | None:
    """A number, also one written as text or with a decimal comma."""
    values = [_spoken(value)] if type(value) is str else texts(value)
    try:
        return float(values[0].replace(",", ".")) if len(values) == 1 else None
    except ValueError:
        return None


def moment(value: Any, dates: Dates = PLAIN_DATES) -> datetime | None:
    """The moment a text or a number means, in UTC and whole seconds; None when it cannot be told."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    values = texts(value)
    return dates.read(values[0]) if len(values) == 1 else None
