"""The catalogue of the first city, and what every catalogue can tell."""

from itertools import combinations
from pathlib import Path

import pytest

from open311 import catalogue_file
from open311.model.catalogue import Catalogue, Datatype, ServiceType
from open311.settings import shipped
from tests.builders import a_catalogue, a_status

FIRST_CITY = shipped("categories.yaml")
LEAST_CONTRAST = 3.0


@pytest.fixture(scope="module")
def city() -> Catalogue:
    return catalogue_file.load(FIRST_CITY)


def test_the_first_city_takes_fourteen_kinds_of_reports(city: Catalogue) -> None:
    assert len(city.active_services()) == 15
    assert {"MUELL_WILD", "FAHRZEUG_ALT", "STRASSENLATERNE"} <= city.services.keys()


def test_every_text_of_the_first_city_is_in_german_and_english() -> None:
    def texts(value: object) -> list[set[str]]:
        entries = (
            list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        )
        own = [set(value)] if isinstance(value, dict) and {"de", "en"} & value.keys() else []
        return own + [found for entry in entries for found in texts(entry)]

    found = texts(catalogue_file.contents(catalogue_file.load(FIRST_CITY)))
    assert len(found) > 100
    assert all(languages == {"de", "en"} for languages in found)


def test_the_first_city_asks_in_all_six_datatypes(city: Catalogue) -> None:
    """R-084."""
    asked = {attribute.datatype for service in city.services.values() for attribute in service.attributes}
    assert asked == set(Datatype)


def test_the_first_city_has_a_service_for_clients_that_know_only_numbers(city: Catalogue) -> None:
    codes = [[attribute.code for attribute in service.attributes] for service in city.services.values()]
    assert any(part and all(code.isdigit() for code in part) for part in codes)


def test_the_first_city_has_a_batch_service_a_notice_and_a_stop_text(city: Catalogue) -> None:
    services = city.services.values()
    assert any(service.type is ServiceType.BATCH for service in services)
    assert any(not attribute.variable for service in services for attribute in service.attributes)
    assert any("112" in service.stop_text.in_language("de") for service in services)
    assert "112" in city.jurisdiction.emergency_notice.in_language("en")


def test_the_vehicle_is_asked_for_as_the_examples_say(city: Catalogue) -> None:
    vehicle = {attribute.code: attribute for attribute in city.services["FAHRZEUG_ALT"].attributes}
    assert list(vehicle)[:4] == ["HINWEIS", "KENNZEICHEN", "FARBE", "ZUSTAND"]
    assert [attribute.code for attribute in vehicle.values() if attribute.required] == ["FARBE"]
    assert {"blau", "rot"} <= {value.key for value in vehicle["FARBE"].values}
    assert [value.key for value in vehicle["ZUSTAND"].values] == ["reifen", "glas", "oel"]
    assert not vehicle["KENNZEICHEN"].public


def test_the_public_sees_four_colours_each_with_its_shape(city: Catalogue) -> None:
    seen = {(status.colour, status.shape) for status in city.statuses.values()}
    assert len(seen) == len({colour for colour, _ in seen}) == len({shape for _, shape in seen}) == 4
    labels = [
        city.statuses[code].label.in_language("de") for code in ("GEMELDET", "IN_BEARBEITUNG", "GELOEST")
    ]
    assert labels == ["gemeldet (neu, ungeprüft)", "in Bearbeitung", "gelöst"]


def test_each_colour_stands_out_from_white(city: Catalogue) -> None:
    def light(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (
            share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert all(1.05 / (light(status.colour) + 0.05) >= LEAST_CONTRAST for status in city.statuses.values())


def test_the_life_of_a_report_begins_and_goes_on_as_marked(city: Catalogue) -> None:
    assert city.initial_status.code == "GEMELDET"
    assert city.published_status.code == "IN_BEARBEITUNG"
    assert city.default_status("open").code == "IN_BEARBEITUNG"
    assert city.default_status("closed").code == "GELOEST"


def test_the_city_ends_at_the_rhine(city: Catalogue) -> None:
    """R-112."""
    area = city.jurisdiction
    assert area.contains(49.4811, 8.4464)
    assert area.contains(49.48, 8.44)
    assert not area.contains(49.4875, 8.4660)
    assert not area.contains(8.44, 49.48)
    assert area.boundary is not None
    assert area.boundary.bounds[:2] >= (8.30, 49.40)
    assert area.boundary.bounds[2:] <= (8.47, 49.55)


def test_services_and_their_icons_are_told_apart(city: Catalogue) -> None:
    for one, other in combinations(city.services.values(), 2):
        assert one.icon != other.icon


def test_without_marks_the_initial_status_is_also_the_published_one() -> None:
    catalogue = a_catalogue()
    assert catalogue.published_status == catalogue.initial_status


def test_without_marks_the_first_of_its_kind_is_the_default() -> None:
    words = {"detailed_status": "RECEIVED", "update_status": "open"}
    statuses = (a_status("A", "A", "open", initial=True, **words), a_status("B", "B", "closed", **words))
    catalogue = a_catalogue(statuses={status.code: status for status in statuses})
    assert [catalogue.default_status(word).code for word in ("open", "closed")] == ["A", "B"]


MADE_UP = ("demo", "examples")


def test_only_a_file_names_the_services() -> None:
    """Nothing about a service of the first city is in the code, but for what is made up: the demo, the examples."""
    modules = Path(catalogue_file.__file__).parents[1].rglob("*.py")
    code = "".join(
        module.read_text(encoding="utf-8")
        for module in modules
        if not {module.stem, module.parent.name} & {*MADE_UP}
    )
    catalogue = catalogue_file.load(FIRST_CITY)
    assert not [code_of_service for code_of_service in catalogue.services if code_of_service in code]
