"""What an error means to whoever sent the request: an HTTP status, and words in the reader's language."""

from collections.abc import Mapping

from open311 import web
from open311.errors import Forbidden, Invalid, NotFound, Open311Error, Problem, TooManyRequests, Unavailable
from open311.i18n import translate
from open311.model.text import Text

STATUS: Mapping[type[Open311Error], int] = {
    Invalid: 400,
    Forbidden: 403,
    NotFound: 404,
    TooManyRequests: 429,
    Unavailable: 503,
}


def in_words(problem: Problem) -> str:
    """A problem in the reader's language."""
    language = web.language()
    values = {
        name: value.in_language(language) if isinstance(value, Text) else value
        for name, value in problem.values.items()
    }
    return translate(problem.key, language, **values)
