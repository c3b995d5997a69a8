"""A blueprint whose every view answers at two documented addresses, `.xml` and `.json`.

flask-smorest documents one content type a route, so one view becomes two routes; the address without a suffix,
whose format is negotiated, is a third that is not documented.
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from open311.georeport import examples
from open311.georeport.openapi import ERRORS, KEY_OPTIONAL, NEEDS_KEY, answer_schema, error_name, in_json
from open311.web.lazy_openapi import LazyBlueprint
from open311.web.queries import Arguments, Described, View, with_arguments

CONTENT_TYPES = {"xml": "text/xml", "json": "application/json"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")
# `attribute[CODE]=…`; in JSON an object of its own.
ENCODING = {"attribute": {"style": "deepObject", "explode": True}}
PAGING_HEADERS = {
    "Link": {
        "description": "RFC 8288: `next`, `prev`, `first`, `last`, as far as they exist.",
        "schema": {"type": "string"},
    },
    "X-Result-Count": {
        "description": "Matches in all, counted up to 10,000; sent when the client pages.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-Page-Count": {
        "description": "Pages in all; left out where more than 10,000 requests match.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-Page-Size": {"description": "Requests a page.", "schema": {"type": "integer", "minimum": 1}},
}
HEADERS: dict[str, dict[str, Any]] = {"get_service_requests": PAGING_HEADERS}
# View → the method that takes a member of its answer as path parameter.
LINKS = {
    "get_services": {"get_service_definition": "service_code"},
    "post_service_request": {"get_token": "token", "get_service_request": "service_request_id"},
    "get_token": {"get_service_request": "service_request_id"},
    "get_service_requests": {"get_service_request": "service_request_id"},
}


class GeoReport(LazyBlueprint):
    """A flask-smorest blueprint with two formats."""

    ARGUMENTS_PARSER = Described()

    def both_formats(
        self,
        rule: str,
        *,
        takes: type[Arguments],
        returns: Any,
        access: str,
        method: str = "GET",
        aliases: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Register a view for one method of GeoReport.

        `access` says who may call it: `public`, or the scope of the key that is needed.
        """

        def register(view: View) -> View:
            view.access = access  # type: ignore[attr-defined]
            schema = takes()
            answering = with_arguments(view, schema)
            for suffix in CONTENT_TYPES:
                described = partial(self._described, view, rule, schema, returns, method, suffix)
                self.mount(f"{rule}.{suffix}", f"{view.__name__}_{suffix}", answering, method, described)
            # open311_python asks for `/service/…`, Boston's web app for `/request/…`.
            for place, bare in enumerate(
                (rule, *(f"{alias}{end}" for alias in aliases for end in ("", ".xml", ".json")))
            ):
                self.mount(bare, f"{view.__name__}_{place}", answering, method)
            return view

        return register

    def _described(
        self, view: View, rule: str, schema: Arguments, returns: Any, method: str, suffix: str
    ) -> View:
        location, content_type = "form" if method == "POST" else "query", CONTENT_TYPES[suffix]
        documented: View = self.arguments(schema, location=location)(view)
        example = examples.ANSWERS.get(view.__name__)
        documented = self.response(
            200,
            answer_schema(returns, example.root if example else ""),
            content_type=content_type,
            description="What was asked for.",
            example=examples.written(example, content_type) if example else None,
            headers=HEADERS.get(view.__name__),
        )(documented)
        for status in ERRORS:
            if status != HTTPStatus.FORBIDDEN or method == "POST":
                documented = self.alt_response(status, error_name(status, content_type))(documented)
        return cast(View, self.doc(**_operation(view, rule, type(schema), method, suffix))(documented))


def _operation(view: View, rule: str, takes: type[Arguments], method: str, suffix: str) -> dict[str, Any]:
    """What flask-smorest has no words for."""
    operation: dict[str, Any] = {
        "tags": [rule.split("/")[1]],
        "operationId": f"{view.__name__}_{suffix}",
        "security": NEEDS_KEY if method == "POST" else KEY_OPTIONAL,
    }
    if method == "POST":
        operation["requestBody"] = {"content": {form: _body(view, takes, form) for form in FORMS}}
    if suffix == "json" and view.__name__ in LINKS:
        operation["responses"] = {200: {"links": _links(LINKS[view.__name__])}}
    return operation


def _body(view: View, takes: type[Arguments], content_type: str) -> dict[str, Any]:
    example = examples.BODIES[view.__name__]
    if content_type == "application/json":
        return {"schema": {"$ref": f"#/components/schemas/{in_json(takes.__name__)}"}, "example": example}
    return {"schema": takes, "example": example, "encoding": ENCODING}


def _links(targets: dict[str, str]) -> dict[str, Any]:
    return {
        target: {
            "operationId": f"{target}_json",
            "parameters": {name: f"$response.body#/0/{name}"},
            "description": f"The `{name}` of the first entry.",
        }
        for target, name in targets.items()
    }
