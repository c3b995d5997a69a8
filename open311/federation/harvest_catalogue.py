"""The catalogue of a harvested jurisdiction: made from what the source says, for reading only."""

from collections.abc import Iterable, Mapping
from typing import Any

from open311.federation.client.foreign import texts, word
from open311.federation.references import Intake
from open311.federation.terms import service_code

# The words of CitySDK, which is what servers with finer statuses use.
STATUSES = (
    ("OPEN", "open", "RECEIVED", "open", "offen", "open", "#c62828", "triangle"),
    ("PENDING", "open", "PENDING", "open", "gemeldet", "reported", "#c62828", "triangle"),
    ("IN_PROCESS", "open", "IN_PROCESS", "in_progress", "in Bearbeitung", "in progress", "#a97900", "circle"),
    ("CLOSED", "closed", "PROCESSED", "closed", "erledigt", "done", "#2e7d32", "square"),
    ("REJECTED", "closed", "REJECTED", "no_further_action", "abgelehnt", "rejected", "#616161", "square"),
    ("ARCHIVED", "closed", "ARCHIVED", "closed", "archiviert", "archived", "#616161", "square"),
)
LONGEST = 500


def catalogue_document(source: Intake, services: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    options = source.options
    languages = list(options.get("languages") or ["en"])
    rows = {
        row["service_code"]: row for row in (_service(service, languages[0]) for service in services) if row
    }
    groups = sorted({row["group"] for row in rows.values() if row.get("group")})
    origin = f"{source.source}"
    return {
        "jurisdiction": {
            "jurisdiction_id": source.jurisdiction_id,
            "name": {languages[0]: options.get("name") or source.jurisdiction_id},
            "languages": languages,
            "time_zone": options.get("time_zone", "UTC"),
            "contact": {languages[0]: origin},
            "key_service": {languages[0]: origin},
        },
        "statuses": [_status(status, languages) for status in STATUSES],
        "groups": [{"code": group, "name": group} for group in groups],
        "services": list(rows.values()),
    }


def _status(row: tuple[str, ...], languages: list[str]) -> dict[str, Any]:
    code, status, detailed, update, german, english, colour, shape = row
    # In a language that we do not speak the English word is better than none.
    return {
        "code": code,
        "label": {language: german if language == "de" else english for language in languages},
        "status": status,
        "detailed_status": detailed,
        "update_status": update,
        "colour": colour,
        "shape": shape,
        "initial": code == "OPEN",
        "default": code in ("OPEN", "CLOSED"),
    }


def _service(item: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    code = word(item, "service_code")
    if code is None:
        return None
    group = word(item, "group")
    keywords = [keyword.strip() for keyword in ",".join(texts(item.get("keywords"))).split(",")]
    return {
        "service_code": service_code(code),
        "service_name": {language: (word(item, "service_name") or code)[:LONGEST]},
        "description": {language: (word(item, "description") or "")[:LONGEST]},
        "keywords": {language: [keyword for keyword in keywords if keyword][:50]},
        "moderated": False,
    } | ({"group": group[:LONGEST]} if group else {})
