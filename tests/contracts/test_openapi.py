"""The OpenAPI document: valid, fresh, complete, and honest about what is taken and answered."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from schemathesis import openapi as schemathesis

from open311.formats.encode import Document, to_xml
from open311.georeport import examples
from open311.model.catalogue import ServiceType
from tests.builders import a_catalogue, a_service
from tests.contracts import openapi
from tests.contracts.openapi import STORED, document, validator
from tests.serving import Api, MakeCore, an_api

ALL = [
    (path, method, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    if method in ("get", "post")
]
# The methods of GeoReport, each in both formats; open data has one address a format.
OPERATIONS = [operation for operation in ALL if operation[2]["tags"] != ["opendata"]]
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]
BODY = document()["paths"]["/requests.json"]["post"]["requestBody"]["content"]


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """The component behind a reference."""
    if "$ref" not in value:
        return value
    found: Any = document()
    for name in value["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def submission(name: str = "SubmissionForm") -> Draft202012Validator:
    """What a POST may hold."""
    registry: Registry[Any] = Registry().with_resource(openapi.ADDRESS, Resource.opaque(document()))
    schema = {"$ref": f"{openapi.ADDRESS}#/components/schemas/{name}"}
    return Draft202012Validator(schema, registry=registry)


def test_the_stored_document_is_fresh() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert stored == document(), "run `make openapi`"
    # Written in one order by every process, or each writing would look like a change.
    names = [list(found["components"]["schemas"]) for found in (stored, document())]
    assert names[0] == names[1]


def test_the_document_is_openapi_3_1_by_its_own_schema() -> None:
    assert document()["openapi"].startswith("3.1")
    assert len(list(schemathesis.from_dict(document()).get_all_operations())) == len(ALL)


def test_every_method_stands_there_in_both_formats() -> None:
    methods = {
        "get_discovery",
        "get_services",
        "get_service_definition",
        "post_service_request",
        "get_token",
        "get_service_requests",
        "get_service_request",
    }
    assert methods <= {name.rsplit("_", 1)[0] for name in NAMES}
    for method in methods:
        assert {f"{method}_xml", f"{method}_json"} <= set(NAMES)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_every_answer_has_the_content_type_of_its_suffix(path: str, method: str, operation: Any) -> None:
    content_type = "application/json" if path.endswith(".json") else "text/xml"
    for status, answer in operation["responses"].items():
        assert list(resolved(answer)["content"]) == [content_type], status
    assert {"200", "400", "404", "429", "500", "503"} <= set(operation["responses"])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_every_method_shows_an_example(path: str, method: str, operation: Any) -> None:
    assert all("example" in content for content in operation["responses"]["200"]["content"].values())


@pytest.mark.parametrize(
    ("path", "method", "operation"), ALL, ids=[f"{operation[1]} {operation[0]}" for operation in ALL]
)
def test_every_address_is_told_apart_and_summed_up(path: str, method: str, operation: Any) -> None:
    assert operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in document()["tags"]}
    assert [operation[2]["operationId"] for operation in ALL].count(operation["operationId"]) == 1


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=NAMES)
def test_a_key_is_needed_to_post_and_welcome_elsewhere(path: str, method: str, operation: Any) -> None:
    """R-048, R-053."""
    keys: list[dict[str, list[str]]] = [{"api_key": []}, {"bearer": []}]
    assert operation["security"] == (keys if method == "post" else [{}, *keys])


@pytest.mark.parametrize("name", examples.ANSWERS)
def test_examples_fit_their_own_schema(name: str) -> None:
    place = NAMES.index(f"{name}_json")
    path, method, operation = OPERATIONS[place]
    example = operation["responses"]["200"]["content"]["application/json"]["example"]
    validator(path, method, 200, "application/json").validate(example)


@pytest.mark.parametrize("name", examples.ANSWERS)
def test_examples_say_the_same_in_xml(name: str) -> None:
    _, _, operation = OPERATIONS[NAMES.index(f"{name}_xml")]
    example: Document = examples.ANSWERS[name]
    assert operation["responses"]["200"]["content"]["text/xml"]["example"] == to_xml(example).decode()


def test_a_report_may_be_sent_as_form_multipart_and_json() -> None:
    """R-096, R-140, R-142."""
    assert list(BODY) == ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"]
    schemas = [content["schema"]["$ref"].rpartition("/")[2] for content in BODY.values()]
    assert schemas == ["SubmissionForm", "SubmissionForm", "SubmissionJson"]


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_answers_to_attributes_are_sent_in_brackets(form: str) -> None:
    """R-119."""
    assert BODY[form]["encoding"]["attribute"] == {"style": "deepObject", "explode": True}


@pytest.mark.parametrize(
    "sent",
    [
        {"service_code": "A", "lat": 49.4, "long": 8.4},
        {"service_code": "A", "address_string": "Ludwigstraße 12"},
        {"service_code": "A", "address_id": "4711", "attribute": {"Z": ["a", "b"], "F": "blau"}},
        examples.SUBMISSION,
    ],
    ids=["R-096", "R-104", "R-105", "example"],
)
def test_the_document_takes_what_georeport_takes(sent: dict[str, Any]) -> None:
    assert submission().is_valid(sent)
    assert submission("SubmissionJson").is_valid(sent)


def test_every_schema_is_one_kind_of_value() -> None:
    """openapi-python-client makes nothing of an object that is also a choice between three without properties."""
    for name, schema in document()["components"]["schemas"].items():
        assert schema["type"] == "object", name
        assert not {"anyOf", "oneOf", "allOf"} & schema.keys(), name


@pytest.mark.parametrize(
    ("address", "content_type", "entries"),
    [
        ("/changes.json", "application/json", "changes"),
        ("/requests.geojson", "application/geo+json", "features"),
        ("/statistics.json", "application/json", "months"),
    ],
)
def test_open_data_is_as_the_document_describes_it(
    make_core: MakeCore, address: str, content_type: str, entries: str
) -> None:
    api = an_api(make_core(a_catalogue(a_service(service_code="MUELL_WILD", moderated=False))))
    api.report(description="Matratzen")
    answer = json.loads(api.raw(address).data)
    judge = validator(address, "GET", 200, content_type)
    assert answer[entries]
    judge.validate(answer)
    answer[entries][0] = {}
    assert not judge.is_valid(answer)


@pytest.mark.parametrize(
    "sent",
    [
        {"service_code": "A"},
        {"service_code": "A", "lat": 49.4, "address_string": "Ludwigstraße 12"},
        {"service_code": "A", "lat": 91, "long": 8.4},
        {"lat": 49.4, "long": 8.4},
        {"service_code": "A", "address_id": "1", "description": "x" * 4001},
    ],
    ids=["R-106", "R-107", "R-109", "R-114", "R-130"],
)
def test_the_document_refuses_what_georeport_refuses(sent: dict[str, Any]) -> None:
    assert not submission().is_valid(sent)


def test_the_example_is_accepted_as_printed(make_core: MakeCore) -> None:
    api = an_api(make_core(a_catalogue()))
    answer = api.client.post(f"{api.base}/requests.json?api_key={api.key}", json=examples.SUBMISSION)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("service_type", "link"),
    [(ServiceType.REALTIME, "get_service_request"), (ServiceType.BATCH, "get_token")],
    ids=["R-148", "R-146"],
)
def test_links_lead_from_a_report_to_what_became_of_it(
    make_core: MakeCore, service_type: ServiceType, link: str
) -> None:
    api = an_api(make_core(a_catalogue(a_service(type=service_type, moderated=False))))
    answer = api.post()
    links = document()["paths"]["/requests.json"]["post"]["responses"]["200"]["links"]
    target = next(operation for operation in ALL if operation[2]["operationId"] == links[link]["operationId"])
    [(name, expression)] = links[link]["parameters"].items()
    _, place, member = expression.removeprefix("$response.body#").split("/")
    followed = api.client.get(api.base + target[0].replace(f"{{{name}}}", answer[int(place)][member]))
    assert followed.status_code == 200


def test_servers_are_the_real_endpoint_and_the_one_for_tests(api: Api) -> None:
    """R-069, R-070."""
    real = api.client.get("/open311/v2/openapi.json").get_json()["servers"]
    assert [server["url"] for server in real] == ["/open311/v2", "/open311/test/v2"]
    assert api.client.get("/open311/test/v2/openapi.json").get_json()["servers"] == real[::-1]


def test_the_test_endpoint_is_not_named_where_it_is_not_served(make_core: MakeCore) -> None:
    api = an_api(make_core(OPEN311_TEST_ENDPOINT="off", OPEN311_BASE_URL="https://open311.example"))
    servers = api.client.get("/open311/v2/openapi.json").get_json()["servers"]
    assert [server["url"] for server in servers] == ["https://open311.example/open311/v2"]
