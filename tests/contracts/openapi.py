"""The OpenAPI document as a judge of answers: the schema of a path and status, ready to validate with."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from werkzeug.test import TestResponse

from tests.client import without_database

ROOT = Path(__file__).parent.parent.parent
STORED = ROOT / "schemas" / "openapi.json"
ADDRESS = "urn:openapi"
# Aliases of old clients answer as the address they stand for.
HOME = re.compile(r"^/open311(/test)?(/v2)?(?=/)")
ALIASES = {"/service/": "/services/", "/request/": "/requests/"}
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
formats = FormatChecker(formats=())


@formats.checks("date-time")
def _is_datetime(value: object) -> bool:
    """R-020: whole seconds and a zone, nothing else."""
    return not isinstance(value, str) or DATETIME.fullmatch(value) is not None


@cache
def document() -> dict[str, Any]:
    """The document as the server writes it now."""
    answer = without_database().get("/open311/v2/openapi.json")
    found: dict[str, Any] = answer.get_json()
    return found


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resource(ADDRESS, Resource.opaque(document()))


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in document()["paths"]
    ]


def path_of(asked: str) -> str | None:
    """The path of the document that this address belongs to."""
    below = HOME.sub("", re.sub("//+", "/", asked)).removesuffix("/")
    for alias, meant in ALIASES.items():
        below = below.replace(alias, meant)
    return next((path for template, path in _templates() if template.fullmatch(below)), None)


@cache
def validator(path: str | None, method: str, status: int, content_type: str) -> Draft202012Validator:
    """What judges answers of this kind. Errors have one shape everywhere, also where there is no such path."""
    answers = document()["paths"].get(path, {}).get(method.lower(), {}).get("responses", {})
    found = answers.get(str(status))
    if found is None:
        assert status >= 400, f"{method} {path} has an answer {status} that the document does not know"
        found = {"$ref": f"#/components/responses/400-{content_type.partition('/')[2]}"}
    pointer = found.get("$ref") or _pointer("paths", path, method.lower(), "responses", str(status))
    schema = {"$ref": f"{ADDRESS}{pointer}/content/{content_type.replace('/', '~1')}/schema"}
    return Draft202012Validator(schema, registry=_registry(), format_checker=formats)


def _pointer(*names: str | None) -> str:
    return "#" + "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)


def check(response: TestResponse) -> None:
    """Fail unless the document promises this JSON answer."""
    method = "GET" if response.request.method == "HEAD" else response.request.method
    judge = validator(path_of(response.request.path), method, response.status_code, "application/json")
    judge.validate(json.loads(response.data))
