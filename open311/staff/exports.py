"""What staff take along of a view, or of one case: CSV, XLSX, and work sheets to print."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flask import Response
from flask.typing import ResponseReturnValue

from open311.actions import exports
from open311.adapters import work_sheets
from open311.adapters.work_sheets import Sheet
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.formats import case_tables
from open311.formats.case_tables import COLUMNS
from open311.http import current
from open311.model import desk_filters
from open311.model.actor import Right
from open311.model.desk_search import CaseSearch
from open311.site.words import words
from open311.staff import filters
from open311.staff.blueprint import account_actor, page, staff
from open311.staff.case_cells import HEAD, CellWriter
from open311.staff.rendering import NOT_KEPT
from open311.staff.seen import find_case
from open311.staff.sheets import of_case, of_row
from open311.storage.desk import lists
from open311.storage.desk.lists import CaseRow
from open311.storage.desk.scope import Scope, scope_of

# A request must not take longer than somebody waits for it.
MOST_ROWS, MOST_IN_WORKBOOK, MOST_SHEETS = 100_000, 5_000, 200
AT_ONCE = 1_000


@page("/reports.csv", Right.EXPORT)
def reports_csv() -> ResponseReturnValue:
    """The cases of a view as CSV, in pieces as they are read."""
    core, chosen, search = current.core(), filters.of_request(), _search()
    scope, write = scope_of(staff(), Right.EXPORT), CellWriter.of_request()
    with core.database.read() as conn:
        [rows] = lists.counted(conn, scope, [replace(search, words="")], core.now(), most=MOST_ROWS)
    exports.note(core, account_actor(), "csv", rows, chosen.values)
    body = (case_tables.csv_rows(map(write, piece)) for piece in _pieces(core, scope, search, MOST_ROWS))
    return _file(_with_head(body), case_tables.CSV, "csv")


@page("/reports.xlsx", Right.EXPORT)
def reports_xlsx() -> ResponseReturnValue:
    """The cases of a view as a workbook."""
    rows = _taken_along("xlsx", MOST_IN_WORKBOOK)
    head = [words(key) for key in HEAD]
    book = case_tables.xlsx(words("desk.menu.reports"), head, map(CellWriter.of_request(), rows))
    return _file([book], case_tables.XLSX, "xlsx")


@page("/reports.pdf", Right.EXPORT)
def reports_pdf() -> ResponseReturnValue:
    """The cases of a view as work sheets, one a page."""
    sheets = [of_row(row) for row in _taken_along("pdf", MOST_SHEETS)]
    if not sheets:
        raise Invalid(problem("desk.export.nothing"))
    return printed(words("desk.export.sheets"), sheets, "pdf")


@page("/reports/<number:number>/sheet.pdf", Right.EXPORT)
def report_sheet(number: int) -> ResponseReturnValue:
    """One case to print."""
    seen = find_case(number)
    seen.actor.require(Right.EXPORT, seen.whole.case.jurisdiction_id)
    exports.note(current.core(), seen.actor, "sheet", 1, {}, f"request:{number}")
    sheet = of_case(seen)
    return printed(sheet.title, [sheet], f"{number}.pdf")


def _search() -> CaseSearch:
    return desk_filters.search_of(filters.of_request().values, filters.asker())


def _taken_along(form: str, most: int) -> list[CaseRow]:
    """All cases of the view, written to the log; raises `Invalid` when they are more than a request can take."""
    core, scope = current.core(), scope_of(staff(), Right.EXPORT)
    rows = [row for piece in _pieces(core, scope, _search(), most + 1) for row in piece]
    if len(rows) > most:
        raise Invalid(problem("desk.export.too_many", most=most))
    exports.note(core, account_actor(), form, len(rows), filters.of_request().values)
    return rows


def _pieces(core: Core, scope: Scope, search: CaseSearch, most: int) -> Iterator[Sequence[CaseRow]]:
    """The cases of a search a thousand at a time; no connection is held while a slow reader takes them."""
    after, now = None, core.now()
    while most > 0:
        with core.database.read() as conn:
            found = lists.page(conn, scope, replace(search, limit=min(AT_ONCE, most)), now, after)
        yield found.rows
        after, most = found.next, most - len(found.rows)
        if after is None:
            return


def _with_head(body: Iterator[bytes]) -> Iterator[bytes]:
    # Without the mark spreadsheets take the file for one in the letters of the 1990s.
    yield b"\xef\xbb\xbf" + case_tables.csv_rows([COLUMNS])
    yield from body


def printed(title: str, sheets: Sequence[Sheet], name: str) -> Response:
    head = (words("desk.export.what"), words("desk.export.value"))
    document = work_sheets.written(title, current.language(), head, sheets)
    return _file([document], work_sheets.MEDIA_TYPE, name)


def _file(body: Iterable[bytes], media_type: str, name: str) -> Response:
    response = Response(body, content_type=media_type)
    dated = name if "." in name else f"{current.core().now():%Y-%m-%d}.{name}"
    response.headers["Content-Disposition"] = f'attachment; filename="reports-{dated}"'
    response.headers["Cache-Control"] = NOT_KEPT
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
