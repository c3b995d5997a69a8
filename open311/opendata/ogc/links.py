"""Links of the OGC API, and the two forms in which each of its resources is offered."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import request

from open311.base.errors import Invalid, problem
from open311.http import current

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
FORMS = ("json", "html")
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"

Link = dict[str, Any]


def wants_html() -> bool:
    """Whether to answer with a page: `f` decides, then `Accept`; programs that say nothing get JSON."""
    form = request.args.get("f")
    if form is None:
        offered = [JSON, GEOJSON, OPENAPI, SCHEMA, HTML]
        return request.accept_mimetypes.best_match(offered, JSON) == HTML
    if form not in FORMS:
        raise Invalid(problem("error.ogc.form", known=", ".join(FORMS)))
    return form == "html"


def address(*path: str, **query: Any) -> str:
    place = "/".join(quote(part, safe="") for part in ("ogc", *path))
    return f"{current.base_url()}/{place}" + (f"?{urlencode(query)}" if query else "")


def link(relation: str, href: str, media_type: str, title: str = "") -> Link:
    return {"rel": relation, "href": href, "type": media_type} | ({"title": title} if title else {})


def self_and_alternate(*path: str, media_type: str = JSON, **query: Any) -> list[Link]:
    """A resource as it is now, and its other form."""
    in_json = address(*path, **query, f="json")
    page = address(*path, **query, f="html")
    first, second = ("alternate", "self") if wants_html() else ("self", "alternate")
    return [link(first, in_json, media_type), link(second, page, HTML)]
