"""The golden documents: what each resource answers, built from values."""

from datetime import UTC, datetime

from open311.formats import documents
from open311.formats.documents import Endpoint
from open311.formats.encode import Document
from open311.model.access.visibility import redacted
from open311.model.service_request import Note, ServiceRequest, Status
from tests.builders import a_catalogue, a_service_request

CATALOGUE = a_catalogue()
VEHICLE = CATALOGUE.services["FAHRZEUG_ALT"]
LITTER = CATALOGUE.services["MUELL_WILD"]
ID = 26000417
PHOTO = "https://maengel.ludwigshafen.example/media/26000417-1.jpg"


def _endpoints() -> list[Endpoint]:
    host = "maengel.ludwigshafen.example/open311/v2"
    return [
        Endpoint(f"https://{host}", CATALOGUE.changeset),
        Endpoint(f"https://test.{host}", datetime(2026, 3, 1, 17, tzinfo=UTC), "test"),
    ]


def _discovery() -> Document:
    jurisdiction = CATALOGUE.jurisdiction
    contact, key_service = jurisdiction.contact, jurisdiction.key_service
    return documents.discovery(
        _endpoints(), contact.in_language("de"), key_service.in_language("de"), CATALOGUE.changeset
    )


TOWED_AWAY = a_service_request(
    service_request_id=ID,
    service_code="FAHRZEUG_ALT",
    status=Status.CLOSED,
    detailed_status="fixed",
    status_notes="Fahrzeug wurde abgeschleppt.",
    description="Seit zwei Wochen\nohne Kennzeichen",
    agency_responsible="kvd",
    requested_datetime=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    updated_datetime=datetime(2026, 3, 6, 13, 5, 12, tzinfo=UTC),
    closed_datetime=datetime(2026, 3, 6, 13, 5, 12, tzinfo=UTC),
    expected_datetime=datetime(2026, 3, 9, 17, tzinfo=UTC),
    address="Ludwigstraße 12, Mitte, Ludwigshafen am Rhein, 67059",
    zipcode="67059",
    media_urls=(PHOTO,),
)
WITHOUT_POINT = a_service_request(description="", address="Hinter der Pfalzgrafenhalle", location=None)
IN_PROCESS = a_service_request(
    service_request_id=ID,
    service_code="FAHRZEUG_ALT",
    detailed_status="in_process",
    description="Ohne Kennzeichen",
    agency_responsible="kvd",
    requested_datetime=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
    updated_datetime=datetime(2026, 3, 3, 9, tzinfo=UTC),
    address="Ludwigstraße 12",
    zipcode="67059",
    media_urls=(PHOTO,),
    channel="app",
    attributes={
        "uprn": ["100"],
        "ZUSTAND": ["reifen", "glas"],
        "FARBE": ["blau"],
        "KENNZEICHEN": ["LU-AB 123"],
    },
    notes=(
        Note(
            number=1,
            datetime=datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
            kind="submitted",
            detailed_status="received",
            description="",
        ),
        Note(
            number=2,
            datetime=datetime(2026, 3, 3, 9, tzinfo=UTC),
            kind="opened",
            detailed_status="in_process",
            description="Prüfung beauftragt",
        ),
    ),
)


def _list(*requests: ServiceRequest, extensions: bool = False) -> Document:
    return documents.service_requests(requests, CATALOGUE, "de", extensions=extensions)


CASES = {
    "discovery": _discovery(),
    "services": documents.services(CATALOGUE, "de"),
    "services_empty": documents.services(CATALOGUE, "de", only=()),
    "service_definition": documents.service_definition(VEHICLE, "de"),
    "service_definition_without_attributes": documents.service_definition(LITTER, "de"),
    "service_requests": _list(TOWED_AWAY, WITHOUT_POINT),
    "service_requests_empty": _list(),
    "service_request": _list(TOWED_AWAY),
    "service_request_extended": _list(IN_PROCESS, extensions=True),
    "service_request_redacted": _list(redacted(IN_PROCESS)),
    "receipt_realtime": documents.receipt(
        ID, service_notice="Der Kommunale Vollzugsdienst prüft das Fahrzeug binnen 5 Werktagen."
    ),
    "receipt_batch": documents.receipt(token="b7c1e0d2"),
    "receipt_blackbox": documents.receipt(service_notice="Vielen Dank. Die Meldung wurde weitergeleitet."),
    "token_known": documents.token("b7c1e0d2", ID),
    "token_pending": documents.token("b7c1e0d2", None),
    "errors": documents.errors(
        [
            (400, "FARBE required: Farbe des Fahrzeugs fehlt."),
            (400, "long fehlt: lat und long müssen zusammen gesendet werden."),
        ]
    ),
}
