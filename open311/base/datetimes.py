"""Datetimes as they go over the wire: strict on the way out, lenient on the way in (georeport.md, 3.4)."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

# The time of day and its offset, in the spellings that `parse` names.
CLOCK = (
    r"(?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?(seconds)(?:[.,]\d+)?)"
    # A blank stands for `+`, which forms and addresses turn into one.
    r" ?(?P<zone>Z|UTC|GMT|(?P<sign>[+ -])(?P<hours>\d\d)(?::?(?P<minutes>[0-5]\d))?)?"
    # The name of the zone behind the offset (RFC 9557), as Java prints it.
    r"(?(zone)(?:\[[A-Za-z0-9_/+-]{1,64}\])?)"
)
_FORM = re.compile(rf"(?P<date>\d{{4}}-\d\d-\d\d)(?:[T ]{CLOCK})?", re.ASCII | re.IGNORECASE)
_OFFSET_FORM = len("2026-03-01T00:00:00+01:00")
END_OF_DAY = time(23, 59, 59)
QUARTER = 15 * 60
_EPOCH = date(1970, 1, 1).toordinal()
_HOURS = tuple(f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02}" for second in range(60))
_DAY = 24 * 60 * 60


def local(moment: datetime, zone: tzinfo) -> datetime:
    """A moment as a clock in this zone shows it; at both ends of the calendar, where no zone reaches, as it is."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def write(moment: datetime, zone: tzinfo) -> str:
    """An aware moment as local time with its offset, without a fraction: `2026-03-02T09:30:00+01:00`."""
    # From 2242 on a float has no room for all six digits, and would round some up to the next second.
    seconds = int((moment.replace(microsecond=0) if moment.microsecond else moment).timestamp())
    ahead, written_ahead = _offset_on(seconds // _DAY, zone) or _offset_in(seconds // QUARTER, zone)
    if not written_ahead:
        return write_utc(moment)
    day, seconds = divmod(seconds + ahead, _DAY)
    return f"{_date(day)}{_HOURS[seconds // 60]}{_SECONDS[seconds % 60]}{written_ahead}"


@lru_cache(maxsize=16_384)
def _offset_on(day: int, zone: tzinfo) -> tuple[int, str] | None:
    """How far a zone is ahead of UTC all through a day; None on a day when clocks are moved."""
    first = day * _DAY // QUARTER
    night, noon, next_night = (_offset_in(first + quarters, zone) for quarters in (0, 48, 96))
    return night if night == noon == next_night else None


@lru_cache(maxsize=4096)
def _offset_in(quarter: int, zone: tzinfo) -> tuple[int, str]:
    """How far a zone is ahead of UTC in a quarter of an hour, and how that is written.

    Nothing is written where the wire format has no place for it.
    """
    try:
        began = datetime.fromtimestamp(quarter * QUARTER, UTC).astimezone(zone)
    except (OverflowError, ValueError):
        return 0, ""
    written, ahead = began.isoformat(timespec="seconds"), began.utcoffset() or timedelta()
    # Before zones were agreed upon, offsets had seconds.
    if len(written) != _OFFSET_FORM or ahead.total_seconds() % QUARTER:
        return 0, ""
    return int(ahead.total_seconds()), written[19:]


@lru_cache(maxsize=16_384)
def _date(day: int) -> str:
    return date.fromordinal(_EPOCH + day).isoformat()


def write_utc(moment: datetime) -> str:
    """An aware moment in UTC, without a fraction: `2026-03-02T08:30:00Z`; the texts sort like the moments."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def time_zone(name: str) -> ZoneInfo | None:
    """The zone of that name in the time zone data; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # `Europe` is a folder of the data, not a zone.
        return None


def parse(raw: str, zone: tzinfo, *, end_of_day: bool = False) -> datetime:
    """The moment a client meant, in UTC and whole seconds; ValueError when it cannot be told.

    As RFC 3339 has it and as programs print it: a blank for `T` (Python, PostgreSQL), `+01` (PostgreSQL), `UTC` (Ruby),
    a zone's name in brackets (Java), and the leap second, which is the one before.

    A time without a zone is UTC. A date alone is a day in `zone`: its first second, or its last.
    """
    match = _FORM.fullmatch(raw)
    try:
        if match and match["time"]:
            return _instant(match)
        if match:
            return _local_day(match["date"], zone, end_of_day)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a datetime: {raw!r}") from error
    raise ValueError(f"not a datetime: {raw!r}")


def _instant(match: re.Match[str]) -> datetime:
    moment = datetime.combine(date.fromisoformat(match["date"]), clock(match))
    return moment.replace(tzinfo=_offset(match)).astimezone(UTC)


def clock(match: re.Match[str]) -> time:
    """The time of day that `CLOCK` found; ValueError when there is none like it."""
    return time.fromisoformat(match["time"] + (match["seconds"] or "").replace(":60", ":59"))


def _local_day(written: str, zone: tzinfo, end_of_day: bool) -> datetime:
    day = datetime.fromisoformat(written)
    at = END_OF_DAY if end_of_day else time.min
    # Where clocks are put back at midnight, the first 00:00 begins the day and the second 23:59:59 ends it.
    return datetime.combine(day, at, zone).replace(fold=int(end_of_day)).astimezone(UTC)


def _offset(match: re.Match[str]) -> tzinfo:
    if match["hours"] is None:
        return UTC
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    return timezone(-offset if match["sign"] == "-" else offset)
