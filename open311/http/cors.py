"""Any web page may read the public API and report through it (R-198)."""

from flask import Flask, Response, request

from open311.http.urls import STAFF, is_below

PAGING_HEADERS = "Link, X-Result-Count, X-Page-Count, X-Page-Size, Retry-After, ETag"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
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
    return Response(status=204, headers=PREFLIGHT, mimetype="text/plain")
