"""The service request: what a citizen reported, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, NamedTuple

from open311.model.fields import STATE, TEXT, TOLD, Role, roles_of
from open311.model.mailbox import spelt


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


PERSONAL = tuple(field.name for field in fields(Reporter))
NOBODY = Reporter()


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
    only: code → values. `parent_id` is the request that this one repeats, which not everybody may know of
    (`visibility.original_of`), `reference` the id that it has elsewhere, `affected` how many people have said that it
    affects them, too. `notes` is filled only where extensions are asked for. A tuple, because a list is made of a
    thousand of them, straight from rows. What is done with each field, its roles say.
    """

    service_request_id: Annotated[int, Role.REDACTED]
    jurisdiction_id: Annotated[str, Role.COLUMN | Role.REDACTED | Role.NEW]
    service_code: Annotated[str, STATE]
    status: Annotated[str, STATE]
    detailed_status: Annotated[str, STATE | Role.CSV]
    visibility: Annotated[str, Role.COLUMN | Role.REDACTED | Role.NEW]
    version: Annotated[int, Role.COLUMN | Role.REDACTED]
    requested_datetime: Annotated[datetime, STATE]
    updated_datetime: Annotated[datetime, STATE]
    expected_datetime: Annotated[datetime | None, TOLD] = None
    status_notes: Annotated[str | None, Role.COLUMN | Role.TAKEN] = None
    description: Annotated[str, TOLD] = ""
    agency_responsible: Annotated[str | None, TOLD] = None
    address: Annotated[str, TOLD] = ""
    address_id: Annotated[str | None, TOLD] = None
    zipcode: Annotated[str | None, TOLD] = None
    service_notice: Annotated[str | None, Role.COLUMN | Role.TAKEN] = None
    lat: float | None = None
    long: float | None = None
    media_urls: Annotated[Sequence[str], Role.NEW | Role.TAKEN] = ()
    closed_datetime: Annotated[datetime | None, Role.COLUMN | Role.TAKEN | Role.CSV] = None
    title: Annotated[str | None, TOLD | Role.SENT | Role.CSV] = None
    channel: Annotated[str | None, TOLD] = None
    service_object_type: Annotated[str | None, TEXT] = None
    service_object_id: Annotated[str | None, TEXT] = None
    attributes: Annotated[Mapping[str, list[str]], TOLD] = MappingProxyType({})
    parent_id: Annotated[int | None, Role.COLUMN] = None
    parent_visibility: str | None = None
    affected: Annotated[int, Role.COLUMN] = 0
    reference: str | None = None
    notes: tuple[Note, ...] = ()
    distance: float | None = None

    @property
    def location(self) -> Location | None:
        return None if self.lat is None or self.long is None else Location(self.lat, self.long)

    @property
    def media_url(self) -> str | None:
        """The first picture, which is the one GeoReport has room for."""
        return self.media_urls[0] if self.media_urls else None


ROLES = roles_of(ServiceRequest)


@cache
def fields_with(role: Role) -> tuple[str, ...]:
    return tuple(name for name, roles in ROLES.items() if role in roles)
