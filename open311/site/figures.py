"""How the city is doing: figures for everybody, in words, tables and bars."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from flask import Response

from open311.base.datetimes import local
from open311.base.i18n import locale_of
from open311.http import current
from open311.model.catalogue import Catalogue
from open311.model.statistics import Statistics, publishable
from open311.site import addresses, words
from open311.site.blueprint import blueprint, city
from open311.site.rendering import page
from open311.web import statistics
from open311.web.statistics import Line, StatisticsTables

WIDE, HIGH, GAP, FOOT = 720, 200, 8, 22
# By the months since it came in.
AGES = (("fresh", 1), ("quarter", 3), ("year", 12), ("older", 10_000))


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of the chart: where its two bars stand, and how high they are."""

    name: str
    x: float
    width: float
    received: float
    closed: float


@blueprint.page("/statistics")
def show_statistics() -> Response:
    """Received, closed, open, and how long it takes: by month, service and district."""
    catalogue, language = city(), current.language()
    figures = statistics.read(current.core(), catalogue, language)
    return page(
        "statistics.html",
        found=figures,
        months=[(line, month_name(line)) for line in figures.months],
        services=[(line, line.name) for line in figures.services],
        areas=[(line, line.name) for line in figures.areas],
        bars=bars(figures),
        wide=WIDE,
        high=HIGH,
        foot=FOOT,
        ages=_open_by_age(figures.statistics, catalogue),
        definitions=statistics.definitions(language),
        few=publishable,
        figure=words.figure,
        csv=addresses.api("/statistics.csv", catalogue),
        json=addresses.api("/statistics.json", catalogue),
    )


def month_name(line: Line, form: str = "MMMM yyyy") -> str:
    year, month = line.code.split("-")
    return format_date(date(int(year), int(month), 1), form, locale=locale_of(current.language()))


def bars(figures: StatisticsTables) -> list[Bar]:
    """The chart of the months; small numbers, which are not told, have no height either."""
    shown = [(line, line.row()) for line in figures.months]
    # At least 1: a city in which nothing was reported yet has a chart all the same.
    tall = max([1, *(_height(row[name]) for _, row in shown for name in ("received", "closed"))])
    step = WIDE / max(1, len(shown))
    return [
        Bar(
            name=month_name(line, "MMM"),
            x=round(step * at + GAP / 2, 1),
            width=round((step - GAP) / 2, 1),
            received=round(_height(row["received"]) / tall * HIGH, 1),
            closed=round(_height(row["closed"]) / tall * HIGH, 1),
        )
        for at, (line, row) in enumerate(shown)
    ]


def _height(shown: int | str) -> int:
    return shown if isinstance(shown, int) else 0


def _open_by_age(whole: Statistics, catalogue: Catalogue) -> list[tuple[str, int]]:
    """How many are open since this month, the last quarter, the last year, or longer."""
    today = local(current.core().now(), catalogue.jurisdiction.time_zone).date()
    counts = dict.fromkeys((name for name, _ in AGES), 0)
    for month, number in whole.open_by_month.items():
        passed = (today.year - month.year) * 12 + today.month - month.month
        counts[next(name for name, most in AGES if passed < most)] += number
    return list(counts.items())
