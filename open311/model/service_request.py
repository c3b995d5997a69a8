"""The service request: what a citizen reported, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from open311.model.mailbox import spelt

# What GeoReport v2 tells of a request, in its order.
FIELDS = (
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
)


# What may be known of a request that is not, or not yet, for the public: its kind, where it stands, and since when.
REDACTED_FIELDS = (
    "service_request_id",
    "jurisdiction_id",
    "service_code",
    "status",
    "detailed_status",
    "visibility",
    "version",
    "requested_datetime",
    "updated_datetime",
)


class Status(StrEnum):
    """The two words GeoReport knows."""

    OPEN = "open"
    CLOSED = "closed"


class Visibility(StrEnum):
    """Who may see a request: nobody yet (held), everybody (published), nobody any more (hidden).

    A withheld one was checked and is not for the public, but worked on: its number tells where it stands, no more.
    """

    HELD = "held"
    PUBLISHED = "published"
    WITHHELD = "withheld"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Location:
    """A point in WGS84 degrees."""

    lat: float
    long: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Personal data: never leaves by a public door."""

    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    device_id: str | None = None
    account_id: str | None = None

    def __post_init__(self) -> None:
        # Whoever asks for their data is found by the one spelling of their mailbox.
        if self.email:
            object.__setattr__(self, "email", spelt(self.email))


PERSONAL = tuple(each.name for each in fields(Reporter))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One public line of a request's history; `number` stays its own when other lines come and go."""

    number: int
    datetime: datetime
    kind: str
    detailed_status: str | None
    description: str
    media_urls: tuple[str, ...] = ()


class ServiceRequest(NamedTuple):
    """A request as the public may see it (GeoReport v2, GET service requests), and a few internal marks.

    All datetimes are aware and in whole seconds. `detailed_status` is a code of the catalogue, `agency_responsible`
    a code of the catalogue or free text. `version` rises with each public change. `attributes` holds public answers
    only: code → values. `parent_id` is the request that this one repeats, `reference` the id that it has elsewhere.
    `notes` is filled only where extensions are asked for. A tuple, because a list is made of a thousand of them,
    straight from rows.
    """

    service_request_id: int
    jurisdiction_id: str
    service_code: str
    status: str
    detailed_status: str
    visibility: str
    version: int
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None = None
    status_notes: str | None = None
    description: str = ""
    agency_responsible: str | None = None
    address: str = ""
    address_id: str | None = None
    zipcode: str | None = None
    lat: float | None = None
    long: float | None = None
    media_urls: Sequence[str] = ()
    closed_datetime: datetime | None = None
    title: str | None = None
    channel: str | None = None
    service_object_type: str | None = None
    service_object_id: str | None = None
    attributes: Mapping[str, list[str]] = MappingProxyType({})
    parent_id: int | None = None
    reference: str | None = None
    notes: tuple[Note, ...] = ()
    distance: float | None = None

    @property
    def location(self) -> Location | None:
        """The point, if there is one."""
        return None if self.lat is None or self.long is None else Location(self.lat, self.long)

    @property
    def media_url(self) -> str | None:
        """The first picture, which is the one GeoReport has room for."""
        return self.media_urls[0] if self.media_urls else None
