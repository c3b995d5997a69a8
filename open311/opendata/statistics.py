"""The figures of a city for programs and spreadsheets, as JSON and CSV."""

from typing import Any

from flask import Response

from open311.base.datetimes import write
from open311.formats import csv
from open311.http import current
from open311.model.statistics import DEFINITIONS
from open311.opendata import shapes
from open311.opendata.answers import answer, json
from open311.opendata.blueprint import OpenData
from open311.web import jurisdictions, statistics
from open311.web.fields import Count, Word
from open311.web.queries import Arguments
from open311.web.statistics import Line, StatisticsTables

blueprint = OpenData("statistics", __name__, url_prefix="/open311/v2", description="Figures")
blueprint.before_request(jurisdictions.find_catalogue)

MOST_MONTHS = 120


class StatisticsQuery(Arguments):
    """GET the figures."""

    service_code = Word(100, metadata={"description": "Of one service alone."})
    months = Count(1, MOST_MONTHS, metadata={"description": "How many months back, this one included; 12."})


@blueprint.read(
    "/statistics.json", takes=StatisticsQuery, content_type="application/json", shape=shapes.STATISTICS
)
def get_statistics_json(query: dict[str, Any]) -> Response:
    """Received, closed and open reports and the days they took, by month, service and area; with definitions.

    Numbers from one to four are `"<5"`; of so few no days are told.
    """
    figures, catalogue = _read(query), current.catalogue()
    ran = figures.statistics.run_datetime
    return json(
        {
            "jurisdiction_id": catalogue.jurisdiction.jurisdiction_id,
            "updated_datetime": write(ran, catalogue.jurisdiction.time_zone) if ran else None,
            "definitions": statistics.definitions(current.language(catalogue)),
            "total": figures.total.row(),
            "months": [{"month": line.code} | line.row() for line in figures.months],
            "services": [_row("service_code", "service_name", line) for line in figures.services],
            "areas": [_row("area_code", "area_name", line) for line in figures.areas],
        }
    )


def _row(code: str, name: str, line: Line) -> dict[str, Any]:
    return {code: line.code, name: line.name} | line.row()


@blueprint.read("/statistics.csv", takes=StatisticsQuery, content_type="text/csv")
def get_statistics_csv(query: dict[str, Any]) -> Response:
    """The same as rows: `of` is total, month, service or area, then its code, its name and its figures."""
    figures = _read(query)
    parts = (
        ("total", (figures.total,)),
        ("month", figures.months),
        ("service", figures.services),
        ("area", figures.areas),
    )
    rows = [[of, line.code, line.name, *_cells(line)] for of, lines in parts for line in lines]
    body = csv.table([["of", "code", "name", *DEFINITIONS], *rows])
    return answer(body, csv.MEDIA_TYPE)


def _cells(line: Line) -> list[Any]:
    row = line.row()
    return ["" if row[name] is None else row[name] for name in DEFINITIONS]


def _read(query: dict[str, Any]) -> StatisticsTables:
    catalogue = current.catalogue()
    return statistics.read(
        current.core(),
        catalogue,
        current.language(catalogue),
        query.get("months", statistics.MONTHS),
        query.get("service_code"),
    )
