"""What every answer of the application gets: headers for browsers and caches, and a tag to tell it by."""

from flask import Flask, Response, request

from open311.http import cors, current, urls
from open311.http.caching.cached_response import TEXT
from open311.settings import Settings

# What a compressed answer varies by.
COMPRESSED = "Accept-Encoding"


def always(settings: Settings) -> list[tuple[str, str]]:
    # Addresses of drafts, and of links in mails, are nobody else's business.
    headers = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin")]
    if settings.require_https:
        more = "; includeSubDomains" if settings.hsts_subdomains else ""
        headers.append(("Strict-Transport-Security", f"max-age=31536000{more}"))
    return headers


def _is_for_programs(response: Response) -> bool:
    """Whether scripts of other sites may read this: no page for people, which may hold what only its reader knows."""
    for_people = request.blueprint == cors.FOR_PEOPLE or urls.is_below(request.path, urls.STAFF)
    return not for_people and response.mimetype != "text/html"


def install(app: Flask) -> None:
    """Finish every answer of this application."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    response.headers.update(always(current.core().settings))
    if _is_for_programs(response):
        response.headers.update(cors.READABLE)
    if response.is_streamed or response.direct_passthrough:
        return response
    if (response.mimetype or "").startswith(TEXT):
        response.vary.add(COMPRESSED)
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        response.add_etag(weak=True)
    return response
