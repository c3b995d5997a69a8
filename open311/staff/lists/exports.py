"""What staff take along of a view, or of one case: CSV, XLSX, and work sheets to print."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions.exports import export_files as large_files
from open311.actions.exports import export_log
from open311.actions.exports.case_cells import HEAD, CellWriter
from open311.actions.exports.export_files import pieces
from open311.adapters import work_sheets
from open311.adapters.work_sheets import Sheet
from open311.base.errors import Invalid, NotFound, problem
from open311.formats import case_tables, csv
from open311.formats.case_tables import COLUMNS
from open311.http import current
from open311.http.limits import shares
from open311.http.limits.long_answers import no_room, take_share, to_the_end
from open311.http.limits.shares import Shares
from open311.model.access.actor import Right
from open311.model.casework.bulk import read_numbers
from open311.model.casework.export_files import MOST_ROWS, FileState
from open311.site.words import figure, words
from open311.staff.blueprint import account_actor, page, redirect_to, signed_in, staff
from open311.staff.case.work_sheet import of_case, of_row
from open311.staff.lists import filters
from open311.staff.lists.filters import Filter
from open311.staff.rendering import NOT_KEPT, render
from open311.staff.seen_case import find_case
from open311.storage.desk import bulk
from open311.storage.desk import export_files as storage
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import scope_of

# A request must not take longer than somebody waits for it.
MOST_IN_WORKBOOK, MOST_SHEETS = 5_000, 200


@page("/reports.csv", Right.EXPORT)
def reports_csv() -> ResponseReturnValue:
    """The cases of a view as CSV, in pieces as they are read."""
    core, chosen, search = current.core(), _chosen(), filters.search()
    scope, write = scope_of(staff(), Right.EXPORT), _cells()
    picked = _picked()
    with core.database.read() as conn:
        [rows] = (
            [len(picked)]
            if picked is not None
            else case_list.counted(conn, scope, [replace(search, words="")], core.now(), most=MOST_ROWS)
        )
    read = [picked] if picked is not None else pieces(core, scope, search, MOST_ROWS)
    body = (case_tables.csv_rows(map(write, piece)) for piece in read)
    broken = csv.remark(words("error.export.broken"))
    response = _file(to_the_end(_with_head(body), broken), case_tables.CSV, "csv")
    take_share(response, *_room())
    # Before the first row leaves: an export that breaks off is in the log all the same.
    export_log.record(core, account_actor(), "csv", rows, chosen.values)
    return response


@page("/reports.xlsx", Right.EXPORT)
def reports_xlsx() -> ResponseReturnValue:
    """The cases of a view as a workbook; more than one waits for are for the worker."""
    core, chosen = current.core(), _chosen()
    with _place():
        rows = _rows(MOST_IN_WORKBOOK + 1)
        if len(rows) > MOST_IN_WORKBOOK:
            return redirect_to("export_files", ask="1", **chosen.values)
        export_log.record(core, account_actor(), "xlsx", len(rows), chosen.values)
        book = io.BytesIO()
        head = [words(key) for key in HEAD]
        case_tables.xlsx(book, words("desk.menu.reports"), head, map(_cells(), rows))
    return _file([book.getvalue()], case_tables.XLSX, "xlsx")


@page("/exports", Right.EXPORT, methods=("GET", "POST"))
def export_files() -> ResponseReturnValue:
    """One's own workbooks of many cases, and a form to have one written."""
    core, chosen, account_id = current.core(), _chosen(), signed_in().account.id
    if request.method == "POST":
        large_files.begin(core, account_id, chosen.values)
        return redirect_to("export_files")
    with core.database.read() as conn:
        files = storage.of_account(conn, account_id)
    catalogues = core.catalogues.in_force
    state_words = {
        file.id: [(name, filters.in_words(name, value, catalogues)) for name, value in file.filters.items()]
        for file in files
    }
    filters_told = [
        (name, filters.in_words(name, value, catalogues)) for name, value in chosen.values.items()
    ]
    return render(
        "lists/exports.html",
        files=files,
        told=state_words,
        chosen=chosen,
        wanted=filters_told,
        asks="ask" in request.args,
        at_once=figure(MOST_IN_WORKBOOK),
        most=figure(MOST_ROWS),
    )


@page("/exports/<id:file_id>.xlsx", Right.EXPORT)
def export_file(file_id: int) -> ResponseReturnValue:
    """A workbook that the worker has written."""
    core = current.core()
    with core.database.read() as conn:
        file = storage.find(conn, file_id)
    if file is None or file.account_id != signed_in().account.id or file.state is not FileState.DONE:
        raise NotFound(problem("error.path"))
    return _file(large_files.content(core, file_id), case_tables.XLSX, "xlsx")


@page("/reports.pdf", Right.EXPORT)
def reports_pdf() -> ResponseReturnValue:
    """The cases of a view as work sheets, one a page."""
    with _place():
        sheets = [of_row(row) for row in _taken_along("pdf", MOST_SHEETS)]
        if not sheets:
            raise Invalid(problem("desk.export.nothing"))
        return printed(words("desk.export.sheets"), sheets, "pdf")


@page("/reports/<number:number>/sheet.pdf", Right.EXPORT)
def report_sheet(number: int) -> ResponseReturnValue:
    seen = find_case(number)
    seen.actor.require(Right.EXPORT, seen.whole.case.jurisdiction_id)
    export_log.record(current.core(), seen.actor, "sheet", 1, {}, f"request:{number}")
    sheet = of_case(seen)
    return printed(sheet.title, [sheet], f"{number}.pdf")


def _chosen() -> Filter:
    """The filters of what is taken along; raises `Invalid` where they name a colleague."""
    chosen = filters.of_request()
    if chosen.names_colleague:
        raise Invalid(problem("desk.export.person"))
    return chosen


def _room() -> tuple[Shares, str]:
    """The room for exports of the desk, and under which name one's own are counted there."""
    return shares.of_exports(shares.STAFF_EXPORTS), str(signed_in().account.id)


def _place() -> AbstractContextManager[None]:
    """A place in it while something is written; raises `TooManyRequests`."""
    room, who = _room()
    return room.within(who, no_room)


def _picked() -> list[CaseRow] | None:
    """The cases that were ticked in the list, of those that may be taken along; None where a whole view is meant."""
    numbers = read_numbers(request.args.get("picked", ""))
    if not numbers:
        return None
    core = current.core()
    with core.database.read() as conn:
        return bulk.chosen(conn, scope_of(staff(), Right.EXPORT), numbers, core.now())


def _cells() -> CellWriter:
    """The writer for the actor; it is used when the request is over, too."""
    return CellWriter.of(current.core(), current.language(), current.time_zone())


def _rows(most: int) -> list[CaseRow]:
    if (picked := _picked()) is not None:
        return picked
    scope = scope_of(staff(), Right.EXPORT)
    _chosen()
    return [row for piece in pieces(current.core(), scope, filters.search(), most) for row in piece]


def _taken_along(form: str, most: int) -> list[CaseRow]:
    """All cases of the view, written to the log; raises `Invalid` when they are more than a request can take."""
    rows = _rows(most + 1)
    if len(rows) > most:
        raise Invalid(problem("desk.export.too_many", most=most))
    export_log.record(current.core(), account_actor(), form, len(rows), _chosen().values)
    return rows


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
