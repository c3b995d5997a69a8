"""What each resource of GeoReport v2 looks like: field names, their order, and when a field is left out.

A field that is optional is absent when it has no value; text for people is `""`; the rest is `null`.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from open311.base.datetimes import write, write_utc
from open311.base.text import composed
from open311.formats.encode import Document
from open311.formats.extensions import extensions_of
from open311.model.catalogue import Attribute, Catalogue, Service
from open311.model.media import addresses
from open311.model.service_request import ServiceRequest
from open311.model.updates import Update, word_of
from open311.model.v2_fields import PLACES, V2_FIELDS, Empty, Kind

# Clients compare it letter for letter: without `s`, without a slash at the end.
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
FORMATS = ("text/xml", "application/json")

# What a request is shown by: the catalogue, the language, and the public address of the server.
Setting = tuple[Catalogue, str, str]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where the API is served; `changeset` is when anything about its services last changed."""

    url: str
    changeset: datetime
    type: Literal["production", "test"] = "production"


def discovery(endpoints: Iterable[Endpoint], contact: str, key_service: str, changeset: datetime) -> Document:
    """Where the endpoints are; clients take the first that suits them, so production comes first."""
    value = {
        # in whole seconds and in UTC, so that their order as texts is that of time.
        "changeset": write_utc(changeset),
        "contact": contact,
        "key_service": key_service,
        "endpoints": [_endpoint(endpoint) for endpoint in endpoints],
    }
    return Document("discovery", value)


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "specification": SPECIFICATION,
        "url": endpoint.url,
        "changeset": write_utc(endpoint.changeset),
        "type": endpoint.type,
        "formats": list(FORMATS),
    }


def services(catalogue: Catalogue, language: str, only: Collection[str] | None = None) -> Document:
    """The services on offer, by group and name; with `only`, those among these codes."""
    offered = [
        service for service in catalogue.active_services() if only is None or service.service_code in only
    ]
    groups = {code: place for place, code in enumerate(catalogue.groups)}

    def place(service: Service) -> tuple[int, str, str]:
        name = service.service_name.in_language(language)
        return groups.get(service.group or "", len(groups)), _alphabetical(name), service.service_code

    return Document(
        "services", [_service(service, catalogue, language) for service in sorted(offered, key=place)]
    )


def _service(service: Service, catalogue: Catalogue, language: str) -> dict[str, Any]:
    return {
        "service_code": service.service_code,
        "service_name": service.service_name.in_language(language),
        # `""` where there is none. GeoReporter on iOS ends at null, and on Android shows a group of that name.
        "description": service.description.in_language(language),
        "metadata": service.metadata,
        "type": service.type.value,
        "keywords": ",".join(_keywords(service, language)),
        "group": _group(service, catalogue, language),
    }


def _keywords(service: Service, language: str) -> tuple[str, ...]:
    if language in service.keywords:
        return service.keywords[language]
    return next(iter(service.keywords.values()), ())


def _group(service: Service, catalogue: Catalogue, language: str) -> str:
    group = catalogue.groups.get(service.group or "")
    return group.name.in_language(language) if group else service.group or ""


def _alphabetical(name: str) -> str:
    """The name as a dictionary orders it: Ölspur is between Oberleitung and Ordnung."""
    letters = composed(name.casefold(), "NFD")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def service_definition(service: Service, language: str) -> Document:
    """The attributes of a service in the order they are asked."""
    value = {
        "service_code": service.service_code,
        "attributes": [_attribute(attribute, language) for attribute in _ordered(service)],
    }
    return Document("service_definition", value)


def _ordered(service: Service) -> list[Attribute]:
    return sorted(service.attributes, key=lambda attribute: attribute.order)


def _attribute(attribute: Attribute, language: str) -> dict[str, Any]:
    # Readers that take the first descendant called `name` or `key` need the values to come last.
    return {
        "variable": attribute.variable,
        "code": attribute.code,
        "datatype": attribute.datatype.value,
        "required": attribute.always_required,
        "datatype_description": attribute.datatype_description.in_language(language),
        "order": attribute.order,
        # GeoReporter on iOS puts it into a dictionary, which takes no nil.
        "description": attribute.description.in_language(language),
        "values": [
            {"key": value.key, "name": value.name.in_language(language)} for value in attribute.values
        ],
    }


def service_requests(
    requests: Iterable[ServiceRequest],
    catalogue: Catalogue,
    language: str,
    *,
    extensions: bool = False,
    base_url: str = "",
) -> Document:
    """The requests as one list; a single request is a list of one."""
    return Document(
        "service_requests",
        [
            service_request(request, catalogue, language, extensions=extensions, base_url=base_url)
            for request in requests
        ],
    )


def service_request(
    request: ServiceRequest,
    catalogue: Catalogue,
    language: str,
    *,
    extensions: bool = False,
    base_url: str = "",
) -> dict[str, Any]:
    """One request with exactly the fields of v2, and what we add when `extensions` are asked for.

    `base_url` is the public address of the server, where its photos are found.
    """
    value: dict[str, Any] = {}
    setting = (catalogue, language, base_url)
    for name, value_of, empty in _SHOWN:
        shown = value_of(request, name, setting)
        if shown is not None and shown != "":
            value[name] = shown
        elif empty is not Empty.ABSENT:
            # At `""` for a date or a number open311_java fails on the whole list; a text that is null
            # GeoReporter on Android shows as the word.
            value[name] = "" if empty is Empty.TEXT else None
    if extensions:
        value |= extensions_of(request, catalogue, language, base_url)
    return value


def _text(request: ServiceRequest, name: str, _: Setting) -> str | None:
    value = getattr(request, name)
    return value and str(value)


def _service_name(request: ServiceRequest, _: str, setting: Setting) -> str:
    return setting[0].service_name(request.service_code, setting[1])


def _agency_name(request: ServiceRequest, _: str, setting: Setting) -> str | None:
    agency = request.agency_responsible
    return agency and setting[0].agency_name(agency, setting[1])


def _notice(request: ServiceRequest, _: str, setting: Setting) -> str | None:
    service = setting[0].services.get(request.service_code)
    of_service = service.service_notice.in_language(setting[1]) if service else None
    return request.service_notice or of_service


def _moment(request: ServiceRequest, name: str, setting: Setting) -> str | None:
    value = getattr(request, name)
    return value and write(value, setting[0].jurisdiction.time_zone)


def _degrees(request: ServiceRequest, name: str, _: Setting) -> float | None:
    value = getattr(request, name)
    return None if value is None else round(value, PLACES)


# one, whatever there are; all of them are an extension.
def _picture(request: ServiceRequest, _: str, setting: Setting) -> str | None:
    return addresses(request.media_urls[:1], setting[2])[0] if request.media_urls else None


_VALUES: Mapping[Kind, Callable[[ServiceRequest, str, Setting], Any]] = {
    Kind.PLAIN: _text,
    Kind.TEXT: _text,
    Kind.SERVICE_NAME: _service_name,
    Kind.AGENCY_NAME: _agency_name,
    Kind.NOTICE: _notice,
    Kind.MOMENT: _moment,
    Kind.DEGREES: _degrees,
    Kind.PICTURE: _picture,
}
_SHOWN = tuple((field.name, _VALUES[field.kind], field.empty) for field in V2_FIELDS)


def receipt(
    service_request_id: int | None = None, token: str | None = None, service_notice: str | None = None
) -> Document:
    """The answer to a POST: an id, or a token, or neither; never both."""
    value: dict[str, Any] = {}
    #
    if service_request_id is not None:
        value["service_request_id"] = str(service_request_id)
    elif token is not None:
        value["token"] = token
    if service_notice:
        value["service_notice"] = service_notice
    return Document("service_requests", [value])


# GeoReporter on Android reads a null as the text `null`, and asks for a report of that id.
def token(token: str, service_request_id: int | None) -> Document:
    """What became of a token; the id is absent, not null, until it is known."""
    number = {} if service_request_id is None else {"service_request_id": str(service_request_id)}
    return Document("service_requests", [number | {"token": token}])


def service_request_updates(
    updates: Iterable[Update], catalogue: Catalogue, *, base_url: str = ""
) -> Document:
    """What happened to requests, as FixMyStreet reads it; `base_url` is where photos are found."""
    return Document("service_request_updates", [_update(update, catalogue, base_url) for update in updates])


def _update(update: Update, catalogue: Catalogue, base_url: str) -> dict[str, Any]:
    value: dict[str, Any] = {
        "update_id": str(update.update_id),
        "service_request_id": str(update.service_request_id),
        "status": word_of(update, catalogue),
        "updated_datetime": write(update.updated_datetime, catalogue.jurisdiction.time_zone),
        "description": update.description,
        "media_url": _one_or_several(addresses(update.media_urls, base_url)),
    }
    if update.fixmystreet_id:
        value["fixmystreet_id"] = update.fixmystreet_id
    return value


def _one_or_several(media_urls: Sequence[str]) -> str | list[str]:
    """FixMyStreet takes a list for several pictures, and a text for one or none."""
    return list(media_urls) if len(media_urls) > 1 else "".join(media_urls)


def update_receipt(update_id: int) -> Document:
    """The answer to an update that was sent: the id it has here."""
    return Document("service_request_updates", [{"update_id": str(update_id)}])


# a list, also of one. GeoReporter reads its first entry and ends at an object.
def errors(problems: Iterable[tuple[int, str]]) -> Document:
    """What went wrong, the most helpful first: the HTTP status and words for the reader."""
    value = [{"code": code, "description": description} for code, description in problems]
    return Document("errors", value)
