"""The settings of a page's map, as data attributes of its element."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import g

from open311.basemap.ground import Ground, ground_of, version_with_things
from open311.basemap.model import LICENCE_OF_EXTRACTS, MapVersion
from open311.http import current
from open311.model.catalogue import Catalogue
from open311.site import addresses, assets
from open311.site.words import words

LIBRARY = "maplibre-gl.mjs"
STYLES = "maplibre-gl.css"
# Where a licence wants to be read.
LICENCES = {LICENCE_OF_EXTRACTS: "https://www.openstreetmap.org/copyright"}
# What MapLibre says by itself.
ITS_WORDS = {
    "Map.Title": "page.map",
    "NavigationControl.ZoomIn": "page.map.closer",
    "NavigationControl.ZoomOut": "page.map.farther",
    "GeolocateControl.FindMyLocation": "page.map.locate",
    "GeolocateControl.LocationNotAvailable": "page.map.no_location",
    "AttributionControl.ToggleAttribution": "page.map.sources",
    "CooperativeGesturesHandler.WindowsHelpText": "page.map.gesture.ctrl",
    "CooperativeGesturesHandler.MacHelpText": "page.map.gesture.cmd",
    "CooperativeGesturesHandler.MobileHelpText": "page.map.gesture.fingers",
}
OUR_WORDS = {
    "thousand": "page.map.thousand",
    "gone": "page.map.gone",
    "close": "page.map.close",
    "one": "page.map.one",
    "here": "page.map.here",
    "more": "page.map.more",
    "free": "page.map.free",
    "report": "page.map.report_here",
}


def map_of(catalogue: Catalogue) -> dict[str, Any]:
    """The data of a map of a city; empty when its program is not installed."""
    library = assets.vendor("maplibre", LIBRARY)
    if not library:
        return {}
    jurisdiction, settings = catalogue.jurisdiction, current.core().settings
    tiles = _tiles(catalogue)
    return {
        "code": library,
        "styles": assets.vendor("maplibre", STYLES),
        "tiles": f"{tiles}/{{z}}/{{x}}/{{y}}.mvt",
        "boundary": f"{tiles}/boundary.geojson" if jurisdiction.boundary else "",
        "bounds": list(jurisdiction.boundary.bounds) if jurisdiction.boundary else [],
        "closed_days": settings.map_closed_days,
        "cards": addresses.address("cards"),
        "report": addresses.address("new_report"),
        "symbols": assets.address("symbols.svg"),
        "services": {service.service_code: service.icon for service in catalogue.services.values()},
        "statuses": {status.code: [status.colour, status.shape] for status in catalogue.statuses.values()},
        "words": {name: words(key, number="{number}") for name, key in (ITS_WORDS | OUR_WORDS).items()},
        **_below(catalogue),
    }


def to_point_on(catalogue: Catalogue) -> dict[str, Any]:
    """The same for a map that a place is chosen on: with the things that services ask for by their numbers."""
    shown = map_of(catalogue)
    kinds = catalogue.kinds_of_things
    version = version_with_things(current.core(), catalogue) if shown and kinds else None
    if version is None:
        return shown
    return shown | {"things": {"tiles": _streets(catalogue, version), "kinds": sorted(kinds)}}


def _streets(catalogue: Catalogue, version: MapVersion) -> str:
    return f"{_tiles(catalogue)}/streets/{version.version_id}/{{z}}/{{x}}/{{y}}.mvt"


def _tiles(catalogue: Catalogue) -> str:
    return f"{addresses.root()}/tiles/{quote(catalogue.jurisdiction.jurisdiction_id)}"


def _below(catalogue: Catalogue) -> dict[str, Any]:
    """What lies below the reports: a style elsewhere, tiles of ours, or a file of tiles and what draws it."""
    ground = _ground(catalogue)
    below: dict[str, Any] = {"below": ground.style, "streets": "", "file": "", "attribution": []}
    if ground.version:
        below["streets"] = _streets(catalogue, ground.version)
        below["attribution"] = [
            {"words": text, "href": LICENCES.get(text, "")} for text in ground.version.attributions
        ]
    if ground.file and ground.file.is_file():
        below["file"] = f"{_tiles(catalogue)}/streets.pmtiles?v={_version(ground.file)}"
        below["file_code"] = assets.vendor("pmtiles", "pmtiles.js")
        below["file_looks"] = assets.vendor("basemaps", "index.js")
    return below | {"has_streets": any(below[name] for name in ("below", "streets", "file"))}


def _version(file: Path) -> str:
    # Too large to be read for a digest.
    state = file.stat()
    return f"{state.st_mtime_ns:x}{state.st_size:x}"


def _ground(catalogue: Catalogue) -> Ground:
    # Once a request: the map and the content policy both need it.
    if "ground" not in g:
        g.ground = ground_of(current.core(), catalogue)
    ground: Ground = g.ground
    return ground


def sources() -> dict[str, str]:
    """What the content policy must also let in for the map of this page: the one server whose style is named."""
    ground: Ground | None = g.get("ground")
    origin = _origin(ground) if ground else ""
    return {"connect-src": origin, "img-src": origin} if origin else {}


def origin_of_streets(catalogue: Catalogue) -> str:
    """The server elsewhere that browsers ask for streets; empty when they ask none."""
    return _origin(_ground(catalogue))


def _origin(ground: Ground) -> str:
    parts = urlsplit(ground.style)
    # A source of a content policy is scheme and host; with a name and password in it, browsers drop it.
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if ground.style else ""
