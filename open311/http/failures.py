"""Errors of the whole application, the framework's own included: programs and people are told each in their way."""

from collections.abc import Callable, Mapping

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from open311.base.errors import Busy, Open311Error, Problem, TooManyRequests, Unavailable
from open311.base.errors import problem as problem_of
from open311.http import current, urls
from open311.http.base_address import FAILED
from open311.http.errors import STATUS
from open311.http.normalise import MAX_FIELDS

log = structlog.get_logger()

# A teller makes the answer from a status, problems and headers.
Teller = Callable[..., Response]

# Clients read the words of an error only behind a 400, so every mistake of theirs is one.
MISTAKES = frozenset({400, 408, 411, 413, 414, 415, 416, 417, 422, 431})
MESSAGES = {404: "error.path", 405: "error.method"}
RETRY_AFTER = "10"


def install(app: Flask, tellers: Mapping[str, Teller]) -> None:
    """Let every error be told by the teller whose path begins the request's; the longest such path counts."""
    app.extensions["open311_tellers"] = dict(sorted(tellers.items(), key=lambda entry: -len(entry[0])))
    app.before_request(_raise_what_failed)
    app.register_error_handler(Open311Error, _expected)
    app.register_error_handler(HTTPException, _of_framework)
    app.register_error_handler(Exception, _unexpected)


def _raise_what_failed() -> None:
    # Raised here and not where it was seen: only within Flask are there a language, a teller and a line in the log.
    if error := request.environ.get(FAILED):
        raise error


def _tell(status: int, *problems: object, headers: Mapping[str, str] | None = None) -> Response:
    tellers: dict[str, Teller] = current_app.extensions["open311_tellers"]
    # An address that is none, but ends like the interface, comes from a program, which cannot read a page.
    path = "/open311" if request.path.endswith(urls.SUFFIXES_OF_GEOREPORT) else request.path
    tell = next(teller for start, teller in tellers.items() if f"{path}/".startswith(f"{start}/"))
    return tell(status, *problems, headers=headers)


def _expected(error: Open311Error) -> Response:
    return told(error, _tell)


def told(error: Open311Error, tell: Teller) -> Response:
    """An error of ours in the words of a teller, with the status and the headers that it calls for."""
    headers: dict[str, str] = {}
    # Programs back off by this header (RFC 9110, 10.2.3), not by the words.
    if isinstance(error, TooManyRequests | Busy):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = RETRY_AFTER
        log.error(
            error.event,
            reason=str(error.__cause__),
            path=urls.discreet(request.path),
            request_id=g.get("request_id"),
        )
    return tell(STATUS[type(error)], *error.problems, headers=headers)


def _of_framework(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    status = 400 if error.code in MISTAKES else error.code
    allowed = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else None
    return _tell(status, _meaning(error, status), headers=headers)


def _meaning(error: HTTPException, status: int) -> Problem:
    if isinstance(error, RequestEntityTooLarge):
        megabytes = current.core().settings.max_body_mb
        return problem_of("error.body.too_large", megabytes=megabytes, fields=MAX_FIELDS)
    return problem_of(MESSAGES.get(status, "error.body.unreadable" if status == 400 else "error.server"))


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected_error", path=urls.discreet(request.path), request_id=g.get("request_id"))
    return _tell(500, problem_of("error.server"), headers={"Retry-After": RETRY_AFTER})
