"""No request, and no sequence of requests, breaks what the OpenAPI document promises.

Everything runs in process, on one connection that is rolled back. What the document cannot say stands in `excused`.
"""

import json
import re
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, Config, DeserializationContext, HookContext, Response
from schemathesis.checks import load_all_checks
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from open311.base.text import tidy
from open311.model.catalogue import ServiceType
from open311.web.parameters import NOTHING
from tests.builders import a_catalogue, a_service, a_vehicle_service
from tests.formats.spark import parse_xml
from tests.serving import ROOT, Api, MakeCore, an_api

CODES = ("MUELL_WILD", "BATCH", "BLACKBOX", "FAHRZEUG_ALT")
KINDS = {
    "boolean": lambda text: {"true": True, "false": False}[text],
    "integer": int,
    "number": float,
    "string": str,
    "null": lambda text: None if text == "" else pytest.fail(f"{text} should be empty"),
}
CONFIG = {
    "seed": 311,
    "generation": {"deterministic": True, "with-security-parameters": False},
}


@schemathesis.deserializer("text/xml")
def from_xml(context: DeserializationContext, response: Response) -> Any:
    """What an XML answer says, with numbers and booleans as JSON would have them."""
    document = context.operation.schema.raw_schema
    answers = context.operation.definition.raw["responses"]
    answer = _resolved(answers.get(str(response.status_code), answers["400"]), document)
    if "text/xml" not in answer["content"]:
        return response.text
    return _typed(parse_xml(response.content), answer["content"]["text/xml"]["schema"], document)


def _resolved(schema: dict[str, Any], document: Any) -> dict[str, Any]:
    for name in schema.get("$ref", "#").split("/")[1:]:
        document = document[name]
    return document if "$ref" in schema else schema


def _typed(value: Any, schema: dict[str, Any], document: Any) -> Any:
    schema = _resolved(schema.get("allOf", [schema])[0], document)
    if isinstance(value, list):
        return [_typed(item, schema["items"], document) for item in value]
    if isinstance(value, dict):
        return {name: _typed(item, schema["properties"][name], document) for name, item in value.items()}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if value == "" and "object" in kinds:
        return {}
    return KINDS["null" if value == "" and "null" in kinds else kinds[0]](value)


# What follows is generated from words of our own modules, too, so that it differs with each change of the code: each
# refusal that the document cannot announce must be excused, not only those that came up once.
HOST = re.compile(r"https?://[a-z0-9.-]+(?=[:/?#]|\Z)", re.IGNORECASE)


class Door:
    """Leads to the application of the test at hand, whatever the one was that the document came from."""

    server: Any

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.server(environ, start_response)


door = Door()


@pytest.fixture
def served(make_core: MakeCore) -> Api:
    """A server with a service of each kind."""
    catalogue = a_catalogue(
        a_service(),
        a_service(service_code="BATCH", type=ServiceType.BATCH),
        a_service(service_code="BLACKBOX", type=ServiceType.BLACKBOX),
        a_vehicle_service(),
    )
    api = an_api(make_core(catalogue))
    door.server = api.client.server
    return api


@cache
def document() -> BaseSchema:
    """The document as it is served."""
    return schemathesis.openapi.from_wsgi("/open311/v2/openapi.json", door, config=Config.from_dict(CONFIG))


METHODS = [
    (path, method)
    for path, item in json.loads((ROOT / "schemas/openapi.json").read_text())["paths"].items()
    for method in sorted({"get", "post"} & item.keys())
]


def test_every_method_is_tried(served: Api) -> None:
    assert {(found.ok().path, found.ok().method.lower()) for found in document().get_all_operations()} == {
        *METHODS
    }


def excused(case: Case) -> list[Any]:
    """The checks that would hold against the server what GeoReport demands and the document cannot say."""
    found: list[Any] = []
    query = case.query or {}
    # A value counts without control characters and blanks around, an empty one as not sent, and a body is read as far
    # as it can be understood (georeport.md 3.6, 5.15). Beside ids nothing else counts, right or wrong.
    untidy = any(value in ({}, [], "") or tidy(str(value)) != str(value) for value in query.values())
    if case.method == "POST" or untidy or "service_request_id" in query:
        found.append(negative_data_rejection)
    if bound_together(case.path, set(query)) or asks_more(case.body):
        found.append(positive_data_acceptance)
    return found


def bound_together(path: str, sent: set[str]) -> bool:
    """Whether parameters are sent of which one needs or bounds another, or which only the server can have made."""
    circle = {"lat", "long"} if path.startswith("/services") else {"lat", "long", "radius"}
    spans = {"updated_after", "updated_before"} <= sent or bool(sent & {"start_date", "end_date"})
    return spans or 0 < len(circle & sent) < len(circle) or bool(sent & {"cursor", "since"})


def asks_more(body: Any) -> bool:
    """Whether a report names a service with required attributes, what it needs is blank, no host has its picture, or
    what it brings along is hardly one."""
    if not isinstance(body, dict):
        return False
    if body.get("media") or not HOST.match(str(body.get("media_url") or "http://host")):
        return True
    code, *places = (
        tidy(str(body.get(name, ""))) for name in ("service_code", "lat", "address_string", "address_id")
    )
    return code in ("", "FAHRZEUG_ALT", *NOTHING) or not any(places)


@schemathesis.hook
def map_body(context: HookContext, body: Any) -> Any:
    """Half of the reports are about services that there are."""
    if isinstance(body, dict) and isinstance(body.get("service_code"), str) and len(body["service_code"]) % 2:
        return body | {"service_code": CODES[len(str(body)) % len(CODES)]}
    return body


def headers_of(served: Api) -> dict[str, str]:
    """The key; and no compression, which the client in process does not undo."""
    return {"Authorization": f"Bearer {served.key}", "Accept-Encoding": "identity"}


@pytest.mark.parametrize(("path", "method"), METHODS)
def test_requests(path: str, method: str, served: Api) -> None:
    """As `parametrize` of a schema would, which makes all cases of all methods while tests are collected."""

    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def holds(case: Case) -> None:
        case.call_and_validate(headers=headers_of(served), excluded_checks=excused(case))

    load_all_checks()
    build_operation_test(
        config=document().config,
        operation=document()[path][method],
        test_func=holds,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(document())),
    )()


def test_sequences(served: Api) -> None:
    """From answer to answer, along the links of the document."""

    class Client(document().as_state_machine()):
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"headers": headers_of(served)}

        def validate_response(self, response: Response, case: Case, **kwargs: Any) -> None:
            case.validate_response(response, excluded_checks=excused(case), headers=headers_of(served))

    Client.run(
        settings=settings(
            max_examples=10,
            stateful_step_count=5,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
    )
