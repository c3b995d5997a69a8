"""Places for words: asked of the geocoder that the settings name, or of the city's own list of addresses."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from open311.adapters import geocoder
from open311.base.i18n import translate
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.catalogue import things as numbered_things
from open311.model.maps.geography import Box, Circle
from open311.model.maps.place import Place, PlaceKind
from open311.model.maps.street_names import has_same_words, is_named, names_street_of, spelled_out
from open311.model.service_request import Location
from open311.storage.maps import addresses as storage
from open311.storage.maps import assets

SUGGESTED = 8
LONGEST = 200
NEAR_METRES = 60.0
NAMES_OF_THINGS = {
    "street_lamp": "asset.street_lamp",
    "waste_basket": "asset.waste_basket",
    "traffic_signals": "asset.traffic_signals",
    "recycling": "asset.recycling",
    "bench": "asset.bench",
}
# So far from its address may a place be, in metres: across a yard, along a street, in a park.
FARTHEST = {
    PlaceKind.HOUSE: 250.0,
    PlaceKind.THING: 250.0,
    PlaceKind.STREET: 1500.0,
    PlaceKind.PLACE: 700.0,
}


def things(
    core: Core, catalogue: Catalogue, number: str, kinds: Collection[str], language: str
) -> list[Place]:
    """Things of the city with this number, each with the address next to it."""
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.read() as conn:
        named_things = assets.numbered(conn, owner, number.strip(), kinds, SUGGESTED)
        around = (Circle(Location(thing.lat, thing.long), NEAR_METRES) for thing in named_things)
        beside = [storage.nearest(conn, owner, circle) for circle in around]
    places = []
    for thing, near in zip(named_things, beside, strict=True):
        name = translate(NAMES_OF_THINGS[thing.kind], language, number=thing.number)
        label = f"{name}, {near.address}" if near else name
        places.append(Place(label, thing.lat, thing.long, PlaceKind.THING))
    return places


def thing_at(core: Core, catalogue: Catalogue, place: Location, metres: float, language: str) -> str:
    """What is at a place and is asked for by its number, such as `Lamp 4711`; empty when nothing does."""
    owner = catalogue.jurisdiction.jurisdiction_id
    kinds = sorted(catalogue.kinds_of_things)
    if not kinds:
        return ""
    with core.database.read() as conn:
        words = (assets.at(conn, owner, kind, Circle(place, metres)) for kind in kinds)
        thing = next(filter(None, words), None)
    return translate(NAMES_OF_THINGS[thing.kind], language, number=thing.number) if thing else ""


def things_named(core: Core, catalogue: Catalogue, words: str, language: str) -> list[Place]:
    """Things whose number stands alone, or behind a word for them that the catalogue knows."""
    number, asking = numbered_things.number_named_by(words, catalogue.active_services())
    kinds = {attribute.asset for attribute in asking if attribute.asset}
    return things(core, catalogue, number, kinds, language) if kinds else []


def search(core: Core, catalogue: Catalogue, words: str, language: str) -> list[Place]:
    """Places in the area of the jurisdiction that the words may mean, the likeliest first; none is no error."""
    query = " ".join(words.split())[:LONGEST]
    if len(query) < 3:
        return []
    if core.settings.geocoder == "table":
        with core.database.read() as conn:
            places = storage.search(
                conn,
                catalogue.jurisdiction.jurisdiction_id,
                spelled_out(query, catalogue.jurisdiction.languages),
                SUGGESTED,
            )
    else:
        elsewhere = geocoder.for_settings(core.settings)
        asked_there = {"within": _box(catalogue), "language": language, "limit": SUGGESTED}
        places = elsewhere.search(query, **asked_there) if elsewhere else []  # type: ignore[arg-type]
    places = [*things_named(core, catalogue, query, language), *places]
    # Geocoders take a box for a wish, and a box is not the boundary.
    inside = [place for place in places if catalogue.jurisdiction.contains(place.lat, place.long)]
    # One entry an address, and of equal ones the likeliest, at its place.
    return list({place.address: place for place in reversed(inside)}.values())[::-1]


def nearest(core: Core, catalogue: Catalogue, lat: float, long: float, language: str) -> str:
    """The address next to a point of the jurisdiction; empty when there is none near, or nobody knows."""
    if not catalogue.jurisdiction.contains(lat, long):
        return ""
    if core.settings.geocoder == "table":
        with core.database.read() as conn:
            around = Circle(Location(lat, long), NEAR_METRES)
            address = storage.nearest(conn, catalogue.jurisdiction.jurisdiction_id, around)
    else:
        elsewhere = geocoder.for_settings(core.settings)
        able = isinstance(elsewhere, geocoder.ReverseGeocoder)
        address = elsewhere.reverse(lat, long, language=language) if able else None  # type: ignore[union-attr]
    return address.address if address else ""


def possible(core: Core, catalogue: Catalogue) -> bool:
    if core.settings.geocoder != "table":
        return core.settings.geocoder != "none"
    with core.database.read() as conn:
        return storage.any_stored(conn, catalogue.jurisdiction.jurisdiction_id)


def apart(core: Core, catalogue: Catalogue, words: str, position: Location, language: str) -> Place | None:
    """The place that an address surely names, when it is farther from a position than such a place is large."""
    places = search(core, catalogue, words, language)
    languages = catalogue.jurisdiction.languages
    exact = [place for place in places if is_named(words, place, languages)]
    of_street = [place for place in places if names_street_of(words, place, languages)]
    # The likeliest has to be among them, else the words may mean something else.
    if not places or places[0] not in (*exact, *of_street):
        return None
    # Of a house that no list has, the street is known all the same.
    named = exact or [replace(place, address=words, kind=PlaceKind.STREET) for place in of_street]
    # Of several by that name one may be near.
    closest = min(named, key=lambda place: _distance(position, place))
    return closest if _distance(position, closest) > FARTHEST[closest.kind] else None


def house(core: Core, catalogue: Catalogue, words: str, language: str) -> Place | None:
    """The house that an address surely names; None when it may be several, or is a whole street."""
    if not _has_number(words):
        return None
    return house_among(search(core, catalogue, words, language), words, catalogue.jurisdiction.languages)


def house_among(places: Sequence[Place], words: str, languages: Sequence[str]) -> Place | None:
    """The one of the places that words surely name; None when it may be several, or is a whole street."""
    if not _has_number(words):
        return None
    named = [place for place in places if place.kind is PlaceKind.HOUSE and is_named(words, place, languages)]
    # A street of that name may be in several parts of the town, of which the rest of the address chooses one.
    exactly = [place for place in named if has_same_words(words, place, languages)]
    candidates = exactly or named
    return candidates[0] if len(candidates) == 1 else None


def _has_number(words: str) -> bool:
    return any(letter.isdigit() for letter in words.partition(",")[0])


def _distance(position: Location, place: Place) -> float:
    return Circle(position, 1.0).distance(Location(place.lat, place.long))


def _box(catalogue: Catalogue) -> Box | None:
    boundary = catalogue.jurisdiction.boundary
    return Box(*boundary.bounds) if boundary else None
