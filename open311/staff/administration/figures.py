"""How the work goes, for those who lead it: what is open leads to its list; nothing is told by person."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.formats import case_tables
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Stage
from open311.model.casework.desk_search import OPEN_STAGES, CaseSearch, Order
from open311.model.casework.figures import CLOCK, PERIODS
from open311.staff import catalogue_names
from open311.staff.administration.period import HEAD, LEAST, UNITS, period_of
from open311.staff.blueprint import address, page, staff
from open311.staff.rendering import NOT_KEPT, render
from open311.storage.desk.figures.stock import Stock, stock
from open311.storage.desk.lists import case_list
from open311.storage.desk.scope import scope_of

USUAL_DAYS = 90
OLDEST = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the open cases: how many in each stage, how many late, and where their lists are."""

    name: str
    stages: list[tuple[int, str]]
    overdue: tuple[int, str]
    open: tuple[int, str]


@page("/figures", Right.FIGURES)
def figures() -> ResponseReturnValue:
    """What is open now, and what became of what came in lately."""
    core, somebody, days, unit = current.core(), staff(), _days(), _unit()
    now = core.now()
    # What the lists show, and no more: each number leads to one.
    seen = scope_of(somebody, Right.SEE_REPORTS)
    kept, stamp = core.desk_counts, core.database.freshness.desk_stamp
    with core.database.read() as conn:
        open_cases = kept.get(("stock", somebody), stamp, now, lambda: stock(conn, seen, now))
        oldest = case_list.page(conn, seen, CaseSearch(order=Order.OLDEST, limit=OLDEST), now).rows
    return render(
        "administration/figures.html",
        stages=OPEN_STAGES,
        total=_line("", open_cases, {}),
        units=_lines(open_cases, lambda row: row.unit or "", catalogue_names.unit_name, "unit"),
        services=_lines(open_cases, lambda row: row.service_code, catalogue_names.service_name, "service"),
        oldest=oldest,
        catalogues={
            city: core.catalogues.owner(city) for city in {row.case.jurisdiction_id for row in oldest}
        },
        now=now,
        period=period_of(days),
        days=days,
        unit=unit,
        periods=[(number, address("figures", days=number, times=unit)) for number in PERIODS],
        time_units=[(name, address("figures", days=days, times=name)) for name in UNITS],
        least=LEAST,
    )


@page("/figures.csv", Right.FIGURES)
def figures_csv() -> ResponseReturnValue:
    """The figures of a period as a table; times in seconds and in working days."""
    days = _days()
    period = period_of(days)
    rows = [HEAD, *(period.rows() if period else ())]
    response = Response(case_tables.csv_rows(rows), content_type=case_tables.CSV)
    response.headers["Content-Disposition"] = f'attachment; filename="figures-{days}.csv"'
    response.headers["Cache-Control"] = NOT_KEPT
    return response


def _days() -> int:
    asked = request.args.get("days", "")
    return int(asked) if asked in {str(number) for number in PERIODS} else USUAL_DAYS


def _unit() -> str:
    asked = request.args.get("times", "")
    return asked if asked in UNITS else CLOCK


def _lines(
    stock: Iterable[Stock], code_of: Callable[[Stock], str], name_of: Callable[[str], str], name: str
) -> list[Line]:
    by_code: dict[str, list[Stock]] = {}
    for row in stock:
        by_code.setdefault(code_of(row), []).append(row)
    lines = [_line(name_of(code), rows, {name: code}) for code, rows in by_code.items()]
    return sorted(lines, key=lambda line: (not line.name, line.name.casefold()))


def _line(name: str, rows: Iterable[Stock], chosen: dict[str, str]) -> Line:
    numbers, late = Counter[str](), 0
    for row in rows:
        numbers[row.stage] += row.number
        late += row.overdue
    # No filter of the list asks for cases that have no unit.
    has_list = all(chosen.values())

    def with_list(number: int, **more: str) -> tuple[int, str]:
        return number, address("reports", **chosen, **more) if number and has_list else ""

    return Line(
        name,
        [with_list(numbers[stage], stage=stage.value) for stage in Stage if stage in OPEN_STAGES],
        with_list(late, overdue="1"),
        with_list(numbers.total()),
    )
