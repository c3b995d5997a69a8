"""Moments as the programs of others write them, in UTC and whole seconds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

# .NET, SQL and Excel have no empty moment and write one of these years instead.
NO_DATE = {1, 1753, 1899, 1900, 9999}
# In 1973: smaller numbers are years, or dates without separators.
_LEAST_EPOCH = 100_000_000
# In the year 5138, as seconds: whatever is larger counts milliseconds.
_MILLISECONDS = 100_000_000_000
# What most servers and files write; of the years the first and the last ones may stand for no moment.
_ISO = re.compile(r"(?!1753|1899|1900|9999)[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_TIME = r"(?:[T ,]+(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?(?:\s*(?P<half>[ap])\.?m\.?)?)?"
_ZONE = r"\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d\d(?::?\d\d)?)?"
_FORMS = tuple(
    re.compile(date + _TIME + _ZONE, re.ASCII | re.IGNORECASE)
    for date in (
        r"(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)",
        r"(?P<day>\d\d?)\.\s?(?P<month>\d\d?)\.\s?(?P<year>\d{4})",
        r"(?P<one>\d\d?)[/-](?P<two>\d\d?)[/-](?P<year>\d{4})",
        r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d\d?),? (?P<year>\d{4})",
        r"(?P<day>\d\d?)[ -](?P<name>[A-Za-z]{3,9})[ -](?P<year>\d{4})",
    )
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,]\d+)?)?(?P<half>)" + _ZONE,
    re.ASCII | re.IGNORECASE,
)
_DOT_NET = re.compile(r"\\?/Date\((?P<milliseconds>-?\d{1,15})(?:[+-]\d{4})?\)\\?/", re.ASCII)
_JAVA = re.compile(
    r"[A-Za-z]{3},? (?P<name>[A-Za-z]{3}) +(?P<day>\d\d?) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?P<half>)"
    r"(?: (?P<zone>[A-Za-z]{1,5}))? (?P<year>\d{4})",
    re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Hours ahead of UTC of the names that mean one thing only.
_ZONES = {
    **{
        "Z": 0,
        "UTC": 0,
        "GMT": 0,
        "WET": 0,
        "WEST": 1,
        "CET": 1,
        "MEZ": 1,
        "CEST": 2,
        "MESZ": 2,
        "EET": 2,
        "EEST": 3,
    },
    **{
        "EST": -5,
        "EDT": -4,
        "CDT": -5,
        "MST": -7,
        "MDT": -6,
        "PST": -8,
        "PDT": -7,
        "AKST": -9,
        "AKDT": -8,
        "HST": -10,
    },
}


@dataclass(frozen=True, slots=True)
class Dates:
    """How a source writes moments: the zone of those that name none, and a form for `strptime` if there is one."""

    zone: tzinfo = UTC
    form: str | None = None

    def read(self, text: str) -> datetime | None:
        """The moment a text means; None when it cannot be told, or stands for none."""
        try:
            if self.form is None and _ISO.fullmatch(text):
                return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            # 24:00 and a 60th second are read below.
            pass
        try:
            moment = datetime.strptime(text, self.form) if self.form else _read(text)
            if moment.year in NO_DATE:
                return None
            moment = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError, OSError, TypeError, LookupError):
            return None


def is_form(form: str) -> bool:
    """Whether `strptime` can read what is written in this form."""
    try:
        datetime.strptime(datetime(2026, 3, 2, 9, 30).strftime(form), form)
    except (ValueError, re.error):
        return False
    return "%" in form


def is_no_date(text: str) -> bool:
    """Whether a text is what a program writes when it has no moment."""
    return any(re.search(rf"(?<!\d){year:04}(?!\d)", text) for year in NO_DATE)


def _read(text: str) -> datetime:
    readers: tuple[Callable[[str], datetime | None], ...] = (
        _from_form,
        _from_number,
        _from_basic,
        _from_mail,
    )
    for read in readers:
        moment = read(text)
        if moment:
            return moment
    raise ValueError(f"not a moment: {text}")


def _from_form(text: str) -> datetime | None:
    matches = (form.fullmatch(text) for form in (*_FORMS, _JAVA))
    parts = next(filter(None, matches), None)
    return _assembled(parts) if parts else None


def _from_number(text: str) -> datetime | None:
    dot_net = _DOT_NET.fullmatch(text)
    if dot_net:
        return datetime.fromtimestamp(int(dot_net["milliseconds"]) // 1000, UTC)
    whole = text.removesuffix(".0")
    if not (whole.isascii() and whole.isdigit() and 9 <= len(whole) <= 13):
        return None
    seconds = int(whole) // 1000 if int(whole) >= _MILLISECONDS else int(whole)
    return datetime.fromtimestamp(seconds, UTC) if seconds >= _LEAST_EPOCH else None


def _from_basic(text: str) -> datetime | None:
    parts = _BASIC.fullmatch(text)
    return _assembled(parts) if parts else None


def _from_mail(text: str) -> datetime | None:
    return parsedate_to_datetime(text)


def _assembled(parts: re.Match[str]) -> datetime:
    named = parts.groupdict()
    if named.get("one"):
        month, day = _month_and_day(int(named["one"]), int(named["two"]), american=bool(named["half"]))
    else:
        day = int(named["day"])
        month = _MONTHS.index(named["name"][:3].lower()) + 1 if named.get("name") else int(named["month"])
    hour, minute, second = (int(named[name] or 0) for name in ("hour", "minute", "second"))
    if named["half"]:
        hour = hour % 12 + (12 if named["half"].lower() == "p" else 0)
    # 24:00 is the end of a day.
    midnight, hour = (timedelta(days=1), 0) if (hour, minute, second) == (24, 0, 0) else (timedelta(), hour)
    moment = datetime(int(named["year"]), month, day, hour, minute, min(second, 59))
    return moment.replace(tzinfo=_zone(named["zone"])) + midnight


def _month_and_day(one: int, two: int, *, american: bool) -> tuple[int, int]:
    """Month and day where either may be first: told by AM and PM, or by a number that no month has."""
    if one > 12:
        return two, one
    if american or two > 12 or one == two:
        return one, two
    raise ValueError("may mean two days")


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    if name[0] not in "+-":
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    digits = name.replace(":", "").ljust(5, "0")
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
    return timezone(-offset if digits[0] == "-" else offset)
