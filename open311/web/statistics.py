"""The figures of a city, ready to be shown: small numbers suppressed, services and areas by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from open311.base.datetimes import local
from open311.base.i18n import translate
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.statistics import DEFINITIONS, Figures, Statistics, last_months, publishable, statistics
from open311.storage import statistics as storage

MONTHS = 12
COUNTS = ("received", "closed", "open")


@dataclass(frozen=True, slots=True)
class Line:
    """A month, a service or an area with the figures that may be published of it."""

    code: str
    name: str
    figures: Figures

    def row(self) -> dict[str, Any]:
        """The figures under their names."""
        own = self.figures
        counts = {name: publishable(getattr(own, name)) for name in ("received", "closed", "open")}
        times = {
            name: getattr(own, name) for name in ("median_days", "ninety_percent_days", "on_time_percent")
        }
        return counts | times


@dataclass(frozen=True, slots=True)
class StatisticsTables:
    """All lines, in the order in which they are shown."""

    statistics: Statistics
    months: tuple[Line, ...]
    services: tuple[Line, ...]
    areas: tuple[Line, ...]
    total: Line


def read(
    core: Core, catalogue: Catalogue, language: str, months: int = MONTHS, service_code: str | None = None
) -> StatisticsTables:
    today = local(core.now(), catalogue.jurisdiction.time_zone).date()
    period = last_months(today, months)
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.read_public() as conn:
        last = storage.ROLL_UP.last_run(conn, owner)
        kept = core.figures.get((owner, service_code, *period), last)
        whole = kept or statistics(
            storage.read(conn, owner, period[0], service_code), period, last[1] if last else None
        )
    core.figures.keep((owner, service_code, *period), last, whole)
    return StatisticsTables(
        statistics=whole,
        months=tuple(Line(f"{month:%Y-%m}", f"{month:%Y-%m}", figures) for month, figures in whole.months),
        services=_most_first(
            whole.services, {code: catalogue.service_name(code, language) for code in whole.services}
        ),
        areas=_most_first(
            whole.areas, {code: catalogue.desk.areas.name(code, language) for code in whole.areas}
        ),
        total=Line("", "", whole.total),
    )


def _most_first(figures: Mapping[str, Figures], names: Mapping[str, str]) -> tuple[Line, ...]:
    lines = [
        Line(code, names[code], own)
        for code, own in figures.items()
        if own.received or own.open or own.closed
    ]
    return tuple(sorted(lines, key=lambda line: (-line.figures.received, line.name)))


def definitions(language: str) -> dict[str, str]:
    """What each figure means, in words."""
    return {name: translate(key, language) for name, key in DEFINITIONS.items()}
