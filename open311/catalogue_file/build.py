"""A document without problems as a `Catalogue`."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from open311.base.text import NO_TEXT, Text, tidy
from open311.catalogue_file import desk
from open311.catalogue_file.boundary import read_boundary
from open311.model.areas import NO_AREAS, Areas
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
from open311.model.forwards import Forward
from open311.model.jurisdiction import Jurisdiction
from open311.model.site import Site


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

    def read(self, given: str | dict[str, str] | None) -> Text:
        if given is None:
            return NO_TEXT
        words = {self.languages[0]: given} if isinstance(given, str) else given
        return Text({language: tidy(words[language]) for language in self.languages if language in words})

    def keywords(self, given: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
        return {language: tuple(given[language]) for language in self.languages if language in given}


def _jurisdiction(data: dict[str, Any], text: _Texts) -> Jurisdiction:
    given = data["jurisdiction"]
    return Jurisdiction(
        jurisdiction_id=given["jurisdiction_id"],
        name=text.read(given["name"]),
        languages=text.languages,
        time_zone=ZoneInfo(given["time_zone"]),
        contact=text.read(given["contact"]),
        key_service=text.read(given["key_service"]),
        aliases=tuple(given.get("aliases", [])),
        boundary=read_boundary(data["boundary"]) if "boundary" in data else None,
        emergency_notice=text.read(given.get("emergency_notice")),
        held_by_id=given.get("held_by_id", True),
        zipcode_pattern=given.get("zipcode_pattern"),
        boundary_is_sketch=given.get("boundary_is_sketch", False),
    )


def _site(given: dict[str, Any], text: _Texts) -> Site:
    return Site(
        name=text.read(given.get("name")),
        intro=text.read(given.get("intro")),
        heading=text.read(given.get("heading")),
        address_example=text.read(given.get("address_example")),
        colour=given.get("colour"),
        colour_dark=given.get("colour_dark"),
        logo=given.get("logo"),
        map=given.get("map"),
        imprint=text.read(given.get("imprint")),
        privacy=text.read(given.get("privacy")),
        accessibility=text.read(given.get("accessibility")),
        help=text.read(given.get("help")),
        easy=text.read(given.get("easy")),
    )


def _status(given: dict[str, Any], text: _Texts) -> DetailedStatus:
    words = {"label": text.read(given["label"]), "description": text.read(given.get("description"))}
    return DetailedStatus(**{**given, **words, "colour": given["colour"].lower()})


def _service(given: dict[str, Any], text: _Texts) -> Service:
    days = given.get("response_days")
    attributes = [
        _attribute(attribute, place, text) for place, attribute in enumerate(given.get("attributes", []), 1)
    ]
    return Service(
        service_code=given["service_code"],
        service_name=text.read(given["service_name"]),
        description=text.read(given.get("description")),
        keywords=text.keywords(given.get("keywords", {})),
        group=given.get("group"),
        type=ServiceType(given.get("type", "realtime")),
        icon=given.get("icon", "marker"),
        agency=given.get("agency"),
        response_time=timedelta(days=days) if days else None,
        retention_days=given.get("retention_days"),
        service_notice=text.read(given.get("service_notice")),
        stop_text=text.read(given.get("stop_text")),
        moderated=given.get("moderated", True),
        photo_wanted=given.get("photo_wanted", False),
        active=given.get("active", True),
        forward=_forward(given),
        attributes=tuple(sorted(attributes, key=lambda attribute: attribute.order)),
    )


def _forward(service: dict[str, Any]) -> Forward | None:
    given = service.get("forward")
    return Forward(**{"service_code": service["service_code"], **given}) if given else None


def _attribute(given: dict[str, Any], place: int, text: _Texts) -> Attribute:
    condition = given.get("only_if")
    return Attribute(
        code=given["code"],
        datatype=Datatype(given["datatype"]),
        description=text.read(given["description"]),
        order=given.get("order", place),
        variable=given.get("variable", True),
        required=given.get("required", False),
        datatype_description=text.read(given.get("datatype_description")),
        values=tuple(Value(value["key"], text.read(value["name"])) for value in given.get("values", [])),
        public=given.get("public", False),
        only_if=Condition(condition["code"], frozenset(condition["values"])) if condition else None,
        asset=given.get("asset"),
    )
