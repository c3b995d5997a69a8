"""What a client must ask before it can report (georeport.md 2.2)."""

from xml.etree import ElementTree

import pytest

from open311.base.text import Text
from open311.model.catalogue import Datatype, Value
from tests.builders import a_catalogue, a_service, an_attribute, words
from tests.georeport.surface import FORMATS
from tests.serving import Api, MakeCore, an_api

FIELDS = [
    "variable",
    "code",
    "datatype",
    "required",
    "datatype_description",
    "order",
    "description",
    "values",
]
LISTS = ("singlevaluelist", "multivaluelist")


@pytest.fixture
def city(make_core: MakeCore) -> Api:
    """The first city, as it is shipped."""
    return an_api(make_core())


@pytest.fixture
def vehicle(make_core: MakeCore) -> Api:
    """Two services: one with attributes, FAHRZEUG_ALT, and one without, MUELL_WILD."""
    return an_api(make_core(a_catalogue()))


def definitions(api: Api) -> list[dict[str, object]]:
    """Every definition of a city; `get` holds XML and JSON equal."""
    return [api.get(f"/services/{service['service_code']}") for service in api.get("/services")]


def test_the_definition_is_an_object_without_wrapper(city: Api) -> None:
    """R-081, R-082: it names the code that was asked for and has a container of attributes."""
    for service in city.get("/services"):
        code = service["service_code"]
        found = city.get(f"/services/{code}")
        assert list(found) == ["service_code", "attributes"]
        assert found["service_code"] == code
        root = ElementTree.fromstring(city.raw(f"/services/{code}.xml").data)
        assert (root.tag, [child.tag for child in root]) == (
            "service_definition",
            ["service_code", "attributes"],
        )


def test_every_attribute_has_its_fields_and_their_types(city: Api) -> None:
    """R-083, R-084, R-085, R-086, R-090: `Integer.parseInt` and a dictionary literal depend on it."""
    words_ = {datatype.value for datatype in Datatype}
    assert words_ == {"string", "number", "datetime", "text", *LISTS}
    for definition in definitions(city):
        attributes: list[dict[str, object]] = definition["attributes"]  # type: ignore[assignment]
        for attribute in attributes:
            assert list(attribute) == FIELDS
            assert attribute["datatype"] in words_
            assert (type(attribute["variable"]), type(attribute["required"]), type(attribute["order"])) == (
                bool,
                bool,
                int,
            )
            assert isinstance(attribute["code"], str)
            assert isinstance(attribute["datatype_description"], str)
            assert str(attribute["description"]).strip()
        orders = [int(str(attribute["order"])) for attribute in attributes]
        assert orders == sorted(set(orders))
        assert all(order >= 1 for order in orders)
        assert len({attribute["code"] for attribute in attributes}) == len(attributes)


def test_a_list_has_choices_with_keys_of_their_own(city: Api) -> None:
    """R-087: and what is no list has none."""
    seen = set()
    for definition in definitions(city):
        for attribute in definition["attributes"]:
            keys = [value["key"] for value in attribute["values"]]
            assert bool(keys) is (attribute["datatype"] in LISTS)
            assert len(set(keys)) == len(keys)
            assert all(isinstance(key, str) and key for key in keys)
            assert all(set(value) == {"key", "name"} and value["name"] for value in attribute["values"])
            seen.add(attribute["datatype"])
    assert set(LISTS) <= seen


def test_in_xml_the_values_come_last(city: Api) -> None:
    """R-088, R-089: Java reads the first descendant called `code`, wherever it stands."""
    for service in city.get("/services"):
        root = ElementTree.fromstring(city.raw(f"/services/{service['service_code']}.xml").data)
        for attribute in root.findall("attributes/attribute"):
            assert [element.tag for element in attribute] == FIELDS
            assert {element.tag for element in attribute[-1]} <= {"value"}
        assert len(root.findall("attributes/*")) == len(root.findall("attributes/attribute"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("*/attribute[3]/code", "FARBE", id="R-082"),
        pytest.param("*/attribute[3]/required", "true", id="R-085 required"),
        pytest.param("*/attribute[1]/variable", "false", id="R-085 information"),
        pytest.param("*/attribute[4]/order", "4", id="R-086"),
        pytest.param("*/attribute[4]/values/value[3]/key", "oel", id="R-087 key"),
        pytest.param("*/attribute[4]/values/value[3]/name", "Öl läuft aus", id="R-087 name"),
        pytest.param("*/attribute[3]/description", "Farbe des Fahrzeugs", id="R-090"),
        pytest.param("*/attribute[1]/datatype_description", "", id="R-083 no hint"),
    ],
)
def test_the_xml_says_what_the_catalogue_says(vehicle: Api, path: str, text: str) -> None:
    """R-088: one value at each place, as georeport.md 2.2 shows it."""
    root = ElementTree.fromstring(vehicle.raw("/services/FAHRZEUG_ALT.xml").data)
    assert root.findtext(path) == text


def test_the_order_is_a_plain_number_however_the_file_lists_them(make_core: MakeCore) -> None:
    """R-086: the attributes come in the order in which they are asked."""
    attributes = tuple(
        an_attribute(code, order, words(code)) for code, order in (("Z", 30), ("A", 7), ("M", 12))
    )
    api = an_api(make_core(a_catalogue(a_service(attributes=attributes))))
    found = api.get("/services/MUELL_WILD")["attributes"]
    assert [(attribute["code"], attribute["order"]) for attribute in found] == [
        ("A", 7),
        ("M", 12),
        ("Z", 30),
    ]


def test_a_choice_without_a_name_in_this_language_has_another(make_core: MakeCore) -> None:
    """R-087, R-095: never an empty one."""
    values = (Value("1", words("Eins")), Value("2", Text({"en": "Two"})))
    attribute = an_attribute("N", 1, words("Zahl"), datatype=Datatype.SINGLEVALUELIST, values=values)
    api = an_api(make_core(a_catalogue(a_service(attributes=(attribute,)))))
    [found] = api.get("/services/MUELL_WILD")["attributes"]
    assert found["values"] == [{"key": "1", "name": "Eins"}, {"key": "2", "name": "Two"}]


def test_a_service_without_attributes_has_an_empty_definition(vehicle: Api) -> None:
    """R-091: 200, though nobody needs to ask."""
    assert vehicle.get("/services/MUELL_WILD") == {"service_code": "MUELL_WILD", "attributes": []}
    assert b"<attributes/>" in vehicle.raw("/services/MUELL_WILD.xml").data


@pytest.mark.parametrize(
    "code", ["NICHTS", "muell_wild", "MUELL", "MUELL_WILD ", "1", "%C3%BC", "a.b", "x" * 3000]
)
def test_an_unknown_code_is_404_and_names_the_parameter(vehicle: Api, code: str) -> None:
    """R-092."""
    [error] = vehicle.get(f"/services/{code}", 404)
    assert "service_code" in error["description"]


@pytest.mark.parametrize(
    "path", ["/services/.json", "/services//.json", "/services/%20.json", "/services/..json"]
)
def test_an_empty_code_is_a_mistake_in_the_right_shape(vehicle: Api, path: str) -> None:
    """R-093."""
    for suffix in FORMATS:
        response = vehicle.raw(path.replace(".json", suffix))
        assert response.status_code in (400, 404)
        code = response.get_json()[0]["code"] if suffix == ".json" else response.data
        assert code == response.status_code or b"<errors><error><code>" in code


def test_the_singular_is_an_alias(vehicle: Api) -> None:
    """R-081: open311_python asks there."""
    plain = vehicle.raw("/services/FAHRZEUG_ALT.json")
    assert vehicle.raw("/service/FAHRZEUG_ALT.json").data == plain.data
    assert vehicle.get("/service/FAHRZEUG_ALT") == plain.get_json()
