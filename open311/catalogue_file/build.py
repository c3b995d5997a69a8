"""A document without problems as a `Catalogue`."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from open311.base.text import NO_TEXT, Text, tidy
from open311.catalogue_file import desk
from open311.catalogue_file.boundary import read_boundary
from open311.model.catalogue import (
    Agency,
    Attribute,
    Catalogue,
    Condition,
    Datatype,
    DetailedStatus,
    Group,
    Service,
    ServiceType,
    Value,
)
from open311.model.catalogue.site import Site
from open311.model.desk.areas import NO_AREAS, Areas
from open311.model.forwards import Forward
from open311.model.jurisdiction import Jurisdiction


def build(data: dict[str, Any], areas: Areas = NO_AREAS) -> Catalogue:
    """The catalogue a checked document describes, with the areas that it or files beside it hold."""
    text = _Texts(tuple(data["jurisdiction"]["languages"]))
    agencies = [Agency(agency["code"], text.read(agency["name"])) for agency in data.get("agencies", [])]
    groups = [Group(group["code"], text.read(group["name"])) for group in data.get("groups", [])]
    statuses = [_status(status, text) for status in data["statuses"]]
    services = [_service(service, text) for service in data["services"]]
    return Catalogue(
        jurisdiction=_jurisdiction(data, text),
        statuses={status.code: status for status in statuses},
        services={service.service_code: service for service in services},
        agencies={agency.code: agency for agency in agencies},
        groups={group.code: group for group in groups},
        site=_site(data.get("site", {}), text),
        desk=desk.build(data.get("desk", {}), areas, text.read),
    )


class _Texts:
    """Reads what is given per language; the languages of a text come in the order of the jurisdiction."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages

    def read(self, written: str | dict[str, str] | None) -> Text:
        if written is None:
            return NO_TEXT
        # A plain text, as a city of one language writes it, is in the first language.
        words = {self.languages[0]: written} if isinstance(written, str) else written
        return Text({language: tidy(words[language]) for language in self.languages if language in words})

    def keywords(self, by_language: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
        return {
            language: tuple(by_language[language]) for language in self.languages if language in by_language
        }


def _jurisdiction(data: dict[str, Any], text: _Texts) -> Jurisdiction:
    jurisdiction = data["jurisdiction"]
    return Jurisdiction(
        jurisdiction_id=jurisdiction["jurisdiction_id"],
        name=text.read(jurisdiction["name"]),
        languages=text.languages,
        time_zone=ZoneInfo(jurisdiction["time_zone"]),
        contact=text.read(jurisdiction["contact"]),
        key_service=text.read(jurisdiction["key_service"]),
        aliases=tuple(jurisdiction.get("aliases", [])),
        boundary=read_boundary(data["boundary"]) if "boundary" in data else None,
        emergency_notice=text.read(jurisdiction.get("emergency_notice")),
        held_by_id=jurisdiction.get("held_by_id", True),
        zipcode_pattern=jurisdiction.get("zipcode_pattern"),
        boundary_is_sketch=jurisdiction.get("boundary_is_sketch", False),
    )


def _site(site: dict[str, Any], text: _Texts) -> Site:
    return Site(
        name=text.read(site.get("name")),
        intro=text.read(site.get("intro")),
        heading=text.read(site.get("heading")),
        address_example=text.read(site.get("address_example")),
        colour=site.get("colour"),
        colour_dark=site.get("colour_dark"),
        logo=site.get("logo"),
        map=site.get("map"),
        imprint=text.read(site.get("imprint")),
        privacy=text.read(site.get("privacy")),
        accessibility=text.read(site.get("accessibility")),
        help=text.read(site.get("help")),
        easy=text.read(site.get("easy")),
    )


def _status(status: dict[str, Any], text: _Texts) -> DetailedStatus:
    words = {"label": text.read(status["label"]), "description": text.read(status.get("description"))}
    # In small letters, so that the digest does not change with the spelling of a colour.
    return DetailedStatus(**{**status, **words, "colour": status["colour"].lower()})


def _service(service: dict[str, Any], text: _Texts) -> Service:
    days = service.get("response_days")
    attributes = [
        _attribute(attribute, place, text) for place, attribute in enumerate(service.get("attributes", []), 1)
    ]
    return Service(
        service_code=service["service_code"],
        service_name=text.read(service["service_name"]),
        description=text.read(service.get("description")),
        keywords=text.keywords(service.get("keywords", {})),
        group=service.get("group"),
        type=ServiceType(service.get("type", "realtime")),
        icon=service.get("icon", "marker"),
        agency=service.get("agency"),
        response_time=timedelta(days=days) if days else None,
        retention_days=service.get("retention_days"),
        service_notice=text.read(service.get("service_notice")),
        stop_text=text.read(service.get("stop_text")),
        # Checked first unless the catalogue says otherwise: forgetting a line must not publish anything.
        moderated=service.get("moderated", True),
        photo_wanted=service.get("photo_wanted", False),
        active=service.get("active", True),
        forward=_forward(service),
        attributes=tuple(sorted(attributes, key=lambda attribute: attribute.order)),
    )


def _forward(service: dict[str, Any]) -> Forward | None:
    forward = service.get("forward")
    return Forward(**{"service_code": service["service_code"], **forward}) if forward else None


def _attribute(attribute: dict[str, Any], place: int, text: _Texts) -> Attribute:
    condition = attribute.get("only_if")
    return Attribute(
        code=attribute["code"],
        datatype=Datatype(attribute["datatype"]),
        description=text.read(attribute["description"]),
        order=attribute.get("order", place),
        variable=attribute.get("variable", True),
        required=attribute.get("required", False),
        datatype_description=text.read(attribute.get("datatype_description")),
        values=tuple(Value(value["key"], text.read(value["name"])) for value in attribute.get("values", [])),
        # Likewise: an answer is for staff alone unless the catalogue says otherwise.
        public=attribute.get("public", False),
        only_if=Condition(condition["code"], frozenset(condition["values"])) if condition else None,
        asset=attribute.get("asset"),
    )
