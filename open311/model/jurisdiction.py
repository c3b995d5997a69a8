"""A jurisdiction: the area and the authority behind one catalogue."""

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shapely import intersects_xy
from shapely.geometry.base import BaseGeometry

from open311.base.text import NO_TEXT, Text

SANDBOX_PREFIX = "test."
# How PostgreSQL calls the stems and stop words of each language that it knows.
TEXT_SEARCH = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}

# The first parts of addresses of our own; pages of a city called so could not be reached.
RESERVED = frozenset(
    [
        "accessibility",
        "alerts",
        "answer",
        "city.css",
        "easy",
        "favicon.ico",
        "follow",
        "healthz",
        "help",
        "icons",
        "imprint",
        "logo",
        "manifest.webmanifest",
        "media",
        "metrics",
        "my-data",
        "offline",
        "ogc",
        "open-data",
        "open311",
        "order",
        "places",
        "privacy",
        "rating",
        "readyz",
        "report",
        "reports",
        "robots.txt",
        "service-worker.js",
        "services",
        "sitemap.xml",
        "staff",
        "static",
        "statistics",
        "tiles",
    ]
)
# Whoever names a format in a first part is a program; digits alone are the number of a report.
_LEADS_ELSEWHERE = re.compile(r"[0-9]+|[^A-Za-z0-9].*|.*\.(?:json|xml)", re.IGNORECASE)


def leads_elsewhere(jurisdiction_id: str) -> bool:
    """Whether an address that begins with this name is another than that of a city's pages."""
    return jurisdiction_id.casefold() in RESERVED or bool(_LEADS_ELSEWHERE.fullmatch(jurisdiction_id))


def covers(jurisdictions: Container[str], jurisdiction_id: str) -> bool:
    """Whether a jurisdiction is among these, or is the sandbox of one of them."""
    return jurisdiction_id in jurisdictions or jurisdiction_id.removeprefix(SANDBOX_PREFIX) in jurisdictions


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """Who answers for an area.

    `languages` begins with the default one. `boundary` is in WGS84 (long, lat). `held_by_id` says
    whether a report that awaits moderation is answered redacted under its own id, or not at all. `harvested_from` is
    the server whose requests are only shown here; reports go there. `zipcode_pattern` finds a zip code in an address;
    without it none is looked for. `boundary_is_sketch` says that the boundary is too rough to refuse anybody fairly.
    """

    jurisdiction_id: str
    name: Text
    languages: tuple[str, ...]
    time_zone: ZoneInfo
    contact: Text
    key_service: Text
    aliases: tuple[str, ...] = ()
    boundary: BaseGeometry | None = None
    emergency_notice: Text = NO_TEXT
    held_by_id: bool = True
    harvested_from: str | None = None
    zipcode_pattern: str | None = None
    boundary_is_sketch: bool = False

    @property
    def text_search(self) -> str:
        """The configuration of PostgreSQL's text search for the default language; `simple` knows no stems."""
        return TEXT_SEARCH.get(self.languages[0].partition("-")[0], "simple")

    def answers_to(self, jurisdiction_id: str) -> bool:
        """Whether this is one of our names; letter case does not matter."""
        folded = jurisdiction_id.casefold()
        return any(folded == name.casefold() for name in (self.jurisdiction_id, *self.aliases))

    def contains(self, lat: float, long: float) -> bool:
        """Whether a point lies inside the boundary, its edge included; yes when there is none."""
        # `contains` of shapely would leave out who stands on the edge.
        return self.boundary is None or bool(intersects_xy(self.boundary, long, lat))

    def zipcode_in(self, address: str) -> str | None:
        """The last zip code in an address, as the city's pattern knows it."""
        if self.zipcode_pattern is None:
            return None
        matches = [*re.finditer(rf"(?<!\w)(?:{self.zipcode_pattern})(?!\w)", address)]
        # `12345 Main Street` begins with a house number.
        return (
            matches[-1][0] if matches and (matches[-1].start() or matches[-1].end() == len(address)) else None
        )

    def sandbox(self) -> "Jurisdiction":
        """This jurisdiction as the test endpoint knows it."""
        own = SANDBOX_PREFIX + self.jurisdiction_id
        return replace(self, jurisdiction_id=own, aliases=(self.jurisdiction_id, *self.aliases))
