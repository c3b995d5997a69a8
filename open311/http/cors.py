"""Any web page may read the public API and report through it (R-198)."""

from flask import Flask, Response, current_app, request

from open311.http.urls import STAFF, is_below

PAGING_HEADERS = "Link, X-Result-Count, X-Page-Count, X-Page-Size, Retry-After, ETag"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    # Old frameworks of JavaScript add `X-Requested-With` to whatever they ask.
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Modified-Since, If-None-Match, X-Requested-With"
    ),
    "Access-Control-Max-Age": "86400",
}


# The blueprint of the public site.
FOR_PEOPLE = "pages"
# Never with credentials: a key travels in a header or a parameter, and no cookie means anything to the API.
READABLE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": PAGING_HEADERS}


def install(app: Flask) -> None:
    """Answer preflights; `response_headers` marks every answer as readable from anywhere."""
    app.before_request(_preflight)


def _preflight() -> Response | None:
    if request.method != "OPTIONS" or request.routing_exception or is_below(request.path, STAFF):
        return None
    allowed = sorted(current_app.make_default_options_response().allow)
    return Response(status=204, headers={**PREFLIGHT, "Allow": ", ".join(allowed)}, mimetype="text/plain")
