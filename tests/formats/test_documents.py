"""What the golden documents do not show: order, languages, old catalogues, redaction."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from open311.base.text import Text
from open311.formats import documents
from open311.formats.encode import to_json
from open311.model.access.visibility import redacted
from open311.model.catalogue import Condition, ServiceType
from open311.model.service_request import Location
from tests.builders import a_catalogue, a_service, a_service_request, a_vehicle_service, an_attribute, words
from tests.formats.cases import IN_PROCESS, TOWED_AWAY

CATALOGUE = a_catalogue()
V2_FIELDS = [
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
]
PERSONAL = "kim@example.org"


def listed(*services: Any, language: str = "de", **fields: Any) -> list[dict[str, Any]]:
    value = documents.services(a_catalogue(*services, **fields), language).value
    assert isinstance(value, list)
    return value


def test_services_are_ordered_by_group_as_listed_then_by_name() -> None:
    """R-080."""
    names = ["Zaun", "Ölspur", "Ordnung", "Oberleitung"]
    traffic = [a_service(service_code=f"V{n}", service_name=words(n), group="verkehr") for n in names]
    loose = a_service(service_code="X", service_name=words("Anderes"), group=None)
    codes = [service["service_code"] for service in listed(loose, *traffic, a_service())]
    assert codes == ["MUELL_WILD", "VOberleitung", "VÖlspur", "VOrdnung", "VZaun", "X"]


def test_services_are_told_in_the_language_asked_for() -> None:
    """R-095."""
    litter, vehicle = listed(language="en")
    assert (litter["service_name"], litter["group"], litter["keywords"]) == (
        "Illegal dumping",
        "Cleanliness",
        "litter,waste",
    )
    assert (vehicle["description"], vehicle["keywords"]) == (
        "Nicht zugelassenes Fahrzeug im öffentlichen Raum",
        "auto,schrott,kennzeichen",
    )


def test_unset_texts_of_a_service_are_empty_never_null() -> None:
    """R-076."""
    bare = a_service(description=Text({}), keywords={}, group=None)
    assert [listed(bare)[0][name] for name in ("description", "keywords", "group")] == ["", "", ""]


def test_keywords_are_joined_without_blanks() -> None:
    """R-077."""
    assert listed(a_service())[0]["keywords"] == "müll,abfall,sperrmüll"


def test_metadata_is_true_only_with_attributes() -> None:
    """R-074."""
    assert [service["metadata"] for service in listed()] == [False, True]


@pytest.mark.parametrize("kind", ServiceType)
def test_type_is_one_of_the_three_words(kind: ServiceType) -> None:
    """R-075."""
    assert listed(a_service(type=kind))[0]["type"] in ("realtime", "batch", "blackbox")


def test_inactive_service_is_not_listed() -> None:
    """R-079."""
    assert listed(a_service(active=False)) == []


def test_only_some_services_are_listed_on_demand() -> None:
    """R-094."""
    document = documents.services(CATALOGUE, "de", only={"MUELL_WILD", "unknown"})
    assert document.value == listed(a_service())


def test_definition_is_ordered_and_values_come_last() -> None:
    """R-086, R-087, R-089."""
    vehicle = a_vehicle_service()
    shuffled = replace(vehicle, attributes=tuple(reversed(vehicle.attributes)))
    value = documents.service_definition(shuffled, "en").value
    assert isinstance(value, dict)
    assert [attribute["order"] for attribute in value["attributes"]] == [1, 2, 3, 4]
    assert {list(attribute)[-1] for attribute in value["attributes"]} == {"values"}
    assert value["attributes"][2]["values"] == [
        {"key": "blau", "name": "Blue"},
        {"key": "rot", "name": "Red"},
    ]


def test_attribute_under_a_condition_is_not_required_of_everybody() -> None:
    """R-083."""
    question = an_attribute("A", 1, words("Farbe?"), required=True, only_if=Condition("B", frozenset({"x"})))
    value = documents.service_definition(a_service(attributes=(question,)), "de").value
    assert isinstance(value, dict)
    assert value["attributes"][0]["required"] is False


def test_discovery_says_everything_a_client_compares() -> None:
    """R-061, R-062, R-063, R-064, R-066."""
    moment = datetime(2026, 7, 1, 12, 0, 0, 999999, tzinfo=UTC)
    value = documents.discovery([documents.Endpoint("https://x/v2", moment)], "c", "k", moment).value
    assert value["endpoints"] == [  # type: ignore[call-overload]
        {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": "https://x/v2",
            "changeset": "2026-07-01T12:00:00Z",
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
    ]


def test_request_has_the_fields_of_v2_in_order_and_no_other() -> None:
    """R-156, R-175."""
    assert list(documents.service_request(TOWED_AWAY, CATALOGUE, "de")) == V2_FIELDS


def test_extensions_come_after_the_fields_of_v2() -> None:
    """R-175, R-194."""
    plain = documents.service_request(IN_PROCESS, CATALOGUE, "de")
    extended = documents.service_request(IN_PROCESS, CATALOGUE, "de", extensions=True)
    assert list(extended) == [*plain, "extended_attributes", "attributes", "notes"]
    assert plain == {name: extended[name] for name in plain}


def test_answers_that_are_not_public_are_never_shown() -> None:
    """R-135, R-194."""
    extended = documents.service_request(IN_PROCESS, CATALOGUE, "de", extensions=True)
    assert "KENNZEICHEN" not in {attribute["code"] for attribute in extended["attributes"]}
    assert "LU-AB" not in json.dumps(extended)


def test_answers_are_named_in_the_language_asked_for() -> None:
    extended = documents.service_request(IN_PROCESS, CATALOGUE, "en", extensions=True)
    colour = {"code": "FARBE", "label": "Colour of the vehicle", "name": "Blue", "value": "blau"}
    assert extended["attributes"][0] == colour


def test_request_of_an_old_catalogue_is_still_told() -> None:
    request = IN_PROCESS._replace(service_code="GONE", detailed_status="gone", agency_responsible="Firma X")
    catalogue = a_catalogue(retired={"GONE": words("Früheres")})
    told = documents.service_request(request, catalogue, "de", extensions=True)
    assert (told["service_name"], told["agency_responsible"]) == ("Früheres", "Firma X")
    assert "service_notice" not in told
    assert told["extended_attributes"]["detailed_status"] is None
    assert {"code": "FARBE", "label": "FARBE", "name": "blau", "value": "blau"} in told["attributes"]


def test_redacted_request_keeps_back_what_the_reporter_wrote() -> None:
    request = IN_PROCESS._replace(
        title=PERSONAL, description=PERSONAL, address=PERSONAL, status_notes=PERSONAL
    )
    told = documents.service_request(redacted(request), CATALOGUE, "de", extensions=True)
    assert (told["lat"], told["long"]) == (None, None)
    assert (told["description"], told["address"], told["media_url"]) == ("", "", None)
    assert (told["attributes"], told["notes"], told["extended_attributes"]["media_urls"]) == ([], [], [])
    assert PERSONAL not in json.dumps(told)
    assert "status_notes" not in told


def test_coordinates_are_numbers_of_at_most_seven_places() -> None:
    """R-111."""
    request = a_service_request(location=Location(lat=49.48109999999999, long=8.123456789))
    told = documents.service_request(request, CATALOGUE, "de")
    assert (told["lat"], told["long"]) == (49.4811, 8.1234568)


def test_request_without_a_point_has_neither_coordinate() -> None:
    """R-177."""
    told = documents.service_request(a_service_request(location=None), CATALOGUE, "de")
    assert (told["lat"], told["long"]) == (None, None)


def test_empty_optional_fields_are_absent() -> None:
    """R-033."""
    request = a_service_request(status_notes="", agency_responsible="", zipcode="")
    told = documents.service_request(request, CATALOGUE, "de")
    assert {"status_notes", "agency_responsible", "service_notice", "expected_datetime"}.isdisjoint(told)
    assert (told["zipcode"], told["media_url"]) == (None, None)


def test_datetimes_are_local_with_the_offset_of_the_season() -> None:
    """R-020, R-021."""
    summer = a_service_request(requested_datetime=datetime(2026, 7, 1, 12, tzinfo=UTC))
    told = documents.service_request(summer, CATALOGUE, "de")
    assert told["requested_datetime"] == "2026-07-01T14:00:00+02:00"


def test_only_the_first_picture_is_a_field_of_v2() -> None:
    """R-178."""
    told = documents.service_request(
        a_service_request(media_urls=("a", "b")), CATALOGUE, "de", extensions=True
    )
    assert told["media_url"] == "a"
    assert told["extended_attributes"]["media_urls"] == ["a", "b"]


def test_closing_and_the_present_status_are_dated() -> None:
    """R-194."""
    told = documents.service_request(TOWED_AWAY, CATALOGUE, "de", extensions=True)["extended_attributes"]
    assert told["closed_datetime"] == "2026-03-06T14:05:12+01:00"
    assert told["detailed_status_datetime"] is None
    assert told["detailed_status"] == "PROCESSED"


def test_receipt_never_has_both_a_token_and_an_id() -> None:
    """R-099, R-100, R-101."""
    assert to_json(documents.receipt(1, "t")) == b'[{"service_request_id":"1"}]'
    assert to_json(documents.receipt(token="t")) == b'[{"token":"t"}]'
    assert to_json(documents.receipt(service_notice="n")) == b'[{"service_notice":"n"}]'
