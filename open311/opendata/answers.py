"""Answers of open data: a finished body and its type; errors are JSON, whatever was asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response

from open311.base.errors import Open311Error, Problem
from open311.formats import documents, encode
from open311.http import current, failures
from open311.http.errors import in_words

JSON = "application/json; charset=utf-8"
# Caches may store it but have to revalidate each time: a report may have been hidden meanwhile.
CHANGES_ANY_TIME = "public, no-cache"
CHANGES_SELDOM = "public, max-age=300"


def answer(
    body: bytes | str | Iterable[bytes],
    content_type: str,
    *,
    cache: str = CHANGES_ANY_TIME,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The body as an HTTP response in the reader's language."""
    response = Response(body, status, headers, content_type=content_type)
    response.headers["Cache-Control"] = cache
    response.headers["Content-Language"] = current.language()
    response.vary.add("Accept-Language")
    return response


def json(value: Any, content_type: str = JSON, *, cache: str = CHANGES_ANY_TIME) -> Response:
    return answer(encode.to_json(encode.Document("json", value)), content_type, cache=cache)


def install(blueprint: Blueprint) -> None:
    """Render the errors of this blueprint as JSON, whatever the suffix says."""
    blueprint.register_error_handler(Open311Error, lambda error: failures.error_response(error, error_answer))


def error_answer(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error as JSON: a list of code and description, as GeoReport has it."""
    described = documents.errors([(status, in_words(problem)) for problem in problems])
    return answer(encode.to_json(described), JSON, cache="no-store", headers=headers, status=status)
