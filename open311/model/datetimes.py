"""Datetimes as they go over the wire: strict on the way out, lenient on the way in (georeport.md, 3.4)."""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

_FORM = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:T(?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?(seconds)(?:\.\d+)?)"
    r"(?P<zone>Z|(?P<sign>[+ -])(?P<hours>\d\d):?(?P<minutes>[0-5]\d))?)?",
    re.ASCII,
)
_OFFSET_FORM = len("2026-03-01T00:00:00+01:00")
_END_OF_DAY = time(23, 59, 59)
QUARTER = 15 * 60
_CLOCK = tuple(f"{minute:02}:{second:02}" for minute in range(60) for second in range(60))


def write(moment: datetime, zone: tzinfo) -> str:
    """An aware moment as local time with its offset, without a fraction: `2026-03-02T09:30:00+01:00`."""
    quarter, seconds = divmod(int(moment.timestamp() // 1), QUARTER)
    hour, began, offset = _quarter(quarter, zone)
    return f"{hour}{_CLOCK[began + seconds]}{offset}" if hour else write_utc(moment)


@lru_cache(maxsize=16_384)
def _quarter(quarter: int, zone: tzinfo) -> tuple[str, int, str]:
    """What all moments of a quarter of an hour share in a zone; no hour where the wire format has no place for it.

    Clocks and offsets move in quarters, and a list of a thousand reports has few of them.
    """
    try:
        began = datetime.fromtimestamp(quarter * QUARTER, UTC).astimezone(zone)
    except (OverflowError, ValueError):
        return "", 0, ""
    written = began.isoformat(timespec="seconds")
    # Before zones were agreed upon, offsets had seconds.
    if len(written) != _OFFSET_FORM or began.minute % 15 or began.second:
        return "", 0, ""
    return written[:14], began.minute * 60, written[19:]


def write_utc(moment: datetime) -> str:
    """An aware moment in UTC, without a fraction: `2026-03-02T08:30:00Z`; the texts sort like the moments."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse(raw: str, zone: tzinfo, *, end_of_day: bool = False) -> datetime:
    """The moment a client meant, in UTC and whole seconds; ValueError when it cannot be told.

    A time without a zone is UTC. A date alone is a day in `zone`: its first second, or its last.
    """
    found = _FORM.fullmatch(raw)
    try:
        if found and found["time"]:
            return _instant(found)
        if found:
            return _local_day(found["date"], zone, end_of_day)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a datetime: {raw!r}") from error
    raise ValueError(f"not a datetime: {raw!r}")


def _instant(found: re.Match[str]) -> datetime:
    moment = datetime.fromisoformat(f"{found['date']}T{found['time']}{found['seconds'] or ''}")
    return moment.replace(tzinfo=_offset(found)).astimezone(UTC)


def _local_day(date: str, zone: tzinfo, end_of_day: bool) -> datetime:
    day = datetime.fromisoformat(date)
    at = _END_OF_DAY if end_of_day else time.min
    # Where clocks are put back at midnight, the first 00:00 begins the day and the second 23:59:59 ends it.
    return datetime.combine(day, at, zone).replace(fold=int(end_of_day)).astimezone(UTC)


def _offset(found: re.Match[str]) -> tzinfo:
    if found["zone"] in (None, "Z"):
        return UTC
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-offset if found["sign"] == "-" else offset)
