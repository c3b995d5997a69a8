"""Any web page may read the public API and report through it (R-198)."""

from flask import Flask, Response, request

PAGING_HEADERS = "Link, X-Result-Count, X-Page-Count, X-Page-Size, Retry-After, ETag"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


def install(app: Flask) -> None:
    """Answer preflights, and mark every answer as readable from anywhere."""
    app.before_request(_preflight)
    app.after_request(_allow)


def _preflight() -> Response | None:
    if request.method != "OPTIONS" or request.routing_exception:
        return None
    return Response(status=204, headers=PREFLIGHT)


def _allow(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = PAGING_HEADERS
    return response
