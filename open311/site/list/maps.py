"""What the map of a page needs to know, as attributes of its element."""

from typing import Any
from urllib.parse import quote, urlsplit

from open311.http import current
from open311.model.catalogue import Catalogue
from open311.site import addresses, assets
from open311.site.words import words

LIBRARY = "maplibre-gl.mjs"
STYLES = "maplibre-gl.css"
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
    tiles = f"{addresses.root()}/tiles/{quote(jurisdiction.jurisdiction_id)}"
    return {
        "code": library,
        "styles": assets.vendor("maplibre", STYLES),
        "tiles": f"{tiles}/{{z}}/{{x}}/{{y}}.mvt",
        "boundary": f"{tiles}/boundary.geojson" if jurisdiction.boundary else "",
        "bounds": list(jurisdiction.boundary.bounds) if jurisdiction.boundary else [],
        "below": settings.map_style_url or "",
        "closed_days": settings.map_closed_days,
        "cards": addresses.address("cards"),
        "report": addresses.address("new_report"),
        "symbols": assets.address("symbols.svg"),
        "services": {service.service_code: service.icon for service in catalogue.services.values()},
        "statuses": {status.code: [status.colour, status.shape] for status in catalogue.statuses.values()},
        "words": {name: words(key, number="{number}") for name, key in (ITS_WORDS | OUR_WORDS).items()},
    }


def sources() -> dict[str, str]:
    """What the content policy must also let in: the one server that the operator has named."""
    style = current.core().settings.map_style_url
    if not style:
        return {}
    parts = urlsplit(style)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return {"connect-src": origin, "img-src": origin}
