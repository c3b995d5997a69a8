"""The list of services on offer (georeport.md 2.1)."""

from typing import Any
from xml.etree import ElementTree

import pytest
from shapely import box

from open311.base.text import NO_TEXT
from open311.model.catalogue import ServiceType
from tests.builders import a_catalogue, a_jurisdiction, a_service, a_vehicle_service, words
from tests.georeport.surface import FORMATS
from tests.serving import Api, MakeCore, an_api

FIELDS = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]


@pytest.fixture
def city(make_core: MakeCore) -> Api:
    """The first city, as it is shipped."""
    return an_api(make_core())


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [service["service_code"] for service in found]


def test_the_list_is_services_of_service_and_an_array(city: Api) -> None:
    """R-071, R-072: each entry has the seven fields, in both formats."""
    root = ElementTree.fromstring(city.raw("/services.xml").data)
    assert root.tag == "services"
    assert {service.tag for service in root} == {"service"}
    assert all([leaf.tag for leaf in service] == FIELDS for service in root)
    found = city.get("/services")
    assert isinstance(found, list)
    assert all(list(service) == FIELDS for service in found)
    assert len(found) == len(root) > 10


def test_a_code_is_a_text_of_its_own(city: Api) -> None:
    """R-073: not empty, never a number, and fit for lists and paths."""
    found = codes(city.get("/services"))
    assert len(set(found)) == len(found)
    assert all(isinstance(code, str) and code.replace("_", "").replace("-", "").isalnum() for code in found)


def test_a_name_is_there_once(city: Api) -> None:
    """R-072: FixMyStreet uses it as the name of a category."""
    names = [service["service_name"] for service in city.get("/services")]
    assert len(set(names)) == len(names)
    assert all(name == name.strip() != "" for name in names)


def test_metadata_is_true_where_the_definition_has_attributes(city: Api) -> None:
    """R-074: and nowhere else."""
    found = city.get("/services")
    assert {service["metadata"] for service in found} == {True, False}
    for service in found:
        definition = city.get(f"/services/{service['service_code']}")
        assert service["metadata"] is bool(definition["attributes"])
    assert b"<metadata>true</metadata>" in city.raw("/services.xml").data


def test_the_type_is_one_of_three(make_core: MakeCore) -> None:
    """R-075."""
    kinds = [
        a_service(service_code=kind.value, service_name=words(kind.value), type=kind) for kind in ServiceType
    ]
    found = an_api(make_core(a_catalogue(*kinds))).get("/services")
    assert {service["service_code"]: service["type"] for service in found} == {
        kind: kind for kind in ("realtime", "batch", "blackbox")
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_text_that_is_not_set_is_empty_and_not_null(make_core: MakeCore, suffix: str) -> None:
    """R-076: iOS crashes on a null group, Android shows a group called null."""
    api = an_api(make_core(a_catalogue(a_service(description=NO_TEXT, keywords={}, group=None))))
    [found] = api.get("/services")
    assert [found[name] for name in ("description", "keywords", "group")] == ["", "", ""]
    if suffix == ".xml":
        root = ElementTree.fromstring(api.raw("/services.xml").data)
        assert [root.findtext(f"*/{name}") for name in ("description", "keywords", "group")] == [""] * 3


def test_keywords_are_joined_by_commas_without_blanks(city: Api) -> None:
    """R-077: nobody trims them, and FixMyStreet acts on four of its own."""
    [found] = [service for service in city.get("/services") if service["service_code"] == "MUELL_WILD"]
    assert "," in found["keywords"]
    every = [word for service in city.get("/services") for word in service["keywords"].split(",")]
    assert all(keyword == keyword.strip() for keyword in every)
    assert not {"private", "inactive", "staff", "waste_only"} & set(every)


def test_a_city_that_offers_nothing_has_an_empty_list(make_core: MakeCore) -> None:
    """R-078: 200, and no white space inside the root."""
    api = an_api(make_core(a_catalogue(a_service(active=False))))
    assert api.get("/services") == []
    assert api.raw("/services.json").data == b"[]"
    assert api.raw("/services.xml").data.splitlines()[-1] == b"<services/>"


def test_a_service_that_ended_is_nowhere(make_core: MakeCore) -> None:
    """R-079: not in the list, without a definition, and it takes no report."""
    api = an_api(make_core(a_catalogue(a_service(), a_vehicle_service(active=False))))
    assert codes(api.get("/services")) == ["MUELL_WILD"]
    api.get("/services/FAHRZEUG_ALT", 404)
    for suffix in FORMATS:
        api.post({"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "blau"}, 404, suffix)


def test_two_calls_have_the_same_order(city: Api) -> None:
    """R-080: by group, then by name."""
    found = city.get("/services")
    assert city.get("/services") == found
    groups = [service["group"] for service in found]
    assert sorted(groups, key=groups.index) == groups


def test_the_order_is_that_of_groups_and_then_of_names(make_core: MakeCore) -> None:
    """R-080: an umlaut stands where a dictionary has it."""
    names = {
        "C": ("Zaun", "sauberkeit"),
        "A": ("Ölspur", "verkehr"),
        "B": ("Ordnung", "verkehr"),
        "D": ("Abfall", "sauberkeit"),
    }
    services = [
        a_service(service_code=code, service_name=words(name), group=group)
        for code, (name, group) in names.items()
    ]
    found = an_api(make_core(a_catalogue(*services))).get("/services")
    assert [service["service_name"] for service in found] == ["Abfall", "Zaun", "Ölspur", "Ordnung"]


def test_outside_the_boundary_no_service_is_on_offer(make_core: MakeCore) -> None:
    """R-094: at its edge and within all are; half a place is a mistake."""
    jurisdiction = a_jurisdiction(boundary=box(8.3, 49.4, 8.5, 49.6))
    api = an_api(make_core(a_catalogue(jurisdiction=jurisdiction)))
    every = api.get("/services")
    assert len(every) == 2
    for lat, long in (("49.5", "8.4"), ("49.4", "8.3"), ("", "")):
        assert api.get("/services", lat=lat, long=long) == every
    for lat, long in (("52.5", "13.4"), ("8.4", "49.5"), ("-49.5", "8.4")):
        assert api.get("/services", lat=lat, long=long) == []
    for query in (
        {"lat": "49.5"},
        {"long": "8.4"},
        {"lat": "north", "long": "8.4"},
        {"lat": "91", "long": "8"},
    ):
        api.get("/services", 400, **query)
    assert api.get("/services", lat="52.5", lon="13.4") == []
