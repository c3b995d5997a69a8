"""Fuzzy search for services, best match first: it allows for compounds, plurals and typing errors."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import sqrt

from open311.base.text import fold
from open311.model.catalogue import Catalogue, Service

# Shorter parts of words are everywhere: `tor` in Motorrad.
SHORTEST_PART = 4
SHORTEST_BEGINNING = 2
# The trigram similarity from which on a word counts as a typing error of another.
ALIKE = 0.5
# The last part of a German compound says what a thing is: a Schrottauto is an Auto.
WHOLE, HEAD, BEGINNING, PART, SLIP = 4.0, 3.5, 3.0, 1.5, 1.0
# Words of the description tell less than the name and the keywords.
OF_DESCRIPTION = 0.5
MOST_WORDS = 12


def matching_services(catalogue: Catalogue, words: str) -> list[Service]:
    """The services on offer that any of the words fits, best first; all of them where there are no words."""
    offered = catalogue.active_services()
    tokens = _tokens([words])[:MOST_WORDS]
    if not tokens:
        return list(offered)
    vocabularies = [_vocabulary(service) for service in offered]
    scores = [0.0] * len(offered)
    for place, word in enumerate(tokens, 1):
        # Only the last word may be half typed: `am` is no Ampel once another follows.
        shortest = SHORTEST_BEGINNING if place == len(tokens) else SHORTEST_PART
        fits = [_fit_of_service(word, shortest, *vocabulary) for vocabulary in vocabularies]
        # What is broken may be anything: the fewer services a word fits, the more it tells.
        rarity = 1 / sqrt(sum(1 for fit in fits if fit) or 1)
        scores = [score + fit * rarity for score, fit in zip(scores, fits, strict=True)]
    ranked = sorted((-score, position) for position, score in enumerate(scores) if score > 0)
    return [offered[position] for _, position in ranked]


def _fit_of_service(word: str, shortest: int, strong: Sequence[str], weak: Sequence[str]) -> float:
    return max(
        max((_fit(word, term, shortest) for term in strong), default=0.0),
        OF_DESCRIPTION * max((_begins(word, term, shortest) for term in weak), default=0.0),
    )


def _begins(word: str, known: str, shortest: int) -> float:
    if word == known:
        return WHOLE
    return BEGINNING if len(word) >= shortest and known.startswith(word) else 0.0


def _fit(word: str, known: str, shortest: int) -> float:
    if fit := _begins(word, known, shortest):
        return fit
    shorter, longer = sorted((word, known), key=len)
    if len(shorter) < SHORTEST_PART:
        return 0.0
    if word.endswith(known):
        return HEAD
    if shorter in longer:
        return PART
    return SLIP if _alike(word, known) >= ALIKE else 0.0


def _alike(one: str, other: str) -> float:
    a, b = _trigrams(one), _trigrams(other)
    return len(a & b) / len(a | b)


@lru_cache(4096)
def _trigrams(word: str) -> frozenset[str]:
    padded = f"  {word} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def _vocabulary(service: Service) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of name and keywords, and those of the description, in all languages."""
    strong = [*service.service_name.by_language.values()]
    strong += [word for words in service.keywords.values() for word in words]
    return tuple(_tokens(strong)), tuple(_tokens(service.description.by_language.values()))


def _tokens(texts: Iterable[str]) -> list[str]:
    folded = " ".join(fold(text) for text in texts)
    # Schlagloch and Schlaglöcher begin alike.
    for umlaut, vowel in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        folded = folded.replace(umlaut, vowel)
    letters = "".join(letter if letter.isalnum() else " " for letter in folded)
    return [word for word in dict.fromkeys(letters.split()) if len(word) > 1]
