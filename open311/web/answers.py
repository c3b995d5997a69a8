"""What every answer of the application gets: headers for browsers and caches, and a tag to tell it by."""

from flask import Flask, Response, request

from open311 import web
from open311.web.kept import TEXT


def install(app: Flask) -> None:
    """Finish every answer of this application."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if web.core().settings.require_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if response.is_streamed or response.direct_passthrough:
        return response
    if (response.mimetype or "").startswith(TEXT):
        response.vary.add("Accept-Encoding")
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        response.add_etag(weak=True)
    return response
