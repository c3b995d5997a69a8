"""Vector tiles of all requests, for web maps and GIS programs."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Response
from shapely import orient_polygons
from shapely.geometry import mapping

from open311.base.errors import Invalid, NotFound, problem
from open311.http import current
from open311.model.maps.tiles import DEEPEST, POINTS_FROM, Tile, TileSearch
from open311.model.service_request import Status
from open311.opendata.answers import CHANGES_ANY_TIME, CHANGES_SELDOM, answer, json
from open311.opendata.blueprint import OpenData
from open311.opendata.jurisdictions import find_catalogue
from open311.storage.maps import tiles
from open311.web import queries
from open311.web.fields import Count, Word, Words
from open311.web.queries import Arguments, statuses

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
LONGEST = 366
FIELDS = {
    "id": "Number",
    "service_code": "String",
    "status": "String",
    "detailed_status": "String",
    "days_left": "Number",
}
# The requests lie between the tiles (`west`, `north`) and (`east`, `south`) of level `z`.
COUNTS = dict.fromkeys(("count", "open", "closed", "z", "west", "south", "east", "north"), "Number")
# Marks tiles in which so many match that some days are counted and stand for all.
COUNTS["estimate"] = "Boolean"

blueprint = OpenData("tiles", __name__, url_prefix="/tiles", description="Vector tiles")
blueprint.before_request(find_catalogue)


class TileQuery(Arguments):
    """GET a tile."""

    service_code = Words(metadata={"description": "Service codes."})
    status = Words(known=tuple(Status), metadata={"description": "`open`, `closed` or both."})
    detailed_status = Words(metadata={"description": "CitySDK words such as `IN_PROCESS`, `PROCESSED`."})
    q = Word(1000, metadata={"description": "Words to find in public texts, or an id."})
    days = Count(1, 10**9, metadata={"description": "Only what was reported in the last days, up to 366."})
    closed_days = Count(1, 36500, metadata={"description": "Without what was closed more days ago."})
    cells = Count(
        4,
        64,
        metadata={"description": "So many cells a side; those with up to 3 requests give them as points."},
    )


@blueprint.read(
    "/<int:z>/<int:x>/<int:y>.mvt",
    takes=TileQuery,
    content_type=MEDIA_TYPE,
    also="/<jurisdiction_id>/<int:z>/<int:x>/<int:y>.mvt",
)
def get_tile(query: dict[str, Any], z: int, x: int, y: int) -> Response:
    """One tile: the layer `requests` with a point each from level 16 on, above it `clusters` with counts.

    With `cells` both layers may be in it: numbers where many are close together, points where few are. By words or
    dates so many may match that some days stand for all: such numbers are marked as an `estimate`.
    """
    tile = Tile(z, x, y)
    if not tile.exists:
        raise NotFound(problem("error.tile", deepest=DEEPEST))
    with current.core().database.read_public() as conn:
        body = tiles.tile(conn, _search(query, tile))
    # Maps ask for hundreds of tiles of which most are empty, and take 204 for that.
    return answer(body, MEDIA_TYPE, cache=CHANGES_ANY_TIME, status=200 if body else 204)


def _search(query: dict[str, Any], tile: Tile) -> TileSearch:
    days, closed_days, now = query.get("days"), query.get("closed_days"), current.core().now()
    if days is not None and days > LONGEST:
        raise Invalid(problem("error.tile.days", most=LONGEST))
    plain: dict[str, Any] = {name: query[name] for name in ("q", "detailed_status") if name in query}
    search = queries.request_search(plain, current.catalogue(), now, 0)
    return TileSearch(
        jurisdiction_id=current.catalogue().jurisdiction.jurisdiction_id,
        tile=tile,
        service_codes=query.get("service_code", ()),
        status=_status(query, search.detailed_statuses),
        since=now - timedelta(days=days) if days else None,
        closed_since=now - timedelta(days=closed_days) if closed_days else None,
        detailed_statuses=search.detailed_statuses,
        words=search.words,
        text_search=search.text_search,
        words_in_service_names=search.words_in_service_names,
        numbers=search.numbers,
        # A power of two, since a cell is a tile of a deeper level.
        cells=query["cells"].bit_length() - 1 if "cells" in query else None,
    )


def _status(query: dict[str, Any], codes: tuple[str, ...] | None) -> Status | None:
    """The one status that is asked for; that of the steps of the work that are, where nothing else is said."""
    asked_for = set(statuses(query.get("status", ())))
    if not asked_for and codes:
        asked_for = {Status(current.catalogue().statuses[code].status) for code in codes}
    return asked_for.pop() if len(asked_for) == 1 else None


@blueprint.read(
    "/boundary.geojson",
    takes=Arguments,
    content_type="application/geo+json",
    also="/<jurisdiction_id>/boundary.geojson",
)
def get_boundary(query: dict[str, Any]) -> Response:
    """The area of a jurisdiction, for maps that need no other map below."""
    catalogue = current.catalogue()
    jurisdiction = catalogue.jurisdiction
    if jurisdiction.boundary is None:
        raise NotFound(problem("error.path"))
    feature = {
        "type": "Feature",
        "id": jurisdiction.jurisdiction_id,
        "properties": {"name": jurisdiction.name.in_language(current.language(catalogue))},
        # RFC 7946, 3.1.6: the outer ring runs against the clock; the catalogue takes any.
        "geometry": mapping(orient_polygons(jurisdiction.boundary)),
    }
    return json(feature, "application/geo+json", cache=CHANGES_SELDOM)


@blueprint.read(
    "/tiles.json", takes=Arguments, content_type="application/json", also="/<jurisdiction_id>.json"
)
def get_tilejson(query: dict[str, Any]) -> Response:
    """Where the tiles are and what is in them, as TileJSON 3.0, which web maps and GIS programs take as a source."""
    catalogue = current.catalogue()
    jurisdiction, language = catalogue.jurisdiction, current.language(catalogue)
    identity = quote(jurisdiction.jurisdiction_id)
    # Where the Mercator projection ends.
    bounds = jurisdiction.boundary.bounds if jurisdiction.boundary else (-180.0, -85.0511, 180.0, 85.0511)
    described = {
        "tilejson": "3.0.0",
        "name": jurisdiction.name.in_language(language),
        "tiles": [f"{current.base_url()}/tiles/{identity}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": 0,
        "maxzoom": POINTS_FROM,
        "bounds": bounds,
        "vector_layers": [
            {"id": "requests", "minzoom": POINTS_FROM, "maxzoom": POINTS_FROM, "fields": FIELDS},
            {"id": "clusters", "minzoom": 0, "maxzoom": POINTS_FROM - 1, "fields": COUNTS},
        ],
    }
    return json(described, cache=CHANGES_SELDOM)
