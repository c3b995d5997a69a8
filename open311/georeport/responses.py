"""Answers in the format the client chose, errors included.

The format is chosen once, after the work is done.
"""

from collections.abc import Iterable, Mapping

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from open311 import web
from open311.errors import Open311Error, Problem, TooManyRequests, Unavailable
from open311.errors import problem as problem_of
from open311.formats import documents, encode
from open311.formats.encode import Document
from open311.web.errors import STATUS, in_words

log = structlog.get_logger()

# Clients read the words of an error only behind a 400, so every mistake of theirs is one.
MISTAKES = frozenset({400, 408, 411, 413, 414, 415, 416, 417, 422, 431})
MESSAGES = {404: "error.path", 405: "error.method"}
RETRY_AFTER = "10"

JSON = "application/json; charset=utf-8"
XML = "text/xml; charset=utf-8"


def wants_json() -> bool:
    """Whether to answer in JSON: the suffix decides, then `Accept`; XML is what GeoReport demands of everybody."""
    if request.path.endswith((".json", ".xml")):
        return request.path.endswith(".json")
    return _wish("application/json") > _wish("text/xml", "application/xml")


def _wish(*content_types: str) -> float:
    """How much the client wants one of these; what stands behind a `;` and letter case do not matter."""
    named = ((each.partition(";")[0].strip().lower(), wish) for each, wish in request.accept_mimetypes)
    return max((wish for content_type, wish in named if content_type in content_types), default=0.0)


def answer(
    document: Document,
    *,
    status: int = 200,
    cache: str = "no-store",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document as an HTTP response."""
    in_json = wants_json()
    return _response(encode.to_json(document) if in_json else encode.to_xml(document), status, cache, headers)


def answer_list(root: str, pieces: Iterable[bytes], *, cache: str, headers: Mapping[str, str]) -> Response:
    """A list whose entries are already written in the format the client chose."""
    body = encode.join_json(root, pieces) if wants_json() else encode.join_xml(root, pieces)
    return _response(body, 200, cache, headers)


def _response(body: bytes, status: int, cache: str, headers: Mapping[str, str] | None) -> Response:
    response = Response(body, status, headers, content_type=JSON if wants_json() else XML)
    response.headers.setdefault("Cache-Control", cache)
    response.headers["Content-Language"] = web.language()
    response.vary.update(("Accept", "Accept-Language"))
    return response


def error_answer(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the shape of GeoReport: a list of code and description."""
    described = [(status, in_words(each)) for each in problems]
    return answer(documents.errors(described), status=status, headers=headers)


def install(app: Flask) -> None:
    """Give every error of this application, the framework's own included, GeoReport's shape (R-186)."""
    app.register_error_handler(Open311Error, _expected)
    app.register_error_handler(HTTPException, _of_framework)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: Open311Error) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = RETRY_AFTER
        log.error("database_unavailable", reason=str(error.__cause__))
    return error_answer(STATUS[type(error)], *error.problems, headers=headers)


def _of_framework(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    status = 400 if error.code in MISTAKES else error.code
    key = MESSAGES.get(status, "error.body.unreadable" if status == 400 else "error.server")
    allowed = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else None
    return error_answer(status, problem_of(key), headers=headers)


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected_error", path=request.path)
    return error_answer(500, problem_of("error.server"), headers={"Retry-After": RETRY_AFTER})
