"""Words of the pages, and dates, in the reader's language and the city's time zone."""

import re
from datetime import date, datetime
from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from markupsafe import Markup, escape

from open311.base import i18n
from open311.base.datetimes import local, write
from open311.base.i18n import locale_of, plural_key, translate
from open311.base.text import Text
from open311.http import current
from open311.model.catalogue import Catalogue
from open311.model.maps.place import without_town

# Short numbers such as 112, 911 and 116117.
TELEPHONE = re.compile(r"(?<![\w&#;.,/+-])\d{3,6}(?![\w/+-]|[.,]\d)")


def words(key: str, **values: Any) -> str:
    """The message `key`, its gaps filled."""
    return translate(key, current.language(), **values)


def counted(key: str, number: int, **values: Any) -> str:
    """The message for a number of things, in the plural form that the language needs."""
    shown = format_decimal(number, locale=_locale())
    return translate(plural_key(key, number, current.language()), current.language(), number=shown, **values)


def figure(number: int) -> str:
    """A whole number as the language groups it."""
    return format_decimal(number, locale=_locale())


def catalogue_text(text: Text) -> str:
    return text.in_language(current.language())


def with_telephones(text: str) -> Markup:
    """A text in which the numbers to call in danger are links to call them."""
    return Markup(TELEPHONE.sub(r'<a href="tel:\g<0>">\g<0></a>', str(escape(text))))


def address_hint() -> str:
    """What to write into the field for the place: an example of the city's own, if it has one."""
    example = catalogue_text(current.catalogue().site.address_example)
    return words("page.form.address.example", example=example) if example else words("page.form.address.hint")


def local_address(address: str | None, city: Catalogue | None = None) -> str:
    """An address as people of the one city say it that a list is about."""
    cities = [city] if city else current.core().catalogues.in_force
    if not address or len(cities) != 1:
        return address or ""
    return without_town(address, cities[0].jurisdiction.name.by_language.values())


def day(moment: datetime) -> str:
    """The day of a moment, as `2. März 2026`."""
    return i18n.long_day(local(moment, current.time_zone()), current.language())


def calendar_day(day: date) -> str:
    return i18n.long_day(day, current.language())


def day_and_time(moment: datetime) -> str:
    """A moment to the minute, as `2. März 2026, 09:30`."""
    return i18n.long_minute(local(moment, current.time_zone()), current.language())


def machine(moment: datetime) -> str:
    return write(moment, current.time_zone())


def degrees(lat: float, long: float) -> str:
    """A position in words and figures, good to a metre."""
    return i18n.degrees(lat, long, current.language())


def metres(distance: float) -> str:
    """A distance as people say it: `180 m`, `5,5 km`."""
    if distance < 1000:
        return f"{format_decimal(round(distance, -1), locale=_locale())} m"
    return f"{format_decimal(round(distance / 1000, 1), locale=_locale())} km"


def plain_number(raw: str) -> str:
    """A number as the reader's language writes it, in the way of programs: `2,5` as `2.5`; anything else as it is."""
    if not i18n.NUMBER.fullmatch(raw.strip()):
        return raw
    try:
        # Strict: `1.5` is fifteen to a lenient German reader.
        return f"{parse_decimal(raw.strip(), locale=_locale(), strict=True):f}"
    except NumberFormatError:
        return raw


@cache
def own_name(language: str) -> str:
    """What speakers of a language call it; its code where nobody has told us."""
    try:
        name = Locale.parse(language, sep="-").get_language_name() or language
    except UnknownLocaleError:
        return language
    # French and Spanish write it small within a sentence; here it stands by itself.
    return name[:1].upper() + name[1:]


def _locale() -> Locale:
    return locale_of(current.language())
