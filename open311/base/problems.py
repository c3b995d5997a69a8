"""Problems in words."""

from typing import Any

from open311.base.errors import Problem
from open311.base.i18n import translate
from open311.base.text import Text

# What a client sent is told back to it, but not at any length.
LONGEST = 500


def in_words(problem: Problem, language: str) -> str:
    """A problem in a language, its gaps filled."""
    values = {name: _filling(value, language) for name, value in problem.values.items()}
    return translate(problem.key, language, **values)


def _filling(value: Any, language: str) -> Any:
    if isinstance(value, Problem):
        return in_words(value, language)
    if isinstance(value, Text):
        return value.in_language(language)
    if isinstance(value, str) and len(value) > LONGEST:
        return value[:LONGEST] + "…"
    return value
