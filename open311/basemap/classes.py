"""Which things of a map are drawn, and as what: by the tags of OpenStreetMap, which official data may carry as well."""

from collections.abc import Mapping
from typing import NamedTuple

from open311.basemap.model import FIRST_LEVEL, Layer

Tags = Mapping[str, str]


class Class(NamedTuple):
    """What a thing is drawn as; `from_level` is None where its size decides."""

    layer: Layer
    kind: str
    from_level: int | None = None


_ROAD_LEVELS = {
    "motorway": FIRST_LEVEL,
    "trunk": 9,
    "primary": 10,
    "secondary": 11,
    "tertiary": 12,
    "street": 13,
    "pedestrian": 13,
    "service": 15,
    "path": 15,
}
_ROADS = {
    **{name: name for name in ("motorway", "trunk", "primary", "secondary", "tertiary", "pedestrian")},
    **{f"{name}_link": name for name in ("motorway", "trunk", "primary", "secondary", "tertiary")},
    **dict.fromkeys(("residential", "unclassified", "living_street", "road"), "street"),
    **dict.fromkeys(("service", "track"), "service"),
    **dict.fromkeys(("footway", "cycleway", "path", "steps", "bridleway"), "path"),
}
NAMED_ROADS = frozenset(_ROADS)
_LINES = {
    ("railway", "rail"): Class(Layer.LINES, "rail", 11),
    ("railway", "light_rail"): Class(Layer.LINES, "rail", 12),
    ("railway", "tram"): Class(Layer.LINES, "tram", 13),
    ("waterway", "river"): Class(Layer.LINES, "river", 10),
    ("waterway", "canal"): Class(Layer.LINES, "river", 12),
    ("waterway", "stream"): Class(Layer.LINES, "stream", 14),
    ("waterway", "ditch"): Class(Layer.LINES, "stream", 15),
}
_GROUND = {
    "water": (
        "natural=water",
        "waterway=riverbank",
        "landuse=basin",
        "landuse=reservoir",
        "leisure=swimming_pool",
    ),
    "wood": ("natural=wood", "landuse=forest"),
    "green": (
        *("leisure=park", "leisure=garden", "leisure=nature_reserve", "natural=scrub", "natural=heath"),
        *("landuse=grass", "landuse=meadow", "landuse=village_green", "landuse=recreation_ground"),
        *("landuse=allotments", "landuse=cemetery", "amenity=grave_yard", "natural=grassland"),
    ),
    "play": ("leisure=playground",),
    "sport": ("leisure=pitch", "leisure=sports_centre", "leisure=stadium", "leisure=golf_course"),
    "built": ("landuse=residential", "landuse=retail", "landuse=commercial"),
    "industry": ("landuse=industrial", "landuse=railway", "landuse=port", "landuse=harbour"),
    "grounds": ("amenity=school", "amenity=kindergarten", "amenity=hospital", "amenity=university"),
    "paved": ("amenity=parking", "place=square"),
}
_AREAS = {pair: kind for kind, pairs in _GROUND.items() for pair in pairs}
_PUBLIC = {
    "amenity": {
        *("townhall", "school", "kindergarten", "library", "hospital", "university", "college", "police"),
        *("fire_station", "courthouse", "community_centre", "place_of_worship", "theatre", "post_office"),
    },
    "office": {"government"},
    "tourism": {"museum"},
    "building": {"public", "civic", "church", "school", "train_station"},
}
# Names of parts of a town, the larger ones first.
_PLACES = {
    "city": 9,
    "town": 9,
    "borough": 11,
    "suburb": 11,
    "village": 11,
    "quarter": 13,
    "neighbourhood": 14,
    "hamlet": 13,
}
_STOPS = {("highway", "bus_stop"), ("public_transport", "platform"), ("railway", "tram_stop")}
# What has a number on it; the keys that may hold the number.
ASSETS = {
    ("highway", "street_lamp"): "street_lamp",
    ("amenity", "waste_basket"): "waste_basket",
    ("highway", "traffic_signals"): "traffic_signals",
    ("amenity", "recycling"): "recycling",
    ("amenity", "bench"): "bench",
}
NUMBER_KEYS = ("ref", "lamp_ref", "local_ref", "number")
# Things without any of these keys are not looked at.
KEYS = (
    *("highway", "railway", "waterway", "natural", "landuse", "leisure", "amenity", "place", "building"),
    *("public_transport", "office", "tourism", "addr:housenumber"),
)
AREA_KEYS = (
    *("natural", "landuse", "leisure", "amenity", "building", "waterway", "office", "tourism"),
    *("addr:housenumber", "place", "public_transport"),
)


def of_line(tags: Tags) -> Class | None:
    road = _ROADS.get(tags.get("highway", ""))
    if road:
        return Class(Layer.ROADS, road, _ROAD_LEVELS[road])
    if tags.get("tunnel") in ("yes", "culvert"):
        return None
    return next((what for (key, value), what in _LINES.items() if tags.get(key) == value), None)


def of_area(tags: Tags) -> list[Class]:
    """What an area is drawn as: ground, building, or both."""
    kinds = (_AREAS.get(f"{key}={value}") for key, value in tags.items())
    ground = next(filter(None, kinds), None)
    if ground is None and tags.get("highway") == "pedestrian":
        ground = "paved"
    classes = [Class(Layer.GROUND, ground)] if ground else []
    if tags.get("building", "no") != "no":
        classes.append(Class(Layer.BUILDINGS, "public" if is_public(tags) else "house", 15))
    return classes


def of_point(tags: Tags) -> Class | None:
    """What a point is drawn as, an area with a name likewise."""
    if (place := tags.get("place")) in _PLACES and tags.get("name"):
        return Class(Layer.PLACES, place, _PLACES[place])
    if any(tags.get(key) == value for key, value in _STOPS):
        return Class(Layer.POINTS, "stop", 16)
    if tags.get("leisure") == "playground":
        return Class(Layer.POINTS, "play", 15)
    if is_public(tags) and tags.get("name"):
        return Class(Layer.POINTS, "public", 15)
    if tags.get("name") and tags.get("leisure") in ("park", "nature_reserve", "stadium"):
        return Class(Layer.POINTS, "green", 14)
    if tags.get("name") and (tags.get("landuse") == "cemetery" or tags.get("place") == "square"):
        return Class(Layer.POINTS, "green" if "landuse" in tags else "square", 15)
    return None


def is_public(tags: Tags) -> bool:
    """Whether a house is one that everybody knows."""
    return any(tags.get(key) in values for key, values in _PUBLIC.items())


def asset(tags: Tags) -> tuple[str, str] | None:
    """Kind and number of a thing of the city that has a number on it."""
    number = next((tags[key] for key in NUMBER_KEYS if tags.get(key)), "")
    kind = next((kind for (key, value), kind in ASSETS.items() if tags.get(key) == value), "")
    return (kind, number) if kind and number else None


class Subject(NamedTuple):
    """What a file of the city's own may be about: the tags its features then have, and what it takes the place of."""

    tags: Tags
    layer: Layer | None = None
    kinds: frozenset[str] = frozenset()
    asset: str = ""

    def covers(self, layer: Layer, kind: str) -> bool:
        """Whether such a feature of an extract is not needed any more."""
        return layer is self.layer and (not self.kinds or kind in self.kinds)


EXTRACT = "extract"
SUBJECTS: Mapping[str, Subject] = {
    "roads": Subject({"highway": "residential"}, Layer.ROADS),
    "rail": Subject({"railway": "rail"}, Layer.LINES, frozenset({"rail", "tram"})),
    "water": Subject({"natural": "water"}, Layer.GROUND, frozenset({"water"})),
    "green": Subject({"leisure": "park"}, Layer.GROUND, frozenset({"green", "wood"})),
    "built_up": Subject({"landuse": "residential"}, Layer.GROUND, frozenset({"built", "industry"})),
    "buildings": Subject({"building": "yes"}, Layer.BUILDINGS),
    "districts": Subject({"place": "suburb"}, Layer.PLACES),
    "public_buildings": Subject({"office": "government"}, Layer.POINTS, frozenset({"public"})),
    "playgrounds": Subject({"leisure": "playground"}, Layer.POINTS, frozenset({"play"})),
    "stops": Subject({"highway": "bus_stop"}, Layer.POINTS, frozenset({"stop"})),
    "addresses": Subject({}, Layer.NUMBERS),
    **{kind: Subject({key: value}, asset=kind) for (key, value), kind in ASSETS.items()},
}
