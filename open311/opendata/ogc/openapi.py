"""The OpenAPI document of the OGC API: written by hand, since its parameters are the standard's."""

from typing import Any

from open311 import __version__
from open311.opendata.ogc.links import CRS84, FORMS, GEOJSON, HTML, JSON, OPENAPI, SCHEMA, address

ERRORS = {"400": "#/components/responses/Error", "404": "#/components/responses/Error"}
DESCRIPTION = "Service requests as features, for GIS programs: OGC API Features, Parts 1 and 2."
PLAIN = ("f", "locale")
FILTERS = ("bbox", "bbox-crs", "crs", "datetime", "limit", "service_code", "status", "cursor", "offset")
COLLECTION = "/collections/{collectionId}"
OPERATIONS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "/": ("getLandingPage", "Where everything else is", JSON, PLAIN),
    "/conformance": ("getConformance", "Which parts of the standard are met", JSON, PLAIN),
    "/api": ("getApi", "This document", OPENAPI, PLAIN),
    "/collections": ("getCollections", "All collections, one for each jurisdiction", JSON, PLAIN),
    COLLECTION: ("getCollection", "One collection", JSON, ("collectionId", *PLAIN)),
    f"{COLLECTION}/queryables": (
        "getQueryables",
        "What features can be filtered by",
        SCHEMA,
        ("collectionId", *PLAIN),
    ),
    f"{COLLECTION}/items": (
        "getFeatures",
        "Features, the newest first",
        GEOJSON,
        ("collectionId", *FILTERS, *PLAIN),
    ),
    f"{COLLECTION}/items/{{featureId}}": (
        "getFeature",
        "One feature",
        GEOJSON,
        ("collectionId", "featureId", "crs", *PLAIN),
    ),
}


def document(collection_ids: list[str], most: int, usual: int) -> dict[str, Any]:
    """All operations, for clients that read before they ask."""
    media_types = {JSON: {"schema": _error()}, HTML: {"schema": {"type": "string"}}}
    error = {"description": "What is wrong.", "content": media_types}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Open311: OGC API Features", "description": DESCRIPTION, "version": __version__},
        "servers": [{"url": address()}],
        "paths": {path: {"get": _operation(*rest)} for path, rest in OPERATIONS.items()},
        "components": {
            "parameters": _parameters(collection_ids, most, usual),
            "responses": {"Error": error},
        },
    }


def _operation(name: str, summary: str, media_type: str, parameters: tuple[str, ...]) -> dict[str, Any]:
    operation = {
        "description": summary,
        "content": {media_type: {"schema": {"type": "object"}}, HTML: {"schema": {"type": "string"}}},
    }
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{parameter}"} for parameter in parameters],
        "responses": {"200": operation, **{code: {"$ref": ref} for code, ref in ERRORS.items()}},
    }


def _error() -> dict[str, Any]:
    texts = {"code": {"type": "string"}, "description": {"type": "string"}}
    return {"type": "object", "required": ["code"], "properties": texts}


def _parameters(collection_ids: list[str], most: int, usual: int) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    limit = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    word = {"type": "string"}
    whole = {"type": "integer", "minimum": 0}
    systems = {"type": "string", "enum": [CRS84], "default": CRS84}
    described = (
        ("collectionId", "Id of the jurisdiction", {"type": "string", "enum": collection_ids}),
        ("featureId", "Id of the service request", word),
        ("bbox", "Only features in this box: west, south, east, north in degrees", numbers),
        ("bbox-crs", "The reference system of bbox", systems),
        ("crs", "The reference system of the answer", systems),
        (
            "datetime",
            "requested_datetime: a moment, or two with a slash between; .. leaves an end open",
            word,
        ),
        ("limit", "Features on a page", limit),
        ("service_code", "Only these services", texts),
        ("status", "Only open or only closed requests", {"type": "string", "enum": ["open", "closed"]}),
        ("cursor", "Where the page before ended; from its next link", word),
        ("offset", "Features to leave out, where a client does not follow next links", whole),
        ("f", "The form of the answer", {"type": "string", "enum": list(FORMS)}),
        ("locale", "Language of names and texts, such as de or en", word),
    )
    return {name: _parameter(name, text, schema) for name, text, schema in described}


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    place = "path" if name.endswith("Id") else "query"
    listed = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": schema,
        **listed,
    }
