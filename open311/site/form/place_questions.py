"""What the step about the place asks back: which place was meant, where they lie apart, whether words alone must do."""

from collections.abc import Sequence
from dataclasses import dataclass

from open311.actions.addresses import geocoding
from open311.http import current
from open311.model.intake.drafts import Draft
from open311.model.maps.geography import Circle
from open311.model.maps.place import Place
from open311.model.maps.street_names import is_like
from open311.model.service_request import Location
from open311.site.blueprint import city
from open311.site.form import form_input
from open311.site.list import maps
from open311.site.words import catalogue_text, degrees, metres, words

# The choice to change the words; to go on with them alone; with a position apart from its address, alone or with both.
AGAIN = "again"
ONLY_WORDS = "words"
POSITION = "position"
BOTH = "both"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answers, each with what is sent for it, and which is chosen already."""

    asked: str
    choices: Sequence[tuple[str, str]]
    chosen: int = 0


def photo_question(place: Place) -> Question:
    """Whether a photo was taken where the trouble is."""
    there = words("page.form.place.photo.there", position=degrees(place.lat, place.long))
    return Question(
        words("page.form.place.photo"), [(_value(place), there), ("", words("page.form.place.photo.not"))]
    )


def place_question(draft: Draft) -> Question | Place | None:
    """What is to be asked about the place of a draft, or the house that it surely is; None when it was confirmed."""
    return _apart(draft) if draft.text("lat") else _without_position(draft)


def _without_position(draft: Draft) -> Question | Place | None:
    typed = draft.text("address")
    if not typed or draft.text("only_words") == typed:
        return None
    places = geocoding.search(current.core(), city(), typed, current.language())
    as_typed = (ONLY_WORDS, words("page.form.place.words", words=typed))
    if places:
        return _meant(typed, places, as_typed)
    if not _can_be_found():
        return None
    question = words("page.form.place.not_found", words=typed, city=catalogue_text(city().jurisdiction.name))
    again = words("page.form.place.not_found.again")
    return Question(question, [(AGAIN, again), (ONLY_WORDS, words("page.form.place.not_found.words"))])


def _meant(typed: str, places: Sequence[Place], as_typed: tuple[str, str]) -> Question | Place:
    languages = city().jurisdiction.languages
    if house := geocoding.house_among(places, typed, languages):
        return house
    choices = [*((_value(place), place.address) for place in places), as_typed]
    # Who goes on without reading must not send anybody to a street that only looks like the one meant.
    chosen = 0 if is_like(typed, places[0], languages) else len(places)
    return Question(words("page.form.place.meant"), choices, chosen)


def _can_be_found() -> bool:
    """Whether there is a list to search in, or a map to point on, so that another try is worth it."""
    return geocoding.possible(current.core(), city()) or bool(maps.map_of(city()).get("has_streets"))


def _apart(draft: Draft) -> Question | None:
    sent, unread = form_input.position(draft.state)
    typed = draft.text("address")
    if unread or sent is None or not typed or draft.text("both") == confirmed(draft):
        return None
    geocoded = geocoding.apart(current.core(), city(), typed, sent, current.language())
    if geocoded is None:
        return None
    there = words("page.form.place.apart.address", address=geocoded.address)
    near = geocoding.nearest(current.core(), city(), sent.lat, sent.long, current.language())
    here = words("page.form.place.apart.position", place=near or degrees(sent.lat, sent.long))
    distance = metres(Circle(sent, 1.0).distance(Location(geocoded.lat, geocoded.long)))
    return Question(
        words("page.form.place.apart", address=geocoded.address, distance=distance),
        [
            (POSITION, here),
            (_value(geocoded), there),
            (BOTH, words("page.form.place.apart.both", words=typed)),
        ],
    )


def taken(house: Place) -> dict[str, str]:
    """What a draft keeps of the house that its address surely is."""
    return {
        "lat": f"{house.lat}",
        "long": f"{house.long}",
        "placed": house.address,
        "address": house.address,
    }


def confirmed(draft: Draft) -> str:
    """The place and the words that somebody has said to be both right."""
    return "|".join(draft.text(name) for name in ("lat", "long", "address"))


def _value(place: Place) -> str:
    return f"{place.lat}|{place.long}|{place.address}"
