"""The OpenAPI document: what flask-smorest cannot say by itself is added here.

Paths are written without the root of the API, so that the servers of the document can be the real endpoint and the
one for tests.
"""

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from itertools import product
from typing import Any

import flask
from apispec import APISpec
from flask_smorest.spec.plugins import FlaskPlugin
from marshmallow import Schema

from open311 import __version__
from open311.formats.documents import FORMATS
from open311.formats.encode import CHILDREN
from open311.georeport import examples
from open311.georeport.schemas import ErrorSchema
from open311.http import current
from open311.http.urls import GEOREPORT, GEOREPORT_V2, SANDBOX_V2
from open311.web.fields import BoxField
from open311.web.lazy_openapi import LazyApi

CACHED = {"Cache-Control": "public, max-age=300"}
DESCRIPTION = """Report what is broken in the city, and see what became of it: Open311 GeoReport v2.

Every address exists twice, with the suffix `.json` and `.xml`. Errors have one shape in both: a list of code and
description. Parameters that are not named here are ignored; an empty one counts as not sent."""
TAGS = {
    "discovery": "Where the endpoints are, and how to get a key.",
    "services": "What can be reported, and what is asked about it.",
    "requests": "Hand in reports, and follow what becomes of them.",
    "servicerequestupdates": "What happened to reports, as FixMyStreet tells and reads it.",
    "opendata": "All that is public in other formats, to be taken along.",
    "tokens": "From the token of a `batch` service to the id of the request.",
}
SECURITY_SCHEMES = {
    "api_key": {
        "type": "apiKey",
        "in": "query",
        "name": "api_key",
        "description": "A POST may carry it in its body instead.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key as `Authorization: Bearer`."},
}
NEEDS_KEY: list[dict[str, list[str]]] = [{"api_key": []}, {"bearer": []}]
KEY_OPTIONAL: list[dict[str, list[str]]] = [{}, *NEEDS_KEY]
TEXT = {"type": "string"}
XML_ROOTS = {"Discovery": "discovery", "ServiceDefinition": "service_definition"}
ANSWERS = {"additionalProperties": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}}
# What a POST must hold can be said of the body alone; the server also takes it from the query.
NEEDED_IN_POST: dict[str, dict[str, Any]] = {
    "SubmissionForm": {
        "required": ["service_code"],
        # `anyOf` beside the properties would have makers of
        # clients take the form for a choice between three things without any.
        "dependentSchemas": {
            "service_code": {
                "anyOf": [
                    {"required": ["lat", "long"]},
                    {"required": ["address_string"]},
                    {"required": ["address_id"]},
                ]
            }
        },
        "dependentRequired": {"lat": ["long"], "long": ["lat"]},
    },
    "UpdateForm": {
        "required": ["service_request_id", "update_id", "status", "updated_datetime", "description"]
    },
}


ERRORS = {
    400: "What was sent cannot be understood or accepted; one entry per problem.",
    403: "The key is missing or lacks the right.",
    404: "There is no such thing.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "A fault of the server; `Retry-After` says when to come back.",
    503: "The database is out of reach; `Retry-After` says when to come back.",
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
}


class _BelowRoot(FlaskPlugin):  # type: ignore[misc]
    def path_helper(self, *args: Any, **kwargs: Any) -> str:
        path: str = super().path_helper(*args, **kwargs)
        # Discovery is at home one level higher, and answers below the root as well.
        return path.removeprefix(GEOREPORT_V2).removeprefix(GEOREPORT)


class GeoReportApi(LazyApi):
    """flask-smorest without its own error answers (ours speak XML too), and with both endpoints as servers."""

    ERROR_SCHEMA = ErrorSchema
    # Every status is listed with its own content type; a default could only have one for all.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: flask.Flask) -> None:
        app.config.update(
            API_TITLE="Open311 GeoReport v2",
            API_VERSION=__version__,
            OPENAPI_VERSION="3.1.0",
            OPENAPI_URL_PREFIX=GEOREPORT_V2,
            OPENAPI_JSON_PATH="openapi.json",
        )
        tags = [{"name": name, "description": description} for name, description in TAGS.items()]
        options = {"info": {"description": DESCRIPTION}, "servers": _servers(), "tags": tags}
        super().__init__(app, spec_kwargs={"flask_plugin": _BelowRoot(), **options})
        self.ma_plugin.converter.add_parameter_attribute_function(_comma_separated)

    def describe(self, spec: APISpec, blueprints: list[Any]) -> None:
        """Write into the document what these answer, and what flask-smorest cannot say."""
        for name, scheme in SECURITY_SCHEMES.items():
            spec.components.security_scheme(name, scheme)
        for status, content_type in product(ERRORS, FORMATS):
            spec.components.response(error_name(status, content_type), _error(status, content_type))
        super().describe(spec, blueprints)
        _complete(spec)

    def _register_error_handlers(self) -> None:
        """Leave errors to `http.failures`."""

    def _openapi_json(self) -> flask.Response:
        """The document; read by the test endpoint, it names that one first."""
        settings = current.core().settings
        servers = _servers(settings.base_url or "", sandbox=settings.test_endpoint)
        document = self.spec.to_dict() | {"servers": servers[::-1] if current.sandbox() else servers}
        # As written: fields are in the order of GeoReport, not of the alphabet.
        body = json.dumps(document, ensure_ascii=False)
        return flask.Response(body, headers=CACHED, content_type="application/json")


def answer_schema(schema: Any, root: str) -> Any:
    """The schema of an answer; a list also says how XML names itself and its entries."""
    if not (isinstance(schema, Schema) and schema.many):
        return schema
    names = {"name": root, "wrapped": True}
    inner = type(schema)()
    return {"type": "array", "xml": names, "items": {"allOf": [inner], "xml": {"name": CHILDREN[root]}}}


def error_name(status: int, content_type: str) -> str:
    """The name of an error among the components of the document."""
    return f"{status}-{content_type.partition('/')[2]}"


def _error(status: int, content_type: str) -> dict[str, Any]:
    """The description of an error in one format; apispec fills in the schema."""
    content: dict[str, Any] = {"schema": answer_schema(ErrorSchema(many=True), "errors")}
    if status == HTTPStatus.BAD_REQUEST:
        content["example"] = examples.written(examples.MISTAKE, content_type)
    headers = {"headers": RETRY_AFTER} if "Retry-After" in ERRORS[status] else {}
    return {"description": ERRORS[status], "content": {content_type: content}, **headers}


GeoReportApi._openapi_json.access = "public"  # type: ignore[attr-defined]


def _servers(origin: str = "", *, sandbox: bool = True) -> list[dict[str, str]]:
    servers = [{"url": origin + GEOREPORT_V2, "description": "Reports that are acted on."}]
    if sandbox:
        servers.append(
            {"url": origin + SANDBOX_V2, "description": "Reports to try with; nobody acts on them."}
        )
    return servers


def _comma_separated(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    return {"style": "form", "explode": False} if isinstance(field, BoxField) else {}


def _complete(spec: APISpec) -> None:
    """Say of the components what marshmallow has no words for."""
    schemas = spec.components.schemas
    # In one order, so that every process, and every writing, has the same document.
    forms = [name for name in NEEDED_IN_POST if name in schemas]
    for name in forms:
        schemas[name] |= NEEDED_IN_POST[name]
    if "SubmissionForm" in schemas:
        schemas["SubmissionForm"]["properties"]["attribute"] |= ANSWERS
    for name in forms:
        schemas[in_json(name)] = _without_files(schemas[name])
    for name, root in XML_ROOTS.items():
        schemas.get(name, {})["xml"] = {"name": root}
    sent = {name for form in NEEDED_IN_POST for name in (form, in_json(form))}
    answers = (schema for name, schema in schemas.items() if name not in sent)
    for name, schema in _properties(answers):
        if name in CHILDREN and schema.get("type") == "array":
            schema["xml"] = {"wrapped": True}
            schema["items"]["xml"] = {"name": CHILDREN[name]}


def in_json(form: str) -> str:
    """The name of what is sent as JSON in the place of a form."""
    # Of its own, since clients that are made from the document choose the type of a body by its schema.
    return form.removesuffix("Form") + "Json"


def _without_files(form: dict[str, Any]) -> dict[str, Any]:
    media = {"description": "Photos as base64 data URIs.", "type": "array", "items": TEXT}
    return form | {
        "properties": {
            name: media if name == "media" else schema for name, schema in form["properties"].items()
        }
    }


def _properties(schemas: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for schema in schemas:
        yield from schema.get("properties", {}).items()
