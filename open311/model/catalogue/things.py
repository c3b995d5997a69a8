"""Things of the city with a number on them, such as street lamp 4711: which words mean them."""

from collections.abc import Collection, Iterable, Sequence

from open311.model.catalogue import Attribute, Service

WORDS_FOR_NUMBER = frozenset({"nr", "no", "nummer", "number"})
LONGEST_NUMBER = 50


def number_named_by(words: str, services: Iterable[Service]) -> tuple[str, list[Attribute]]:
    """The number that words name, alone or behind a word the catalogue knows, and the questions it may answer.

    Without such a question there is no number.
    """
    *before, number = words.split() or [""]
    if len(number) > LONGEST_NUMBER or not any(letter.isdigit() for letter in number):
        return "", []
    asking = [
        attribute
        for service in services
        for attribute in service.attributes
        if attribute.asset and _mean(before, service)
    ]
    return (number, asking) if asking else ("", [])


def spellings(number: str) -> Collection[str]:
    """A number as people may have written it into a report."""
    return dict.fromkeys((number, number.upper(), number.lower()))


def _mean(words: Sequence[str], service: Service) -> bool:
    known = [*(word for of_language in service.keywords.values() for word in of_language)]
    return all(
        word.strip(".:").casefold() in WORDS_FOR_NUMBER
        or any(key.casefold() in word.casefold() for key in known)
        for word in words
    )
