"""Error handlers for the whole application: each front door renders errors, the framework's too, in its own format."""

from collections.abc import Callable, Mapping

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from open311.base.errors import Busy, Open311Error, Problem, TooManyRequests, Unavailable
from open311.base.errors import problem as problem_of
from open311.http import current, urls
from open311.http.base_address import FAILED
from open311.http.errors import STATUS
from open311.http.parsing.normalise import MAX_FIELDS

log = structlog.get_logger()

# Makes a response of a status, problems and headers.
ErrorRenderer = Callable[..., Response]

# Clients read the words of an error only behind a 400, so every mistake of theirs is one.
MISTAKES = frozenset({400, 408, 411, 413, 414, 415, 416, 417, 422, 431})
MESSAGES = {404: "error.path", 405: "error.method"}
RETRY_AFTER = "10"


def install(app: Flask, renderers: Mapping[str, ErrorRenderer]) -> None:
    """Render every error by the renderer of the longest path prefix that the request's path begins with."""
    by_length = sorted(renderers.items(), key=lambda renderer: -len(renderer[0]))
    app.extensions["open311_error_renderers"] = dict(by_length)
    app.before_request(_raise_earlier_failure)
    app.register_error_handler(Open311Error, _expected)
    app.register_error_handler(HTTPException, _from_framework)
    app.register_error_handler(Exception, _unexpected)


def _raise_earlier_failure() -> None:
    # Middleware notes it and leaves it to us: only within Flask are there a language, a renderer and a line in the log.
    if error := request.environ.get(FAILED):
        raise error


def _render(status: int, *problems: object, headers: Mapping[str, str] | None = None) -> Response:
    renderers: dict[str, ErrorRenderer] = current_app.extensions["open311_error_renderers"]
    # An unknown path with one of GeoReport's suffixes was asked for by a program, which could not read a page.
    path = "/open311" if request.path.endswith(urls.SUFFIXES_OF_GEOREPORT) else request.path
    render = next(render for prefix, render in renderers.items() if f"{path}/".startswith(f"{prefix}/"))
    return render(status, *problems, headers=headers)


def _expected(error: Open311Error) -> Response:
    return error_response(error, _render)


def error_response(error: Open311Error, render: ErrorRenderer) -> Response:
    """One of our errors as a response, with the status and the headers that its class calls for."""
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
    return render(STATUS[type(error)], *error.problems, headers=headers)


def _from_framework(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    status = 400 if error.code in MISTAKES else error.code
    allowed = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else None
    return _render(status, _meaning(error, status), headers=headers)


def _meaning(error: HTTPException, status: int) -> Problem:
    if isinstance(error, RequestEntityTooLarge):
        megabytes = current.core().settings.max_body_mb
        return problem_of("error.body.too_large", megabytes=megabytes, fields=MAX_FIELDS)
    return problem_of(MESSAGES.get(status, "error.body.unreadable" if status == 400 else "error.server"))


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected_error", path=urls.discreet(request.path), request_id=g.get("request_id"))
    return _render(500, problem_of("error.server"), headers={"Retry-After": RETRY_AFTER})
