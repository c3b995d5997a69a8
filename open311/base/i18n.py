"""Messages in the reader's language, from `translations/LANGUAGE/messages.po`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

TRANSLATIONS = Path(__file__).parent.parent / "translations"
LANGUAGES = tuple(sorted(folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir()))
FALLBACK = "en"
EUROPEAN = {"en": "en-GB"}
# No exponents: written out, `1e999999999` fills the memory.
NUMBER = re.compile(r"[+-]?[0-9.,]{1,40}")


@cache
def messages(language: str) -> Mapping[str, str]:
    """All messages of one language: key → text with `{gaps}`; empty for a language we do not have."""
    path = TRANSLATIONS / language / "messages.po"
    if language not in LANGUAGES:
        return {}
    with path.open("rb") as file:
        return {
            str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id
        }


def translate(key: str, language: str, **values: Any) -> str:
    """The message `key` in `language`, its gaps filled; English where the language lacks it."""
    template = messages(language).get(key) or messages(FALLBACK).get(key, key)
    return template.format_map(values)


def plural_key(key: str, number: int, language: str) -> str:
    """The key of the message for so many things: `key.one`, `key.few` … as CLDR names the plural form.

    Where the language has no words for a form, or the language itself is missing, it is `key.other`.
    """
    spoken = language if messages(language) else FALLBACK
    form = f"{key}.{Locale.parse(spoken, sep='-').plural_form(number)}"
    return form if form in messages(spoken) else f"{key}.other"


@cache
def locale_of(language: str) -> Locale:
    """Whose dates and numbers a language has: English without a country is that of Europe, the day before the month."""
    return Locale.parse(EUROPEAN.get(language, language), sep="-")


def long_day(day: date, language: str) -> str:
    """A day as `2. März 2026`."""
    return format_date(day, "long", locale=_locale_of_words(language))


def _locale_of_words(language: str) -> Locale:
    """The locale of the language that `translate` speaks: a date stands among its words."""
    return locale_of(language if messages(language) else FALLBACK)


def long_minute(moment: datetime, language: str) -> str:
    """A moment by the clock that it brings along, as `2. März 2026, 09:30`."""
    minute = format_datetime(moment, "HH:mm", tzinfo=moment.tzinfo, locale=_locale_of_words(language))
    return f"{long_day(moment, language)}, {minute}"


def degrees(lat: float, long: float, language: str) -> str:
    """A position in words and figures, good to a metre."""
    north = translate("page.compass.north" if lat >= 0 else "page.compass.south", language)
    east = translate("page.compass.east" if long >= 0 else "page.compass.west", language)
    locale = _locale_of_words(language)
    figures = [format_decimal(abs(figure), "0.00000", locale=locale) for figure in (lat, long)]
    return f"{figures[0]}° {north}, {figures[1]}° {east}"


def spoken_number(plain: str, language: str) -> str:
    """A number as its readers write it: `2.5` as `2,5`, with all its digits."""
    if not NUMBER.fullmatch(plain):
        return plain
    try:
        return format_decimal(Decimal(plain), locale=locale_of(language), decimal_quantization=False)
    except InvalidOperation:
        return plain


def first_known(languages: Iterable[str]) -> str:
    """The first of these languages that we have messages in, English where we have none of them."""
    bases = (language.partition("-")[0].lower() for language in languages)
    return next((language for language in bases if language in LANGUAGES), FALLBACK)


@lru_cache(maxsize=1024)
def choose_language(tags: tuple[str, ...], available: tuple[str, ...]) -> str:
    """The best of `available` (its first is the default) for a list of wished tags: `en`, `en-GB`, `EN_us`."""
    negotiated = negotiate_locale([tag.replace("_", "-") for tag in tags], available, sep="-")
    # Babel answers in the letter case of the wish.
    return next(
        (language for language in available if negotiated and language.lower() == negotiated.lower()),
        available[0],
    )
