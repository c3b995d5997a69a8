"""Errors of the interface of the desk as problem details (RFC 9457), with the statuses that conditional requests ask
for (RFC 9110, RFC 6585).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema, ValidationError, fields

from open311.base.errors import Conflict, Open311Error, Problem
from open311.base.errors import problem as problem_of
from open311.http.errors import in_words
from open311.staff.rendering import NOT_KEPT

CONTENT_TYPE = "application/problem+json"


class TokenMissing(Open311Error):
    """No token came along, or one that opens nothing."""


class RevisionMissing(Open311Error):
    """An act on a case that does not say which state of it it is about."""


class ProblemSchema(Schema):
    """One entry of `problems` for everything that was found."""

    type = fields.String(metadata={"description": "`about:blank`: the status says which kind it is."})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "All that is wrong, in the language of the account."})
    problems = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    revision = fields.Integer(metadata={"description": "With 412: the revision that the case has now."})


def answer(
    status: int, *problems: Problem, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """An error as a problem document."""
    errors = [{"code": problem.key, "detail": in_words(problem)} for problem in problems]
    document = {
        # RFC 9457, 4.2.1: then the title has to be that of the status.
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": " ".join(entry["detail"] for entry in errors),
        "problems": errors,
        **more,
    }
    response = Response(json.dumps(document, ensure_ascii=False), status, headers, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = NOT_KEPT
    return response


def install(blueprint: Blueprint) -> None:
    """Answer what only this interface knows; every other error is told by `answer`, too."""
    blueprint.register_error_handler(Conflict, _stale)
    blueprint.register_error_handler(TokenMissing, _unknown)
    blueprint.register_error_handler(RevisionMissing, _with_status(HTTPStatus.PRECONDITION_REQUIRED))


def _stale(conflict: Conflict) -> Response:
    return answer(HTTPStatus.PRECONDITION_FAILED, *conflict.problems, revision=conflict.revision)


def _unknown(error: TokenMissing) -> Response:
    return answer(HTTPStatus.UNAUTHORIZED, *error.problems, headers={"WWW-Authenticate": "Bearer"})


def _with_status(status: HTTPStatus) -> Callable[[Open311Error], Response]:
    return lambda error: answer(status, *error.problems)


def of_fields(error: ValidationError) -> tuple[Problem, ...]:
    """What is wrong with each field of a body or a query, by its path."""
    return tuple(_flat(error.messages))


def _flat(messages: Any, path: str = "") -> Iterator[Problem]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # Where the fields stand is no part of their name.
            place = path if name in ("json", "query", "_schema") else f"{path}.{name}".lstrip(".")
            yield from _flat(inner, place)
    else:
        yield problem_of("desk.api.field", field=path[:100])
