"""Words that go to somebody outside, or come from them: there are some, and not too many."""

from collections.abc import Iterator

from open311.base.errors import Invalid, Problem, problem
from open311.base.text import tidy
from open311.model.intake.submission import DESCRIPTION_LENGTH


def problems_of(words: str, *, needed: bool) -> Iterator[Problem]:
    if needed and not words:
        yield problem("error.letter.empty")
    if len(words) > DESCRIPTION_LENGTH:
        yield problem("error.edit.length", field="text", most=DESCRIPTION_LENGTH)


def required(text: str) -> str:
    """The words of a text that must have some; raises `Invalid`."""
    words = tidy(text)
    Invalid.unless_empty(problems_of(words, needed=True))
    return words
