"""Any web page may read the public API and report through it (R-198)."""

from flask import Flask, Response, request

PAGING_HEADERS = "Link, X-Result-Count, X-Page-Count, X-Page-Size, Retry-After, ETag"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


# The blueprint of the public site.
FOR_PEOPLE = "pages"
READABLE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": PAGING_HEADERS}


def is_for_staff(path: str) -> bool:
    """Whether an address belongs to the desk, whose pages no other site may read."""
    return path == "/staff" or path.startswith("/staff/")


def install(app: Flask) -> None:
    """Answer preflights; `answers` marks every answer as readable from anywhere."""
    app.before_request(_preflight)


def _preflight() -> Response | None:
    if request.method != "OPTIONS" or request.routing_exception or is_for_staff(request.path):
        return None
    return Response(status=204, headers=PREFLIGHT, mimetype="text/plain")
