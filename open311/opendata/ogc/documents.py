"""The resources of the OGC API that describe the others."""

from typing import Any

from open311.base.i18n import translate
from open311.http import current
from open311.model.catalogue import Catalogue
from open311.opendata.ogc.links import (
    CRS84,
    GEOJSON,
    HTML,
    JSON,
    OPENAPI,
    QUERYABLES,
    SCHEMA,
    address,
    link,
    self_and_alternate,
)

GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
SYSTEMS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf"
FILTERS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
CONFORMANCE = (
    f"{FEATURES}/core",
    f"{FEATURES}/geojson",
    f"{FEATURES}/html",
    f"{FEATURES}/oas30",
    f"{SYSTEMS}/crs",
    f"{FILTERS}/queryables",
    f"{FILTERS}/queryables-query-parameters",
)
# The extent of a city without a boundary: clients need one to zoom to.
WORLD = (-180.0, -90.0, 180.0, 90.0)


def words(key: str, **values: Any) -> str:
    """A text of the pages in the reader's language."""
    return translate(key, current.language(), **values)


def landing() -> dict[str, Any]:
    """Where everything else is."""
    return {
        "title": words("opendata.ogc.title"),
        "description": words("opendata.ogc.description"),
        "links": [
            *self_and_alternate(),
            link("service-desc", address("api", f="json"), OPENAPI, words("opendata.ogc.api")),
            link("service-doc", address("api", f="html"), HTML, words("opendata.ogc.api")),
            link("conformance", address("conformance"), JSON, words("opendata.ogc.conformance")),
            link("data", address("collections"), JSON, words("opendata.ogc.collections")),
        ],
    }


def conformance() -> dict[str, Any]:
    """Which parts of the standard are met."""
    return {"conformsTo": list(CONFORMANCE), "links": self_and_alternate("conformance")}


def collections(catalogues: list[Catalogue]) -> dict[str, Any]:
    return {
        "links": self_and_alternate("collections"),
        "collections": [collection(catalogue) for catalogue in catalogues],
    }


def collection(catalogue: Catalogue) -> dict[str, Any]:
    jurisdiction = catalogue.jurisdiction
    name, city = jurisdiction.jurisdiction_id, jurisdiction.name.in_language(current.language())
    bounds = jurisdiction.boundary.bounds if jurisdiction.boundary else WORLD
    return {
        "id": name,
        "title": words("opendata.ogc.collection.title", city=city),
        "description": words("opendata.ogc.collection.description", city=city),
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "extent": {
            "spatial": {"bbox": [list(bounds)], "crs": CRS84},
            # Open at both ends.
            "temporal": {"interval": [[None, None]], "trs": GREGORIAN},
        },
        "links": [
            *self_and_alternate("collections", name),
            link(
                "items", address("collections", name, "items", f="json"), GEOJSON, words("opendata.ogc.items")
            ),
            link("items", address("collections", name, "items", f="html"), HTML, words("opendata.ogc.items")),
            link(
                QUERYABLES,
                address("collections", name, "queryables"),
                SCHEMA,
                words("opendata.ogc.queryables"),
            ),
        ],
    }


def queryables(catalogue: Catalogue) -> dict[str, Any]:
    """What the features can be filtered by, as a JSON Schema."""
    language = current.language()
    services = [
        {"const": code, "title": service.service_name.in_language(language)}
        for code, service in catalogue.services.items()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address("collections", catalogue.jurisdiction.jurisdiction_id, "queryables"),
        "type": "object",
        "title": collection(catalogue)["title"],
        "properties": {
            "geometry": {
                "$ref": "https://geojson.org/schema/Point.json",
                "title": words("opendata.ogc.place"),
            },
            "service_code": {"type": "string", "title": words("opendata.ogc.service"), "oneOf": services},
            "status": {"type": "string", "title": words("opendata.ogc.status"), "enum": ["open", "closed"]},
        },
        "additionalProperties": False,
    }
