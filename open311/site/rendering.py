"""Pages as responses: what every template needs, and the Content-Security-Policy."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, render_template, request

from open311.base.errors import Problem
from open311.base.i18n import LANGUAGES
from open311.http import current
from open311.http.errors import in_words
from open311.model.catalogue import Catalogue
from open311.notifications import mail_subscriptions
from open311.site import addresses, assets, options, words

# Caches may store it but have to revalidate each time: a report may have been hidden meanwhile.
CHANGES_ANY_TIME = "public, no-cache"
HEADERS = {
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # For browsers that know no `frame-ancestors`.
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # KERN draws its icons with pictures that are in the style sheet itself; previews of photos are blobs.
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# Views that search engines may index; drafts, personal links and errors are not among them.
INDEXED = {
    "home",
    "report",
    "show_statistics",
    "new_report",
    "open_data",
    "imprint",
    "privacy",
    "accessibility",
    "help_page",
    "easy_page",
}
ERROR_PAGES = (400, 403, 404, 405, 429, 500, 503)


def page(
    template: str,
    *,
    status: int = 200,
    cache: str = CHANGES_ANY_TIME,
    also: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A page of the city this request is about; `also` widens the content policy by sources, per directive."""
    indexed = status == 200 and _view() in INDEXED
    html = render_template(f"pages/{template}", **{"indexed": indexed} | _common() | values)
    response = Response(html, status, HEADERS, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy(also or {})
    response.headers["Cache-Control"] = cache
    response.headers["Content-Language"] = current.language()
    response.vary.add("Accept-Language")
    return response


def policy(also: Mapping[str, str]) -> str:
    """The Content-Security-Policy of a page."""
    wider = dict(also)
    if photos := _photo_store():
        # Photos are redirects then, and browsers check the policy against their targets, too.
        wider["img-src"] = f"{wider.get('img-src', '')} {photos}".strip()
    return "; ".join(f"{name} {sources} {wider.get(name, '')}".strip() for name, sources in POLICY.items())


def _photo_store() -> str:
    """The origin that photos are redirected to, if they are not served from here."""
    settings = current.core().settings
    if not (settings.media_redirect and settings.media_endpoint):
        return ""
    parts = urlsplit(settings.media_endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _common() -> dict[str, Any]:
    """What every template can use."""
    city: Catalogue | None = g.get("catalogue")
    return {
        "t": words.words,
        "tn": words.counted,
        "catalogue_text": words.catalogue_text,
        "options": options,
        "address_hint": words.address_hint,
        "local_address": lambda address: words.local_address(address, city),
        "with_telephones": words.with_telephones,
        "day": words.day,
        "calendar_day": words.calendar_day,
        "day_and_time": words.day_and_time,
        "machine": words.machine,
        "address": addresses.address,
        "exists": addresses.exists,
        "all_cities": addresses.all_cities,
        "chosen_language": addresses.chosen_language,
        "here": addresses.here,
        "api": addresses.api,
        "absolute": addresses.absolute,
        "canonical": addresses.canonical,
        "file": assets.address,
        "module": assets.module_address,
        "vendor": assets.vendor,
        "symbol": assets.symbol,
        "logo": assets.logo_address(city) if city else "",
        "language": current.language(),
        "languages": [(language, words.own_name(language)) for language in _languages(city)],
        "city": city,
        "city_name": words.catalogue_text(city.jurisdiction.name) if city else "",
        "site_name": site_name(city),
        "several": addresses.several(),
        "follows": mail_subscriptions.possible(current.core()),
        "favicon": lambda: f"{addresses.root()}/favicon.ico",
        "view": _view(),
    }


def _view() -> str:
    return (request.endpoint or "").removeprefix("pages.")


def _languages(city: Catalogue | None) -> tuple[str, ...]:
    return city.jurisdiction.languages if city else tuple(LANGUAGES)


def site_name(city: Catalogue | None) -> str:
    return words.catalogue_text(city.site.name) if city and city.site.name else words.words("page.site.name")


def error_page(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a page, with a way on."""
    # An error may come before the city is known, yet its page needs a name and colours as well.
    if g.get("catalogue") is None:
        in_force = current.core().catalogues.in_force
        g.catalogue = in_force[0] if len(in_force) == 1 else None
    shown = status if status in ERROR_PAGES else 500 if status >= 500 else 400
    reasons = [in_words(problem) for problem in problems] if status in (400, 429) else []
    response = page("error.html", status=status, cache="no-store", code=shown, reasons=reasons)
    response.headers.update(headers or {})
    return response
