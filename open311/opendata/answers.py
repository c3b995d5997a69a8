"""Answers of open data: a finished body and its type; errors are JSON, whatever was asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from flask import Blueprint, Response

from open311 import web
from open311.errors import Open311Error, TooManyRequests, Unavailable
from open311.formats import documents, encode
from open311.web.errors import STATUS, in_words

log = structlog.get_logger()

JSON = "application/json; charset=utf-8"
# Kept by whoever likes, but looked at again each time: a report may have been hidden meanwhile.
CHANGES_ANY_TIME = "public, no-cache"
CHANGES_SELDOM = "public, max-age=300"
RETRY_AFTER = 10


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
    response.headers["Content-Language"] = web.language()
    response.vary.add("Accept-Language")
    return response


def json(value: Any, content_type: str = JSON, *, cache: str = CHANGES_ANY_TIME) -> Response:
    """A value as JSON."""
    return answer(encode.to_json(encode.Document("json", value)), content_type, cache=cache)


def install(blueprint: Blueprint) -> None:
    """Tell the errors of this blueprint as JSON: a list of code and description, as GeoReport has it."""
    blueprint.register_error_handler(Open311Error, _as_list)


def _as_list(error: Open311Error) -> Response:
    described = [(STATUS[type(error)], in_words(each)) for each in error.problems]
    return error_answer(error, documents.errors(described).value)


def error_answer(error: Open311Error, value: Any) -> Response:
    """`value` with the status and the headers that `error` calls for."""
    headers = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_AFTER)
        log.error("database_unavailable", reason=str(error.__cause__))
    body = encode.to_json(encode.Document("errors", value))
    return answer(body, JSON, cache="no-store", headers=headers, status=STATUS[type(error)])
