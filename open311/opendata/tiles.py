"""Vector tiles of all requests, for web maps and GIS programs."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Response

from open311 import web
from open311.errors import Invalid, NotFound, problem
from open311.model.service_request import Status
from open311.model.tiles import DEEPEST, POINTS_FROM, Tile, TileSearch
from open311.opendata.answers import CHANGES_ANY_TIME, CHANGES_SELDOM, answer, json
from open311.opendata.blueprint import OpenData
from open311.opendata.jurisdictions import find_catalogue
from open311.storage import tiles
from open311.web.fields import Count, Words
from open311.web.queries import Arguments, statuses

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
LONGEST = 366
FIELDS = {"id": "Number", "service_code": "String", "status": "String", "detailed_status": "String"}
COUNTS = {"count": "Number", "open": "Number", "closed": "Number"}

blueprint = OpenData("tiles", __name__, url_prefix="/tiles", description="Vector tiles")
blueprint.before_request(find_catalogue)


class TileQuery(Arguments):
    """GET a tile."""

    service_code = Words(metadata={"description": "Service codes."})
    status = Words(known=tuple(Status), metadata={"description": "`open`, `closed` or both."})
    days = Count(1, 10**9, metadata={"description": "Only what was reported in the last days, up to 366."})


@blueprint.read(
    "/<int:z>/<int:x>/<int:y>.mvt",
    takes=TileQuery,
    content_type=MEDIA_TYPE,
    also="/<jurisdiction_id>/<int:z>/<int:x>/<int:y>.mvt",
)
def get_tile(query: dict[str, Any], z: int, x: int, y: int) -> Response:
    """One tile: the layer `requests` with a point each from level 16 on, above it `clusters` with counts."""
    tile = Tile(z, x, y)
    if not tile.exists:
        raise NotFound(problem("error.tile", deepest=DEEPEST))
    with web.core().database.read() as conn:
        body = tiles.tile(conn, _asked(query, tile))
    return answer(body, MEDIA_TYPE, cache=CHANGES_ANY_TIME, status=200 if body else 204)


def _asked(query: dict[str, Any], tile: Tile) -> TileSearch:
    wanted = set(statuses(query.get("status", ())))
    days = query.get("days")
    if days is not None and days > LONGEST:
        raise Invalid(problem("error.tile.days", most=LONGEST))
    return TileSearch(
        jurisdiction_id=web.catalogue().jurisdiction.jurisdiction_id,
        tile=tile,
        service_codes=query.get("service_code", ()),
        status=wanted.pop() if len(wanted) == 1 else None,
        since=web.core().now() - timedelta(days=days) if days else None,
    )


@blueprint.read(
    "/tiles.json", takes=Arguments, content_type="application/json", also="/<jurisdiction_id>.json"
)
def get_tilejson(query: dict[str, Any]) -> Response:
    """Where the tiles are and what is in them, as TileJSON 3.0, which web maps and GIS programs take as a source."""
    catalogue = web.catalogue()
    jurisdiction, language = catalogue.jurisdiction, web.language(catalogue)
    identity = quote(jurisdiction.jurisdiction_id)
    bounds = jurisdiction.boundary.bounds if jurisdiction.boundary else (-180.0, -85.0511, 180.0, 85.0511)
    described = {
        "tilejson": "3.0.0",
        "name": jurisdiction.name.in_language(language),
        "tiles": [f"{web.base_url()}/tiles/{identity}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": 0,
        "maxzoom": POINTS_FROM,
        "bounds": bounds,
        "vector_layers": [
            {"id": "requests", "minzoom": POINTS_FROM, "maxzoom": DEEPEST, "fields": FIELDS},
            {"id": "clusters", "minzoom": 0, "maxzoom": POINTS_FROM - 1, "fields": COUNTS},
        ],
    }
    return json(described, cache=CHANGES_SELDOM)
