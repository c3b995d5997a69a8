"""One example answer of each method, for the OpenAPI document; written in both formats by the server's own writer."""

from datetime import UTC, datetime
from typing import Any

from open311.formats import documents, encode
from open311.formats.documents import Endpoint
from open311.formats.encode import Document

REPORTED = "2026-03-02T09:30:00+01:00"
SERVICE_REQUEST = {
    "service_request_id": "26000417",
    "status": "open",
    "status_notes": "Termin mit dem Abschleppdienst vereinbart",
    "service_name": "Abgestelltes Fahrzeug",
    "service_code": "FAHRZEUG_ALT",
    "description": "Seit zwei Wochen\nohne Kennzeichen",
    "agency_responsible": "Kommunaler Vollzugsdienst",
    "service_notice": "Prüfung binnen 5 Werktagen",
    "requested_datetime": REPORTED,
    "updated_datetime": "2026-03-03T10:00:00+01:00",
    "expected_datetime": "2026-03-09T18:00:00+01:00",
    "address": "Ludwigstraße 12, 67059 Ludwigshafen am Rhein",
    "address_id": None,
    "zipcode": "67059",
    "lat": 49.4811,
    "long": 8.4464,
    "media_url": "https://maengel.ludwigshafen.example/media/26000417-1.jpg",
}
CHANGESET = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
HOST = "https://maengel.ludwigshafen.example/open311"
UPDATE = {
    "update_id": "9001",
    "service_request_id": "26000417",
    "status": "investigating",
    "updated_datetime": "2026-03-03T10:00:00+01:00",
    "description": "Prüfung beauftragt",
    "media_url": "",
}
ANSWERS = {
    "get_discovery": documents.discovery(
        [Endpoint(f"{HOST}/v2", CHANGESET), Endpoint(f"{HOST}/test/v2", CHANGESET, "test")],
        "maengelmelder@ludwigshafen.example",
        "https://maengel.ludwigshafen.example/api-key",
        CHANGESET,
    ),
    "get_services": Document(
        "services",
        [
            {
                "service_code": "FAHRZEUG_ALT",
                "service_name": "Abgestelltes Fahrzeug",
                "description": "Nicht zugelassenes Fahrzeug im öffentlichen Raum",
                "metadata": True,
                "type": "realtime",
                "keywords": "auto,schrott,kennzeichen",
                "group": "Straße & Verkehr",
            }
        ],
    ),
    "get_service_definition": Document(
        "service_definition",
        {
            "service_code": "FAHRZEUG_ALT",
            "attributes": [
                {
                    "variable": True,
                    "code": "FARBE",
                    "datatype": "singlevaluelist",
                    "required": True,
                    "datatype_description": "",
                    "order": 1,
                    "description": "Farbe des Fahrzeugs",
                    "values": [{"key": "blau", "name": "Blau"}, {"key": "rot", "name": "Rot"}],
                }
            ],
        },
    ),
    "post_service_request": documents.receipt(26000417, service_notice="Prüfung binnen 5 Werktagen"),
    "get_token": documents.token("t-4f0c2e", 26000417),
    "get_service_requests": Document("service_requests", [SERVICE_REQUEST]),
    "get_service_request": Document("service_requests", [SERVICE_REQUEST]),
    "get_service_request_updates": Document("service_request_updates", [UPDATE]),
    "post_service_request_update": documents.update_receipt(9002),
}
SUBMISSION = {
    "service_code": "FAHRZEUG_ALT",
    "lat": 49.4811,
    "long": 8.4464,
    "description": "Seit zwei Wochen ohne Kennzeichen",
    "attribute": {"FARBE": "blau", "ZUSTAND": ["reifen", "glas"]},
    "email": "kim@example.org",
}
SENT_UPDATE = {
    "service_request_id": "26000417",
    "update_id": "FMS-4711-2",
    "status": "INVESTIGATING",
    "updated_datetime": "2026-03-03T10:00:00+01:00",
    "description": "Prüfung beauftragt",
}
BODIES = {"post_service_request": SUBMISSION, "post_service_request_update": SENT_UPDATE}
MISTAKE = documents.errors([(400, "FARBE required: Farbe des Fahrzeugs")])


def written(document: Document, content_type: str) -> Any:
    """The example as it is in the OpenAPI document: a value for JSON, the text itself for XML."""
    return document.value if content_type == "application/json" else encode.to_xml(document).decode()
