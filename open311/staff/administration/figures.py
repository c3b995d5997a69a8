"""How the work goes, for those who lead it: what is open leads to its list; nothing is told by person."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue

from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Stage
from open311.model.casework.desk_search import OPEN_STAGES
from open311.staff import catalogue_names
from open311.staff.blueprint import address, page, staff
from open311.staff.rendering import render
from open311.storage.desk.lists import figures as storage
from open311.storage.desk.lists.figures import BY_SERVICE, BY_UNIT, Course, Stock
from open311.storage.desk.scope import scope_of

DAYS = (30, 90, 365)
USUAL_DAYS = 90
# Of fewer, who reported could be recognised, and who had worked on it.
LEAST = 5


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
    core, somebody = current.core(), staff()
    asked = request.args.get("days", "")
    days = int(asked) if asked in {str(number) for number in DAYS} else USUAL_DAYS
    now = core.now()
    # What the lists show, and no more: each number leads to one.
    seen, counted = scope_of(somebody, Right.SEE_REPORTS), scope_of(somebody, Right.FIGURES)
    kept, stamp = core.desk_counts, core.database.freshness.desk_stamp
    with core.database.read() as conn:
        stock = kept.get(("stock", somebody), stamp, now, lambda: storage.stock(conn, seen, now))
        # Whatever happens meanwhile, a minute changes little in a month.
        since = now - timedelta(days=days)
        course = kept.get(("course", somebody, days), 0, now, lambda: storage.course(conn, counted, since))
    return render(
        "administration/figures.html",
        stages=OPEN_STAGES,
        total=_line("", stock, {}),
        units=_lines(stock, lambda row: row.unit or "", catalogue_names.unit_name, "unit"),
        services=_lines(stock, lambda row: row.service_code, catalogue_names.service_name, "service"),
        whole=next((row for row in course if row.group == storage.ALL), None),
        by_unit=_named(course, BY_UNIT, lambda row: catalogue_names.unit_name(row.unit or "")),
        by_service=_named(
            course, BY_SERVICE, lambda row: catalogue_names.service_name(row.service_code or "")
        ),
        days=days,
        periods=[(number, address("figures", days=number)) for number in DAYS],
        least=LEAST,
    )


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


def _named(rows: Iterable[Course], group: int, name_of: Callable[[Course], str]) -> list[tuple[str, Course]]:
    named = [(name_of(row), row) for row in rows if row.group == group]
    return sorted(named, key=lambda pair: (-pair[1].received, pair[0].casefold()))
