"""Values for tests: small, complete and believable; each keyword overrides one field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from open311.base.text import Text
from open311.model.catalogue import (
    Agency,
    Attribute,
    Catalogue,
    Datatype,
    DetailedStatus,
    Group,
    Service,
    Value,
)
from open311.model.jurisdiction import Jurisdiction
from open311.model.service_request import Location, ServiceRequest, Status, Visibility


def words(de: str, en: str | None = None) -> Text:
    """A text in German and, if given, English."""
    return Text({"de": de} if en is None else {"de": de, "en": en})


def a_jurisdiction(**fields: Any) -> Jurisdiction:
    """Ludwigshafen, without a boundary."""
    jurisdiction = Jurisdiction(
        jurisdiction_id="ludwigshafen.de",
        name=words("Ludwigshafen am Rhein"),
        languages=("de", "en"),
        time_zone=ZoneInfo("Europe/Berlin"),
        contact=words(
            "Stadt Ludwigshafen, Bereich Tiefbau, maengelmelder@ludwigshafen.example, +49 621 000-0"
        ),
        key_service=words("API-Schlüssel: https://maengel.ludwigshafen.example/api-key"),
        aliases=("www.ludwigshafen.de",),
    )
    return replace(jurisdiction, **fields)


def a_status(code: str, label: str, status: str, **fields: Any) -> DetailedStatus:
    """A detailed status, grey and round."""
    shown: dict[str, Any] = {"label": words(label), "colour": "#808080", "shape": "circle"}
    return DetailedStatus(code=code, status=status, **shown | fields)


def a_service(**fields: Any) -> Service:
    """Illegal dumping: realtime, without attributes."""
    service = Service(
        service_code="MUELL_WILD",
        service_name=words("Wilder Müll", "Illegal dumping"),
        description=words("Illegal abgelagerter Abfall auf öffentlichen Flächen", "Waste left in public"),
        keywords={"de": ("müll", "abfall", "sperrmüll"), "en": ("litter", "waste")},
        group="sauberkeit",
    )
    return replace(service, **fields)


def an_attribute(code: str, order: int, description: Text, **fields: Any) -> Attribute:
    """An optional question of several lines."""
    return replace(
        Attribute(code=code, datatype=Datatype.TEXT, description=description, order=order), **fields
    )


def attributes_of_a_vehicle() -> tuple[Attribute, ...]:
    """An information, a private answer, and two public choices."""
    colours = (Value("blau", words("Blau", "Blue")), Value("rot", words("Rot", "Red")))
    conditions = (("reifen", "Reifen fehlen"), ("glas", "Scheiben defekt"), ("oel", "Öl läuft aus"))
    return (
        an_attribute(
            "HINWEIS", 1, words("Bitte nur Fahrzeuge auf öffentlichen Flächen melden."), variable=False
        ),
        replace(
            an_attribute("KENNZEICHEN", 2, words("Kennzeichen (falls vorhanden)"), datatype=Datatype.STRING),
            datatype_description=words("z. B. LU-AB 123"),
        ),
        an_attribute(
            "FARBE",
            3,
            words("Farbe des Fahrzeugs", "Colour of the vehicle"),
            datatype=Datatype.SINGLEVALUELIST,
            required=True,
            values=colours,
            public=True,
        ),
        an_attribute(
            "ZUSTAND",
            4,
            words("Zustand", "Condition"),
            datatype=Datatype.MULTIVALUELIST,
            datatype_description=words("Mehrfachauswahl möglich"),
            values=tuple(Value(key, words(name)) for key, name in conditions),
            public=True,
        ),
    )


def a_vehicle_service(**fields: Any) -> Service:
    """An abandoned vehicle: with attributes and a notice."""
    service = a_service(
        service_code="FAHRZEUG_ALT",
        service_name=words("Abgestelltes Fahrzeug", "Abandoned vehicle"),
        description=words("Nicht zugelassenes Fahrzeug im öffentlichen Raum"),
        keywords={"de": ("auto", "schrott", "kennzeichen")},
        group="verkehr",
        service_notice=words("Prüfung binnen 5 Werktagen", "Checked within 5 working days"),
        attributes=attributes_of_a_vehicle(),
    )
    return replace(service, **fields)


def a_catalogue(*services: Service, **fields: Any) -> Catalogue:
    """Two groups, one agency, three statuses, and these services; without any, two typical ones."""
    statuses = (
        a_status(
            "received", "gemeldet", "open", detailed_status="RECEIVED", update_status="open", initial=True
        ),
        a_status(
            "in_process", "in Bearbeitung", "open", detailed_status="IN_PROCESS", update_status="in_progress"
        ),
        a_status("fixed", "gelöst", "closed", detailed_status="PROCESSED", update_status="fixed"),
    )
    catalogue = Catalogue(
        jurisdiction=a_jurisdiction(),
        statuses={status.code: status for status in statuses},
        services={
            service.service_code: service for service in services or (a_vehicle_service(), a_service())
        },
        agencies={"kvd": Agency("kvd", words("Kommunaler Vollzugsdienst", "Enforcement Office"))},
        groups={
            "sauberkeit": Group("sauberkeit", words("Sauberkeit", "Cleanliness")),
            "verkehr": Group("verkehr", words("Straße & Verkehr", "Roads & Traffic")),
        },
        changeset=datetime(2026, 3, 2, 8, 15, tzinfo=UTC),
    )
    return replace(catalogue, **fields)


def a_service_request(**fields: Any) -> ServiceRequest:
    """Illegal dumping, reported this morning, published, nothing done yet."""
    moment = datetime(2026, 3, 2, 7, 55, 41, tzinfo=UTC)
    request = ServiceRequest(
        service_request_id=26000416,
        jurisdiction_id="ludwigshafen.de",
        service_code="MUELL_WILD",
        status=Status.OPEN,
        detailed_status="received",
        visibility=Visibility.PUBLISHED,
        version=1,
        requested_datetime=moment,
        updated_datetime=fields.get("requested_datetime", moment),
        description="Alte Matratzen",
        address="Ludwigstraße 12, Ludwigshafen am Rhein",
        lat=49.4811,
        long=8.4464,
    )
    if "location" in fields:
        place: Location | None = fields.pop("location")
        fields |= {"lat": place and place.lat, "long": place and place.long}
    return request._replace(**fields)
