"""The resources of OGC API Features, each as JSON and as a page."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, send_from_directory

from open311.base.errors import Open311Error, Problem
from open311.formats import geojson
from open311.http import current
from open311.http.errors import in_words
from open311.opendata import jurisdictions
from open311.opendata.answers import CHANGES_ANY_TIME, answer, json
from open311.opendata.lists import published
from open311.opendata.ogc import documents, items, openapi
from open311.opendata.ogc.documents import words
from open311.opendata.ogc.links import (
    CRS84,
    GEOJSON,
    HTML,
    OPENAPI,
    SCHEMA,
    address,
    link,
    self_and_alternate,
    wants_html,
)

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
CODES = {
    400: "InvalidParameterValue",
    404: "NotFound",
    405: "MethodNotAllowed",
    429: "TooManyRequests",
    503: "Unavailable",
}

View = Callable[..., Response]


def resource(rule: str, *more: str) -> Callable[[View], View]:
    """Register a public view; it takes the parameters `f`, `locale` and `more`, and refuses all others."""

    def register(view: View) -> View:
        def checked(**path: str) -> Response:
            items.check_names((*more, *openapi.PLAIN))
            return view(**path)

        checked.access = "public"  # type: ignore[attr-defined]
        blueprint.add_url_rule(rule, view.__name__, checked, methods=["GET"])
        return view

    return register


def _page(template: str, content: Mapping[str, Any], title: str, *above: tuple[str, str]) -> Response:
    """A page about `content`; `above` are the pages that lead to it."""
    trail = [(address(f="html"), words("opendata.ogc.title")), *above]
    html = render_template(
        f"ogc/{template}.html",
        content=content,
        title=title,
        trail=trail,
        words=words,
        language=current.language(),
        address=address,
        names={"open": words("opendata.ogc.open"), "closed": words("opendata.ogc.closed")},
    )
    response = answer(html, f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.vary.add("Accept")
    return response


def _either(
    value: dict[str, Any],
    template: str,
    title: str,
    *above: tuple[str, str],
    media_type: str = "application/json",
) -> Response:
    if wants_html():
        return _page(template, value, title, *above)
    response = json(value, media_type, cache=CHANGES_ANY_TIME)
    response.vary.add("Accept")
    return response


def _data() -> tuple[str, str]:
    return address("collections", f="html"), words("opendata.ogc.collections")


def _own_collection() -> tuple[str, str]:
    described = documents.collection(current.catalogue())
    return address("collections", described["id"], f="html"), described["title"]


@resource("")
def get_landing_page() -> Response:
    """Where everything else is."""
    return _either(documents.landing(), "links", words("opendata.ogc.title"))


@resource("/conformance")
def get_conformance() -> Response:
    """Which parts of the standard are met."""
    return _either(documents.conformance(), "conformance", words("opendata.ogc.conformance"))


@resource("/api")
def get_api() -> Response:
    """The OpenAPI document."""
    names = [catalogue.jurisdiction.jurisdiction_id for catalogue in current.core().catalogues.in_force]
    described = openapi.document(names, items.MOST, items.USUAL)
    return _either(described, "api", words("opendata.ogc.api"), media_type=OPENAPI)


@resource("/collections")
def get_collections() -> Response:
    """All collections: one for each jurisdiction."""
    described = documents.collections(list(current.core().catalogues.in_force))
    return _either(described, "collections", words("opendata.ogc.collections"))


@resource("/collections/<jurisdiction_id>")
def get_collection() -> Response:
    """One collection."""
    described = documents.collection(current.catalogue())
    return _either(described, "collection", described["title"], _data())


@resource("/collections/<jurisdiction_id>/queryables")
def get_queryables() -> Response:
    """What the features can be filtered by."""
    described = documents.queryables(current.catalogue())
    above = (_data(), _own_collection())
    return _either(described, "queryables", words("opendata.ogc.queryables"), *above, media_type=SCHEMA)


@resource("/collections/<jurisdiction_id>/items", *openapi.FILTERS)
def get_items() -> Response:
    """A page of features, the newest first."""
    page = items.find()
    if wants_html():
        content: dict[str, Any] = {
            "requests": page.requests,
            "total": page.matched,
            "links": page.links(),
        }
        content["collection"] = current.catalogue().jurisdiction.jurisdiction_id
        return _page("items", content, words("opendata.ogc.items"), _data(), _own_collection())
    return _features(page.document())


@resource("/collections/<jurisdiction_id>/items/<feature_id>", "crs")
def get_item(feature_id: str) -> Response:
    """One feature."""
    described = items.described(published(feature_id))
    name = current.catalogue().jurisdiction.jurisdiction_id
    path = ("collections", name, "items", described["service_request_id"])
    links = [
        *self_and_alternate(*path, media_type=GEOJSON),
        link("collection", address("collections", name), "application/json"),
    ]
    if wants_html():
        above = (_data(), _own_collection(), (address(*path[:-1], f="html"), words("opendata.ogc.items")))
        title = f"{described['service_name']}, {described['service_request_id']}"
        return _page("item", {"request": described, "links": links}, title, *above)
    return _features(geojson.write(geojson.feature(described, links=links)))


def _features(body: bytes) -> Response:
    response = answer(body, GEOJSON)
    response.headers["Content-Crs"] = f"<{CRS84}>"
    response.vary.add("Accept")
    return response


@resource("/ogc.css")
def get_style() -> Response:
    """The style of the pages."""
    return send_from_directory(f"{current_app.root_path}/static", "ogc.css", max_age=86400)


@blueprint.before_request
def _find_catalogue() -> None:
    if request.view_args and "jurisdiction_id" in request.view_args:
        jurisdictions.find_catalogue()


def error_answer(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error as the standard has it, or as a page."""
    description = "; ".join(in_words(problem) for problem in problems)
    try:
        page = wants_html()
    except Open311Error:
        # The form itself was what was wrong.
        page = False
    if page:
        response = _page("error", {"description": description}, words("opendata.ogc.error"))
    else:
        response = json({"code": CODES.get(status, "Error"), "description": description})
    response.status_code = status
    response.headers.update({"Cache-Control": "no-store", **(headers or {})})
    return response
