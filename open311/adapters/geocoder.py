"""Geocoding by a server elsewhere: Nominatim, what answers like it, or a class of the operator's."""

import math
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol, runtime_checkable

import httpx2
import orjson
import structlog

from open311.adapters.named_class import class_named
from open311.base.errors import ConfigurationError
from open311.base.text import tidy
from open311.model.maps.geography import Box
from open311.model.maps.place import Place, PlaceKind
from open311.settings import Settings

log = structlog.get_logger()

SETTING = "OPEN311_GEOCODER"
# Somebody waits at the form; without an answer they place the pin by hand.
SECONDS = 4.0
MOST_BYTES = 1_000_000
LONGEST_ADDRESS = 200
# From large to small, as Nominatim names the parts of an address.
ROADS = ("road", "pedestrian", "footway", "path", "square", "park", "leisure", "amenity")
TOWNS = ("city", "town", "village", "municipality")


class Geocoder(Protocol):
    """What a geocoder must be able to do. It answers nothing, and raises nothing, when it cannot be reached."""

    def search(self, words: str, *, within: Box | None, language: str, limit: int) -> list[Place]:
        """Places that the words may mean, the likeliest first."""


@runtime_checkable
class ReverseGeocoder(Protocol):
    """A geocoder that knows the way back, too; none need to."""

    def reverse(self, lat: float, long: float, *, language: str) -> Place | None:
        """The address at a point."""


@cache
def named(name: str) -> Geocoder:
    """The geocoder of this name: an address, or a class that is made without arguments."""
    if _is_address(name):
        return Nominatim(name)
    try:
        geocoder: Geocoder = class_named(name, SETTING)()
    except TypeError as reason:
        raise ConfigurationError(f"{SETTING} is {name!r}: {reason}") from None
    return geocoder


def for_settings(settings: Settings) -> Geocoder | None:
    """The geocoder that the settings name, unless addresses are our own or none are searched."""
    return None if settings.geocoder in ("none", "table") else named(settings.geocoder)


def check(settings: Settings) -> None:
    """Raise `ConfigurationError` for a class that is not there. None is made, since processes are forked later."""
    if settings.geocoder not in ("none", "table") and not _is_address(settings.geocoder):
        class_named(settings.geocoder, SETTING)


def _is_address(name: str) -> bool:
    return name.startswith(("http://", "https://"))


class Nominatim:
    """A Nominatim, or what answers like one (Photon and Pelias have bridges)."""

    def __init__(self, url: str) -> None:
        self._url = url
        headers = {"User-Agent": "open311-server", "Accept": "application/json"}
        # No redirects: whoever answers is the server that the operator named.
        self._client = httpx2.Client(timeout=SECONDS, headers=headers, follow_redirects=False)

    def search(self, words: str, *, within: Box | None, language: str, limit: int) -> list[Place]:
        query: dict[str, Any] = {"q": words, "format": "jsonv2", "addressdetails": 1, "limit": limit}
        query["accept-language"] = language
        if within:
            box = (within.min_long, within.max_lat, within.max_long, within.min_lat)
            query |= {"viewbox": ",".join(f"{degrees:.5f}" for degrees in box), "bounded": 1}
        answer = self._answer("search", query)
        rows = answer if isinstance(answer, list) else []
        places = [_place(row) for row in rows[:limit] if isinstance(row, Mapping)]
        # Not every bridge heeds `bounded`.
        return [place for place in places if place and (within is None or _inside(place, within))]

    def reverse(self, lat: float, long: float, *, language: str) -> Place | None:
        """The house or the road at a point."""
        query: dict[str, Any] = {"lat": lat, "lon": long, "format": "jsonv2", "addressdetails": 1, "zoom": 18}
        query["accept-language"] = language
        answer = self._answer("reverse", query)
        return _place(answer) if isinstance(answer, Mapping) else None

    def _answer(self, method: str, query: Mapping[str, Any]) -> Any:
        try:
            return orjson.loads(self._body(f"{self._url}/{method}", query))
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as reason:
            log.warning("geocoder_failed", reason=f"{type(reason).__name__}")
            return None

    def _body(self, url: str, query: Mapping[str, Any]) -> bytes:
        # The client's own limit is for each read: a server that sends a byte a second would keep within it for ever.
        body, until = b"", time.monotonic() + SECONDS
        with self._client.stream("GET", url, params=query) as response:
            if response.status_code != 200:
                raise ValueError(response.status_code)
            for part in response.iter_bytes():
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > until:
                    raise ValueError("too long")
        return body


def _place(row: Mapping[str, Any]) -> Place | None:
    try:
        lat, long = float(row["lat"]), float(row["lon"])
    except (KeyError, TypeError, ValueError):
        return None
    address = _address(row)
    possible = math.isfinite(lat) and math.isfinite(long) and abs(lat) <= 90 and abs(long) <= 180
    return Place(address, lat, long, _kind(row)) if possible and address else None


def _kind(row: Mapping[str, Any]) -> PlaceKind:
    """How exactly that is a place: a street is longer than the yard of a house."""
    parts = row.get("address")
    if isinstance(parts, Mapping) and parts.get("house_number"):
        return PlaceKind.HOUSE
    # `category` is called `class` in older formats; bridges give one of them, or none.
    described = {str(row.get(name) or "") for name in ("addresstype", "category", "class", "type")}
    return PlaceKind.STREET if described & {"road", "street", "highway"} else PlaceKind.PLACE


def _address(row: Mapping[str, Any]) -> str:
    """As it is written on letters: road and number, postcode and town."""
    parts = row.get("address")
    named = parts if isinstance(parts, Mapping) else {}
    road = next((named[part] for part in ROADS if named.get(part)), "")
    town = next((named[part] for part in TOWNS if named.get(part)), "")
    first = f"{road} {named.get('house_number') or ''}".strip()
    second = f"{named.get('postcode') or ''} {town}".strip()
    whole = ", ".join(filter(None, (first, second))) if road else str(row.get("display_name") or "")
    return " ".join(tidy(whole).split())[:LONGEST_ADDRESS]


def _inside(place: Place, box: Box) -> bool:
    return box.min_lat <= place.lat <= box.max_lat and box.min_long <= place.long <= box.max_long
