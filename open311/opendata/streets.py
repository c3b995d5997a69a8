"""Vector tiles of the city's own map, for our pages, apps and GIS programs."""

from typing import Any
from urllib.parse import quote

from flask import Response, request, send_file

from open311.base.errors import NotFound, TooManyRequests, problem
from open311.basemap import storage
from open311.basemap.ground import ground_of
from open311.basemap.model import FIRST_LEVEL, LAST_LEVEL, Layer
from open311.http import current
from open311.http.limits import shares
from open311.http.limits.long_answers import take_share, to_the_end
from open311.http.limits.rate_limits import limits
from open311.model.access.network import network_of
from open311.model.maps.tiles import Tile
from open311.opendata.answers import CHANGES_SELDOM, answer, json
from open311.opendata.tiles import MEDIA_TYPE, blueprint
from open311.web.fields import Word
from open311.web.queries import Arguments

# The version is in the address, and a version never changes.
FOR_EVER = "public, max-age=31536000, immutable"
# Tiles and directories of a file are far smaller; whoever asks for more copies the file.
LARGEST_OF_A_PAGE = 1024 * 1024
# Smaller parts are counted like tiles; of larger ones, a network has 125 MiB a minute.
UNIT_BYTES, UNITS_A_MINUTE = 64 * 1024, 2000
FIELDS = {"kind": "String", "name": "String"}


class FileQuery(Arguments):
    """GET the file."""

    v = Word(40, metadata={"description": "The version of the file, for caches."})


@blueprint.read(
    "/<jurisdiction_id>/streets/<int:version>/<int:z>/<int:x>/<int:y>.mvt",
    takes=Arguments,
    content_type=MEDIA_TYPE,
)
def get_streets_tile(query: dict[str, Any], version: int, z: int, x: int, y: int) -> Response:
    """One tile of a version of the map; `streets.json` tells the version in force."""
    place = Tile(z, x, y)
    if not place.exists or not FIRST_LEVEL <= z <= LAST_LEVEL:
        raise NotFound(problem("error.tile", deepest=LAST_LEVEL))
    owner = current.catalogue().jurisdiction.jurisdiction_id
    with current.core().database.read_public() as conn:
        body = storage.tile(conn, owner, version, place)
    if body is None:
        raise NotFound(problem("error.map.version"))
    return answer(body, MEDIA_TYPE, cache=FOR_EVER, status=200 if body else 204)


@blueprint.read("/<jurisdiction_id>/streets.json", takes=Arguments, content_type="application/json")
def get_streets_tilejson(query: dict[str, Any]) -> Response:
    """Where the tiles of the map are and what is in them, as TileJSON 3.0."""
    jurisdiction = current.catalogue().jurisdiction
    with current.core().database.read_public() as conn:
        version = storage.in_force(conn, jurisdiction.jurisdiction_id)
    if version is None:
        raise NotFound(problem("error.map.none"))
    root = f"{current.base_url()}/tiles/{quote(jurisdiction.jurisdiction_id)}/streets/{version.version_id}"
    described = {
        "tilejson": "3.0.0",
        "name": jurisdiction.name.in_language(current.language(current.catalogue())),
        "tiles": [f"{root}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": FIRST_LEVEL,
        "maxzoom": LAST_LEVEL,
        "attribution": ", ".join(version.attributions),
        "vector_layers": [{"id": layer, "fields": FIELDS} for layer in Layer],
    }
    if jurisdiction.boundary:
        described["bounds"] = jurisdiction.boundary.bounds
    return json(described, cache=CHANGES_SELDOM)


@blueprint.read("/<jurisdiction_id>/streets.pmtiles", takes=FileQuery, content_type="application/vnd.pmtiles")
def get_streets_file(query: dict[str, Any]) -> Response:
    """The file with streets that the operator has named, whole or by ranges; `v` is its version."""
    file = ground_of(current.core(), current.catalogue()).file
    if file is None or not file.is_file():
        raise NotFound(problem("error.map.none"))
    # PMTiles is read by ranges, a few kilobytes at a time.
    sent: Any = send_file(file, mimetype="application/vnd.pmtiles", conditional=True)
    response: Response = sent
    response.headers["Cache-Control"] = FOR_EVER if query.get("v") else CHANGES_SELDOM
    try:
        _hold_back(response)
    except TooManyRequests:
        response.close()
        raise
    return response


def _hold_back(response: Response) -> None:
    """Keep one stranger from taking the whole line: few large parts at once, and so many bytes of small ones."""
    size, network = response.content_length or 0, network_of(request.remote_addr)
    if size > LARGEST_OF_A_PAGE:
        take_share(response, shares.of_exports(), network)
        response.call_on_close(response.response.close)  # type: ignore[union-attr]
        # Else nobody would close the answer itself, which gives the place back.
        response.direct_passthrough = False
        response.response = to_the_end(iter(response.response))  # type: ignore[arg-type]
        return
    counted = limits()
    if counted is None:
        return
    for _ in range(size // UNIT_BYTES):
        if seconds := counted.minute.seconds_to_wait(f"map of {network}", UNITS_A_MINUTE):
            raise TooManyRequests(problem("error.rate_limit", limit=UNITS_A_MINUTE), retry_after=seconds)
