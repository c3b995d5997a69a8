"""Marshmallow fields that read lists of raw texts, and name what is wrong by a message key.

marshmallow's own fields describe the parameter to OpenAPI; what is accepted is GeoReport's business.
"""

import math
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, missing
from webargs.fields import DelimitedList

from open311.base import datetimes
from open311.base.errors import Problem, problem
from open311.http.current import time_zone
from open311.model.maps.geography import Box
from open311.model.search import NEWEST_FIRST, SORT_NAMES, Cursor, Sort

MOST_ADDRESSES = 50
WHOLE = re.compile(r"[0-9]{1,1000}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,20}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_NOT_IN_ADDRESS = r"@\s<>\",;:()\[\]\\\x00-\x1f\x7f-\x9f"
EMAIL = re.compile(
    rf"[^{_NOT_IN_ADDRESS}]{{1,64}}@[^{_NOT_IN_ADDRESS}.]{{1,63}}"
    rf"(?:\.[^{_NOT_IN_ADDRESS}.]{{1,63}}){{0,8}}\.[^{_NOT_IN_ADDRESS}.]{{2,63}}"
)
# A blank in the path is a careless client; one in the host, or a line break, is no address at all.
WEB_ADDRESS = re.compile(
    r"[hH][tT][tT][pP][sS]?://(?:[^\s/?#@:\[\]\x00-\x1f\x7f-\x9f]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][^\x00-\x1f\x7f-\x9f]*)?"
)


def _with_description(kwargs: dict[str, Any], **schema: Any) -> dict[str, Any]:
    """The arguments of a field, with what the OpenAPI document says of its values."""
    return kwargs | {"metadata": schema | kwargs.get("metadata", {})}


def validation_error(key: str, **values: Any) -> ValidationError:
    """A validation error that carries a problem, to become words at the edge."""
    return ValidationError([problem(key, **values)])


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """The problems behind marshmallow's nested messages, in the order of the fields."""
    return tuple(_flat(error.messages))


def _flat(messages: Any) -> list[Problem]:
    if isinstance(messages, dict):
        return [message for inner in messages.values() for message in _flat(inner)]
    return list(messages)


class Word(fields.String):
    """One line or several of text, at most `longest` characters."""

    def __init__(self, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(**_with_description(kwargs, maxLength=longest))
        self.longest = longest

    def _deserialize(self, value: list[str], attr: str | None, data: Any, **_: Any) -> Any:
        # Where a parameter is repeated, the first one counts.
        text = value[0]
        if len(text) > self.longest:
            raise validation_error("error.too_long", parameter=attr, most=self.longest)
        return text


class Email(Word):
    """An address that could be one."""

    def __init__(self, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(longest, **_with_description(kwargs, pattern=f"^{EMAIL.pattern}$"))

    def _deserialize(self, value: list[str], attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not EMAIL.fullmatch(text):
            raise validation_error("error.email")
        return text


class Words(DelimitedList):
    """A list, comma separated, repeated, or both; blanks around an item do not count."""

    def __init__(self, longest: int = 1000, *, known: tuple[str, ...] = (), **kwargs: Any) -> None:
        item = fields.String(metadata={"enum": list(known)} if known else {})
        super().__init__(item, **_with_description(kwargs, maxItems=longest))
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        items = listed(value)
        if not items:
            return missing
        if len(items) > self.longest:
            raise validation_error("error.too_many", parameter=attr, most=self.longest)
        return items


def listed(values: Iterable[str]) -> tuple[str, ...]:
    """The items of a list (R-159, R-163). Commas alone are as good as nothing sent (R-162)."""
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


class WebAddresses(DelimitedList):
    """Web addresses, repeated or comma separated."""

    def __init__(self, **kwargs: Any) -> None:
        item = fields.String(metadata={"pattern": f"^{WEB_ADDRESS.pattern}$"})
        super().__init__(item, **_with_description(kwargs, maxItems=MOST_ADDRESSES))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        # A comma may be inside an address; only one before a further address separates.
        addresses = tuple(
            address.strip()
            for item in value
            for address in re.split(r",\s*(?=\w+:)", item)
            if address.strip()
        )
        if len(addresses) > MOST_ADDRESSES:
            raise validation_error("error.too_many", parameter=attr, most=MOST_ADDRESSES)
        for address in addresses:
            if not _is_web_address(address):
                raise validation_error("error.media_url", media_url=address[:100])
        return addresses


def _is_web_address(address: str) -> bool:
    if len(address) > 2000 or not WEB_ADDRESS.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        # `port` is worked out here, and raises for more than 65535.
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Moment(fields.DateTime):
    """A W3C datetime, read leniently; a bare date is a local day, from its first or to its last second."""

    def __init__(self, *, end_of_day: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.end_of_day = end_of_day

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        try:
            return datetimes.parse(value[0].strip(), time_zone(), end_of_day=self.end_of_day)
        except ValueError:
            #
            raise validation_error("error.datetime", parameter=attr, value=value[0][:50]) from None


class Degrees(fields.Float):
    """Decimal degrees within ± `limit`."""

    def __init__(self, limit: int, **kwargs: Any) -> None:
        super().__init__(**_with_description(kwargs, minimum=-limit, maximum=limit))
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        # Phones that speak German or French print a comma where `%f` is asked for.
        degrees = decimal(value[0].replace(",", "."))
        if degrees is None or abs(degrees) > self.limit:
            raise validation_error("error.location.degrees", parameter=attr, limit=self.limit)
        return degrees


class Metres(fields.Float):
    """A distance above 0, at most `longest`."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(**_with_description(kwargs, exclusiveMinimum=0, maximum=longest))
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        metres = decimal(value[0])
        if metres is None or not 0 < metres <= self.longest:
            raise validation_error("error.radius", most=self.longest)
        return metres


class Count(fields.Integer):
    """A whole number, at least `least`; above `most` it counts as `most`."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**_with_description(kwargs, minimum=least))
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        text = value[0].strip()
        # Bounded in figures: Python refuses to read more than 4,300 of them, by an error of its own.
        if not WHOLE.fullmatch(text) or int(text) < self.least:
            raise validation_error("error.whole_number", parameter=attr, least=self.least)
        return min(int(text), self.most)


class BoxField(fields.String):
    """`minLong,minLat,maxLong,maxLat`; ends given the wrong way round are swapped.

    Unless that would make a box of more than half the earth: then it is one across the 180th meridian.
    """

    def __init__(self, **kwargs: Any) -> None:
        long, lat = ({"type": "number", "minimum": -most, "maximum": most} for most in (180, 90))
        four = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
        # apispec knows no `prefixItems`, but leaves alone what is below `allOf`.
        super().__init__(**_with_description(kwargs, **four, allOf=[{"prefixItems": [long, lat, long, lat]}]))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        numbers = [decimal(part) for part in re.split("[,;]", value[0][:200])]
        if len(numbers) != 4 or None in numbers:
            raise validation_error("error.bbox")
        west, south, east, north = (number for number in numbers if number is not None)
        if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
            raise validation_error("error.bbox")
        if west - east <= 180:
            west, east = min(west, east), max(west, east)
        return Box(west, min(south, north), east, max(south, north))


class SortField(fields.String):
    """The name of an order; an unknown one is the default order."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        first, _, direction = value[0].strip().replace(",", " ").partition(" ")
        # Mark-a-Spot's clients send the direction alone.
        if first.upper() in ("ASC", "DESC"):
            first, direction = NEWEST_FIRST.name, first
        name = SORT_NAMES.get(first.lstrip("-").lower())
        descending = first.startswith("-") or direction.strip().upper() == "DESC"
        return Sort(name, descending) if name else NEWEST_FIRST


class CursorField(fields.String):
    """The opaque word of a `Link` header."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return Cursor.read(value[0].strip())


class Choice(fields.String):
    """A switch: `true`, `1`, `yes`, `all`, or for 6aika any list of names; `false`, `0` and `no` are off."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return value[0].strip().lower() not in ("false", "0", "no")


def decimal(text: str) -> float | None:
    """A finite decimal number, or None."""
    if not DECIMAL.fullmatch(text.strip()):
        return None
    number = float(text)
    # Ten to the power of 999 is infinite as well.
    return number if math.isfinite(number) else None
