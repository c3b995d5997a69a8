"""What became of what came in within some days: by unit and service, by way of receipt, district and week."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple, TypeVar

from open311.formats.case_tables import Row
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.figures import CLOCK, ENDS, NUMBERS, WORKING_DAYS, Course
from open311.site.words import catalogue_text, words
from open311.staff import catalogue_names
from open311.staff.blueprint import staff
from open311.staff.rendering import channel_name
from open311.storage.desk.figures import reading
from open311.storage.desk.figures.reading import Figures

Key = TypeVar("Key")
# Of fewer, who reported could be recognised, and who had worked on it.
LEAST = 5
UNITS = {CLOCK: "seconds", WORKING_DAYS: "working_days"}
TIMES = tuple(
    f"{end}_{share}_{words}" for words in UNITS.values() for end in ENDS for share in ("half", "most")
)
HEAD = ("table", "name", *NUMBERS, *TIMES, "year_before")


class Period(NamedTuple):
    """What was counted, and when."""

    figures: Figures
    counted_datetime: datetime

    @property
    def whole(self) -> Course:
        return self.figures.whole

    @property
    def units(self) -> list[tuple[str, Course]]:
        return _named(self.figures.units, catalogue_names.unit_name)

    @property
    def services(self) -> list[tuple[str, Course]]:
        return _named(self.figures.services, catalogue_names.service_name)

    @property
    def channels(self) -> list[tuple[str, Course]]:
        return _named(self.figures.channels, _way)

    @property
    def areas(self) -> list[tuple[str, Course]]:
        return _named(self.figures.areas, catalogue_names.area_names)

    @property
    def weeks(self) -> list[tuple[date, Course, int]]:
        """By their Mondays: what came in, and how much in the same week a year before."""
        before = self.figures.before
        return [
            (week, course, before[week].received if week in before else 0)
            for week, course in sorted(self.figures.weeks.items())
        ]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why reports are not for the public, the most frequent first; without one of the catalogue at the end."""
        labels = {
            code: catalogue_text(reason.label)
            for catalogue in current.core().catalogues.in_force
            for code, reason in catalogue.desk.reasons.items()
        }
        by_label = Counter[str]()
        for code, course in self.figures.reasons.items():
            by_label[labels.get(code, "")] += course.received
        return sorted(by_label.items(), key=lambda pair: (not pair[0], -pair[1], pair[0].casefold()))

    def rows(self) -> Iterator[Row]:
        """All of it as one table, without the numbers of what is too few."""
        if self.whole.received:
            yield _cells("all", "", self.whole)
        tables: dict[str, Iterable[tuple[str, Course]]] = {
            "unit": self.units,
            "service": self.services,
            "channel": self.channels,
            "area": self.areas,
        }
        for table, rows in tables.items():
            for name, course in rows:
                yield _cells(table, name, course)
        for week, course, before in self.weeks:
            yield _cells("week", week.isoformat(), course, before)
        for name, number in self.reasons:
            numbers = [number if number >= LEAST else f"<{LEAST}"]
            yield ["withheld_for", name, *numbers, *[None] * (len(HEAD) - 3)]


def period_of(days: int) -> Period | None:
    """What whoever asks may see of the last days, as it was added up last; None while it was not."""
    core, somebody = current.core(), staff()
    with core.database.read() as conn:
        counted = reading.counted_at(conn, somebody.jurisdictions(Right.FIGURES))
        if counted is None:
            return None
        return core.desk_counts.get(
            ("period", somebody, days, counted),
            0,
            core.now(),
            lambda: Period(reading.figures(conn, somebody, days), counted),
        )


def _way(channel: str) -> str:
    return channel_name(channel) if channel else words("desk.figures.channel.other")


def _named(courses: Mapping[Key, Course], name_of: Callable[[Key], str]) -> list[tuple[str, Course]]:
    named = [(name_of(key), course) for key, course in courses.items()]
    return sorted(named, key=lambda pair: (-pair[1].received, pair[0].casefold()))


def _cells(table: str, name: str, course: Course, before: int | None = None) -> Row:
    if course.received < LEAST:
        return [table, name, f"<{LEAST}", *[None] * (len(HEAD) - 3)]
    times = chain.from_iterable(chain.from_iterable(course.took(unit) for unit in UNITS))
    return [table, name, *(getattr(course, number) for number in NUMBERS), *times, before]
