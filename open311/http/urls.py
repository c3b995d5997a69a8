"""The one table of prefixes and suffixes of addresses, for limits, logs, caches, error formats and city names.

Routes themselves are with their views. A front door that begins an address of its own is one row here.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prefix:
    """What is known of all addresses below a first part. No city has a page there, whatever it is called."""

    path: str
    # Errors are told in the format of an interface, not as a page.
    for_programs: bool = False
    # A page asks for many of these at once, and each costs little.
    is_part_of_a_page: bool = False
    # Asked by a supervisor, by plain http; one that is told "too many" would end a healthy server.
    is_probe: bool = False
    # Only for people who have signed in.
    for_staff: bool = False


GEOREPORT = "/open311"
GEOREPORT_V2 = f"{GEOREPORT}/v2"
# The test endpoint, whose reports are kept apart.
SANDBOX_V2 = f"{GEOREPORT}/test/v2"
PREFIXES = (
    Prefix(GEOREPORT, for_programs=True),
    Prefix("/ogc", for_programs=True),
    Prefix("/tiles", for_programs=True, is_part_of_a_page=True),
    Prefix("/media", for_programs=True, is_part_of_a_page=True),
    Prefix("/static", for_programs=True, is_part_of_a_page=True),
    Prefix("/healthz", for_programs=True, is_probe=True),
    Prefix("/readyz", for_programs=True, is_probe=True),
    Prefix("/metrics", for_programs=True, is_probe=True),
    Prefix("/staff", for_staff=True),
    Prefix("/order"),
)
FOR_PROGRAMS = tuple(prefix.path for prefix in PREFIXES if prefix.for_programs)
PARTS_OF_PAGES = tuple(f"{prefix.path}/" for prefix in PREFIXES if prefix.is_part_of_a_page)
PROBES = tuple(prefix.path for prefix in PREFIXES if prefix.is_probe)
STAFF = next(prefix.path for prefix in PREFIXES if prefix.for_staff)

# An address that ends so names its format, so `Accept` does not matter; in any letter case.
SUFFIXES = ("xml", "json", "geojson", "ndjson", "csv", "atom", "mvt")
# Whoever names one of these is a program that speaks GeoReport, wherever it strays.
SUFFIXES_OF_GEOREPORT = (".json", ".xml")
# The first part of an address as the name of a city: no prefix, and nothing that ends like an interface.
CITY = (
    rf"(?!(?:{'|'.join(prefix.path[1:] for prefix in PREFIXES)})(?:/|\Z))"
    r"(?![^/]*\.(?:json|xml)(?:/|\Z))[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
)

# Pages of one person, below a city or not; `*` is any one part. No browser keeps them for later.
PERSONAL = (
    "report",
    "my-data",
    "follow",
    "alerts",
    "answer",
    "order",
    "rating",
    "reports/*/follow",
    "reports/*/update",
    "reports/*/objection",
)
# For no search engine: forms that somebody has begun, what belongs to one person, what only a page asks for.
NOT_SEARCHED = (
    *(prefix.path for prefix in PREFIXES if prefix.for_staff),
    *(f"/{path}" if "*" in path else f"/{path}/" for path in PERSONAL),
    "/places",
    "/reports/cards",
)
# Behind these stands what opens somebody's draft, order or data.
_SECRETS = re.compile(
    r"(/(?:report|my-data|follow|alerts|answer|order|rating|staff/welcome|staff/new)/)[^/]{16,}"
)


def is_below(path: str, prefix: str) -> bool:
    """Whether an address is this prefix, or begins with it as with a part of its own."""
    return path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == "/")


def discreet(path: str) -> str:
    """A path as a log may hold it: without the words that open somebody's data."""
    return _SECRETS.sub(r"\1…", path)
