"""What became of what came in within some days: by unit and service, by way of receipt, district and week."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, NamedTuple

from open311.formats.case_tables import Row
from open311.http import current
from open311.model.access.actor import Right
from open311.site.words import catalogue_text, words
from open311.staff import catalogue_names
from open311.staff.blueprint import staff
from open311.staff.rendering import channel_name
from open311.storage.desk.lists import figures as storage
from open311.storage.desk.lists.figures import Course, Spread
from open311.storage.desk.scope import scope_of

# Whole weeks, so that a Monday is compared with a Monday.
YEAR = timedelta(weeks=52)
# Of fewer, who reported could be recognised, and who had worked on it.
LEAST = 5
NUMBERS = ("checked", "withheld", "duplicates", "reopened", "done", "promised", "kept")
TIMES = tuple(
    f"{name}_{share}" for name in ("check", "accept", "answer", "done") for share in ("half", "most")
)
HEAD = ("table", "name", "received", *NUMBERS, *(f"{name}_seconds" for name in TIMES), "year_before")


class Period(NamedTuple):
    """What was counted; `year_before` is what came in a year earlier, by week."""

    course: list[Course]
    spread: list[Spread]
    year_before: Mapping[date, int]
    withheld_for: Mapping[str | None, int]

    @property
    def whole(self) -> Course | None:
        return next((row for row in self.course if row.group == storage.ALL), None)

    @property
    def units(self) -> list[tuple[str, Course]]:
        chosen = [row for row in self.course if row.group == storage.BY_UNIT]
        return _named(chosen, lambda row: catalogue_names.unit_name(row.unit or ""))

    @property
    def services(self) -> list[tuple[str, Course]]:
        chosen = [row for row in self.course if row.group == storage.BY_SERVICE]
        return _named(chosen, lambda row: catalogue_names.service_name(row.service_code or ""))

    @property
    def channels(self) -> list[tuple[str, Spread]]:
        return _named(self._spread(storage.BY_CHANNEL), _way)

    @property
    def areas(self) -> list[tuple[str, Spread]]:
        return _named(self._spread(storage.BY_AREA), lambda row: catalogue_names.area_names(row.areas or ()))

    @property
    def weeks(self) -> list[tuple[date, Spread, int]]:
        """By their Mondays: what came in, and how much in the same week a year before."""
        before = {week + YEAR: received for week, received in self.year_before.items()}
        rows = ((row.week, row) for row in self._spread(storage.BY_WEEK) if row.week is not None)
        return [(week, row, before.get(week, 0)) for week, row in sorted(rows, key=lambda pair: pair[0])]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why reports are not for the public, the most frequent first; without one of the catalogue at the end."""
        labels = {
            code: catalogue_text(reason.label)
            for catalogue in current.core().catalogues.in_force
            for code, reason in catalogue.desk.reasons.items()
        }
        by_label = Counter[str]()
        for code, number in self.withheld_for.items():
            by_label[labels.get(code or "", "")] += number
        return sorted(by_label.items(), key=lambda pair: (not pair[0], -pair[1], pair[0].casefold()))

    def _spread(self, group: int) -> list[Spread]:
        return [row for row in self.spread if row.group == group]

    def rows(self) -> Iterator[Row]:
        """All of it as one table, without the numbers of what is too few."""
        if self.whole is not None:
            yield _cells("all", "", self.whole)
        tables: dict[str, list[Any]] = {
            "unit": self.units,
            "service": self.services,
            "channel": self.channels,
            "area": self.areas,
            "week": [(week.isoformat(), row, before) for week, row, before in self.weeks],
        }
        for table, rows in tables.items():
            for name, row, *before in rows:
                yield _cells(table, name, row, *before)
        for name, number in self.reasons:
            numbers = [number if number >= LEAST else f"<{LEAST}"]
            yield ["withheld_for", name, *numbers, *[None] * (len(HEAD) - 3)]


def period_of(days: int) -> Period:
    """What whoever asks may see of the last days; kept for a minute, which changes little in a month."""
    core, somebody = current.core(), staff()
    now, scope = core.now(), scope_of(somebody, Right.FIGURES)

    def counted() -> Period:
        zone, since = current.time_zone(), now - timedelta(days=days)
        with core.database.read() as conn:
            return Period(
                storage.course(conn, scope, since),
                storage.spread(conn, scope, since, now, zone),
                storage.by_week(conn, scope, since - YEAR, now - YEAR, zone),
                storage.withheld_for(conn, scope, since),
            )

    return core.desk_counts.get(("period", somebody, days), 0, now, counted)


def _way(row: Spread) -> str:
    return channel_name(row.channel) if row.channel else words("desk.figures.channel.other")


def _named(rows: Iterable[Any], name_of: Callable[[Any], str]) -> list[tuple[str, Any]]:
    named = [(name_of(row), row) for row in rows]
    return sorted(named, key=lambda pair: (-pair[1].received, pair[0].casefold()))


def _cells(table: str, name: str, row: Course | Spread, before: int | None = None) -> Row:
    values = asdict(row)
    if row.received < LEAST:
        return [table, name, f"<{LEAST}", *[None] * (len(HEAD) - 3)]
    times = [None if values.get(time) is None else round(values[time]) for time in TIMES]
    return [table, name, row.received, *(values.get(number) for number in NUMBERS), *times, before]
