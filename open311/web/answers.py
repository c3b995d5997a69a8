"""What every answer gets on its way out: headers for browsers and caches, compression, conditional GET."""

import gzip

from flask import Flask, Response, request

from open311 import web

# Below this a compressed body saves no packet.
COMPRESS_FROM = 1000
TEXT = ("text/", "application/json", "application/geo+json", "application/xml")


def install(app: Flask) -> None:
    """Finish every answer of this application."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if web.core().settings.require_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if response.is_streamed or response.direct_passthrough:
        return response
    text = (response.mimetype or "").startswith(TEXT)
    if text:
        response.vary.add("Accept-Encoding")
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        response.add_etag(weak=True)
        response.make_conditional(request)
    if text and response.status_code != 304:
        _compress(response)
    return response


def _compress(response: Response) -> None:
    """With gzip only: some crawlers announce deflate and cannot read it."""
    accepted = request.accept_encodings
    body = response.get_data()
    if len(body) < COMPRESS_FROM or not _explicitly(accepted, "gzip"):
        return
    response.set_data(gzip.compress(body, compresslevel=1, mtime=0))
    response.headers["Content-Encoding"] = "gzip"


def _explicitly(accepted: object, encoding: str) -> bool:
    return any(name == encoding and quality > 0 for name, quality in accepted)  # type: ignore[attr-defined]
