"""How streets are written in each language, and how exactly words name an address."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from open311.model.maps.place import Place, PlaceKind

Spelling = tuple[re.Pattern[str], str]


def _spellings(**full: str) -> tuple[Spelling, ...]:
    return tuple((re.compile(short, re.IGNORECASE), word) for word, short in full.items())


# What is written short, by the language of the catalogue. Both sides of a comparison are spelt out alike.
SPELLINGS: Mapping[str, tuple[Spelling, ...]] = {
    "de": _spellings(straße=r"str(?:\.|asse\b|\b)"),
    # Behind a name alone: St James Street begins with a saint.
    "en": _spellings(
        street=r"\bst\b\.?(?=\s*(?:,|$))", road=r"\brd\b\.?(?=\s*(?:,|$))", avenue=r"\bave?\b\.?(?=\s|,|$)"
    ),
    "fr": _spellings(
        avenue=r"\bav\b\.?(?=\s)", boulevard=r"\b(?:bd|bld|blvd)\b\.?(?=\s)", place=r"\bpl\b\.?(?=\s)"
    ),
    "nl": _spellings(straat=r"str(?:\.|\b)"),
    "it": _spellings(via=r"\bv\.(?=\s)", piazza=r"\bp\.?z?za\b\.?", viale=r"\bv\.?le\b\.?"),
    "es": _spellings(calle=r"\bc(?:/|\.)", avenida=r"\bavd?a?\b\.?(?=\s)", plaza=r"\bpza\b\.?(?=\s)"),
    "pl": _spellings(ulica=r"\bul\b\.?(?=\s)", aleja=r"\bal\b\.(?=\s)"),
}
# So much of two names has to be alike: Bismarkstraße is Bismarckstraße, Birkenstraße is another.
SLIP = 0.9
_LETTER_BEHIND_NUMBER = re.compile(r"(?<=\d)\s+(?=[a-z]\b)")
_BETWEEN_WORDS = re.compile(r"[\s,;]+")


def spelled_out(words: str, languages: Iterable[str]) -> str:
    """Words with the names of streets at full length."""
    for language in languages:
        for short, full in SPELLINGS.get(language.partition("-")[0].lower(), ()):
            words = short.sub(full, words)
    return words


def is_named(words: str, place: Place, languages: Iterable[str]) -> bool:
    """Whether words are the address of a place; nobody needs a comma between street and town.

    What stands behind a comma may be a part of the town that the place does not name.
    """
    languages = tuple(languages)
    own, town = _own_and_town(place, languages)
    return _begins(_parts(words, languages), own, town) or _first_parts(words, languages) == own


def has_same_words(words: str, place: Place, languages: Iterable[str]) -> bool:
    """Whether an address has the same words, in any order."""
    languages = tuple(languages)
    return set(_parts(words, languages)) == set(_parts(place.address, languages))


def names_street_of(words: str, place: Place, languages: Iterable[str]) -> bool:
    """Whether words name the street of a place, with a number or without one."""
    languages = tuple(languages)
    own, town = _own_and_town(place, languages)
    street = [part for part in own if not part[0].isdigit()] if place.kind is PlaceKind.HOUSE else own
    asked = [part for part in _parts(words, languages) if not part[0].isdigit() or part in town]
    first = _named(words, languages)
    # A place that is no street, such as a park, has no numbers.
    return place.kind is not PlaceKind.PLACE and (_begins(asked, street, town) or first == street != [])


def is_like(words: str, place: Place, languages: Iterable[str]) -> bool:
    """Whether a place may stand for words unasked: its name begins with them, or differs by a slip of the finger.

    A thing is found by its number alone.
    """
    if place.kind is PlaceKind.THING:
        return True
    languages = tuple(languages)
    asked, own = (" ".join(_named(address, languages)) for address in (words, place.address))
    slip = bool(asked) and (own.startswith(asked) or SequenceMatcher(None, asked, own).ratio() >= SLIP)
    return slip or names_street_of(words, place, languages)


def _named(address: str, languages: Iterable[str]) -> list[str]:
    """The name of a street or place without the number of a house."""
    return [part for part in _first_parts(address, languages) if not part[0].isdigit()]


def _begins(asked: list[str], own: list[str], town: set[str]) -> bool:
    return bool(own) and asked[: len(own)] == own and town.issuperset(asked[len(own) :])


def _first_parts(address: str, languages: Iterable[str]) -> list[str]:
    return _parts(address.partition(",")[0], languages)


def _own_and_town(place: Place, languages: Iterable[str]) -> tuple[list[str], set[str]]:
    town = place.address.partition(",")[2]
    return _first_parts(place.address, languages), set(_parts(town, languages))


def _parts(words: str, languages: Iterable[str]) -> list[str]:
    spelt = _LETTER_BEHIND_NUMBER.sub("", spelled_out(words, languages).casefold())
    return [part for part in _BETWEEN_WORDS.split(spelt) if part]
