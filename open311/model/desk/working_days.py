"""Deadlines of a city: in working days of its own calendar, in days or in hours."""

import re
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache, lru_cache
from itertools import accumulate
from types import ModuleType

NOTHING, WHOLE_DAY = timedelta(), timedelta(days=1)
SATURDAY = 5
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a city works: on some days of the week, on no public holiday of its state, not on days of its own.

    `closed` are days that return each year, as month and day: `12-24`. `opens` and `closes` are the hours of a
    working day; without them it is the whole day.
    """

    country: str
    subdivision: str | None = None
    closed: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset(range(5))
    opens: time | None = None
    closes: time | None = None

    def is_working_day(self, day: date) -> bool:
        if day.weekday() not in self.weekdays or (self.closed and f"{day:%m-%d}" in self.closed):
            return False
        return day not in _holidays(self.country, self.subdivision, day.year)

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody is at work at this moment, which is in the time zone of the city."""
        if not self.is_working_day(moment.date()):
            return False
        return self.opens is None or self.closes is None or self.opens <= moment.time() < self.closes

    def after(self, start: datetime, days: int, zone: tzinfo) -> datetime:
        """The same time of the day so many working days later; the day of `start` itself does not count."""
        local = start.astimezone(zone)
        day = _working_day_after(self, local.date(), days)
        # By the clock on the wall: across the change to summer time, `the same time` is 23 hours later.
        return local.replace(year=day.year, month=day.month, day=day.day).astimezone(start.tzinfo)

    def moved(self, moment: datetime, by: timedelta, zone: tzinfo) -> datetime:
        """So much working time later, or earlier if `by` is negative; a working day has 24 hours of it."""
        # Without a zone, so that a day of the change of time has 24 hours here as well.
        local = moment.astimezone(zone).replace(tzinfo=None)
        day = local.date()
        # Counted from the midnight at which `day` begins.
        at = local - datetime.combine(day, time())
        if not self.is_working_day(day):
            day, at = self._beside(day, by), WHOLE_DAY if by < NOTHING else NOTHING
        at += by
        while not NOTHING <= at <= WHOLE_DAY:
            day = self._beside(day, at)
            at -= WHOLE_DAY if at > NOTHING else -WHOLE_DAY
        return (datetime.combine(day, time()) + at).replace(tzinfo=zone).astimezone(moment.tzinfo)

    def _beside(self, day: date, way: timedelta) -> date:
        """The next working day, or the one before if the way leads back."""
        step = timedelta(days=-1 if way < NOTHING else 1)
        day += step
        while not self.is_working_day(day):
            day += step
        return day


def works_on(calendar: Calendar | None, day: date) -> bool:
    """Whether people are at work on this day; from Monday to Friday where there is no calendar."""
    return calendar.is_working_day(day) if calendar else day.weekday() < SATURDAY


def days_between(calendar: Calendar | None, first: date, last: date) -> int:
    """How many working days follow a day up to another and with it, as `Calendar.after` counts them."""
    if last <= first:
        return 0
    years = sum(_worked(calendar, year)[-1] for year in range(first.year, last.year))
    return years + _worked_in_year(calendar, last) - _worked_in_year(calendar, first)


def _worked_in_year(calendar: Calendar | None, day: date) -> int:
    return _worked(calendar, day.year)[(day - date(day.year, 1, 1)).days]


@lru_cache(maxsize=256)
def _worked(calendar: Calendar | None, year: int) -> tuple[int, ...]:
    """How many working days a year has had, up to each of its days."""
    # By years, since a list shows how long each of its cases has waited, some for ten of them.
    days = range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
    return tuple(accumulate(int(works_on(calendar, date.fromordinal(day))) for day in days))


@lru_cache(maxsize=256)
def _working_day_after(calendar: Calendar, day: date, days: int) -> date:
    # Each report is promised something, and most of a day are promised the same.
    while days > 0:
        day += timedelta(days=1)
        days -= calendar.is_working_day(day)
    return day


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    _leave_other_countries_out()
    # Not with the module: a start without a calendar need not wait for it.
    from holidays import country_holidays

    return frozenset(country_holidays(country, subdiv=subdivision, years=year))


@cache
def _leave_other_countries_out() -> None:
    """Have the library load the countries that are asked for: all of them take 7 MB and 65 ms."""
    import holidays

    # It finds a country by the name of its module, so an empty package will do.
    countries = ModuleType("holidays.countries")
    countries.__path__ = [f"{folder}/countries" for folder in holidays.__path__]
    sys.modules.setdefault(countries.__name__, countries)


def is_known(country: str, subdivision: str | None) -> bool:
    """Whether the public holidays of this place are known, by the codes of ISO 3166."""
    try:
        _holidays(country, subdivision, 2026)
    # Asked, and not looked up in the list of the library, which lacks names such as `Rheinland-Pfalz` that it
    # accepts.
    except NotImplementedError:
        return False
    return True


class PeriodUnit(StrEnum):
    WORKING_DAYS = "working day"
    DAYS = "day"
    HOURS = "hour"


PERIOD = re.compile(r"([1-9][0-9]{0,3}) (working day|day|hour)s?")


@dataclass(frozen=True, slots=True)
class Period:
    """How long something may take: `2 working days`, `4 hours`."""

    amount: int
    unit: PeriodUnit

    @classmethod
    def read(cls, words: str) -> "Period":
        """The period that a catalogue writes; raises `ValueError`."""
        parts = PERIOD.fullmatch(words)
        if parts is None:
            raise ValueError(words)
        return cls(int(parts[1]), PeriodUnit(parts[2]))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    @property
    def usual_hours(self) -> int:
        """How many hours it lasts from a Monday morning in a week without holidays; for comparing periods."""
        if self.unit is PeriodUnit.HOURS:
            return self.amount
        weekends = 2 * (self.amount // 5) if self.unit is PeriodUnit.WORKING_DAYS else 0
        return 24 * (self.amount + weekends)

    def end(self, start: datetime, calendar: Calendar | None, zone: tzinfo) -> datetime:
        """When it is over; without a calendar every day is a working day."""
        if self.unit is PeriodUnit.HOURS:
            return start + timedelta(hours=self.amount)
        if self.unit is PeriodUnit.DAYS or calendar is None:
            return start + timedelta(days=self.amount)
        return calendar.after(start, self.amount, zone)

    def moved(self, moment: datetime, percent: int, calendar: Calendar | None, zone: tzinfo) -> datetime:
        """A part of the period later, or earlier where it is negative."""
        whole = timedelta(hours=self.amount) if self.unit is PeriodUnit.HOURS else timedelta(days=self.amount)
        part = whole * percent / 100
        if self.unit is PeriodUnit.WORKING_DAYS and calendar is not None:
            return calendar.moved(moment, part, zone)
        return moment + part
