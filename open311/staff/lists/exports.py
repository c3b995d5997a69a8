"""What staff take along of a view, or of one case: CSV, XLSX, and work sheets to print."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions.exports import export_files as large_files
from open311.actions.exports import export_log
from open311.actions.exports.case_cells import HEAD, CellWriter
from open311.actions.exports.export_files import pieces
from open311.actions.exports.sheet_writer import document
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
from open311.model.casework.export_files import MOST_ROWS, MOST_SHEETS, PICKED, FileKind, FileState
from open311.site.words import counted, figure, words
from open311.staff.blueprint import account_actor, page, redirect_to, signed_in, staff
from open311.staff.case import work_sheet
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
MOST_IN_WORKBOOK, MOST_SHEETS_AT_ONCE = 5_000, 50

MEDIA_TYPES = {FileKind.XLSX: case_tables.XLSX, FileKind.PDF: work_sheets.MEDIA_TYPE}


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
            return redirect_to("export_files", ask=FileKind.XLSX.value, **chosen.values)
        export_log.record(core, account_actor(), "xlsx", len(rows), chosen.values)
        book = io.BytesIO()
        head = [words(key) for key in HEAD]
        case_tables.xlsx(book, words("desk.menu.reports"), head, map(_cells(), rows))
    return _file([book.getvalue()], case_tables.XLSX, "xlsx")


@page("/reports.pdf", Right.EXPORT)
def reports_pdf() -> ResponseReturnValue:
    """The cases of a view as work sheets, one a page; more than one waits for are for the worker."""
    chosen = _chosen()
    with _place():
        rows = _rows(MOST_SHEETS + 1)
        if not rows:
            raise Invalid(problem("desk.export.nothing"))
        if len(rows) > MOST_SHEETS:
            raise Invalid(problem("desk.export.too_many", most=MOST_SHEETS))
        if len(rows) > MOST_SHEETS_AT_ONCE:
            picked = {name: request.args[name] for name in (PICKED,) if name in request.args}
            return redirect_to("export_files", ask=FileKind.PDF.value, **chosen.values, **picked)
        export_log.record(current.core(), account_actor(), "pdf", len(rows), chosen.values)
        of_row = work_sheet.writer().of_row
        return printed(words("desk.export.sheets"), [of_row(row) for row in rows], "pdf")


@page("/exports", Right.EXPORT, methods=("GET", "POST"))
def export_files() -> ResponseReturnValue:
    """One's own files of many cases, and a form to have one written."""
    core, account_id, wish = current.core(), signed_in().account.id, _wish()
    kind = request.values.get("ask", "")
    asks = FileKind(kind) if kind in set(FileKind) else None
    if request.method == "POST":
        large_files.begin(core, account_id, asks or FileKind.XLSX, wish)
        return redirect_to("export_files")
    with core.database.read() as conn:
        files = storage.of_account(conn, account_id)
    return render(
        "lists/exports.html",
        files=files,
        told={file.id: _told(file.filters) for file in files},
        chosen=_chosen(),
        wish=wish,
        wanted=_told(wish),
        asks=asks,
        at_once={"xlsx": figure(MOST_IN_WORKBOOK), "pdf": figure(MOST_SHEETS_AT_ONCE)},
        most={"xlsx": figure(MOST_ROWS), "pdf": figure(MOST_SHEETS)},
    )


def _wish() -> dict[str, str]:
    """What is to be written: a view, or the cases that were ticked in it."""
    picked = request.values.get(PICKED, "")
    return {**_chosen().values, PICKED: picked} if read_numbers(picked) else dict(_chosen().values)


def _told(wish: Mapping[str, str]) -> str:
    """The cases of a file in words."""
    if PICKED in wish:
        return counted("desk.export.picked", len(read_numbers(wish[PICKED])))
    catalogues = current.core().catalogues.in_force
    parts = (
        f"{words(f'desk.filter.{name}')}: {filters.in_words(name, value, catalogues)}"
        for name, value in wish.items()
    )
    return "; ".join(parts) or words("desk.view.open")


@page("/exports/<id:file_id>.<any(xlsx, pdf):kind>", Right.EXPORT)
def export_file(file_id: int, kind: str) -> ResponseReturnValue:
    """A file that the worker has written."""
    core = current.core()
    with core.database.read() as conn:
        file = storage.find(conn, file_id)
    if file is None or file.account_id != signed_in().account.id or file.kind != kind:
        raise NotFound(problem("error.path"))
    if file.state is not FileState.DONE:
        raise NotFound(problem("error.path"))
    return _file(large_files.content(core, file_id), MEDIA_TYPES[file.kind], kind)


@page("/reports/<number:number>/sheet.pdf", Right.EXPORT)
def report_sheet(number: int) -> ResponseReturnValue:
    seen = find_case(number)
    seen.actor.require(Right.EXPORT, seen.whole.case.jurisdiction_id)
    export_log.record(current.core(), seen.actor, "sheet", 1, {}, f"request:{number}")
    sheet = work_sheet.of_case(seen)
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
        return bulk.chosen(conn, scope_of(staff(), Right.EXPORT), numbers, core.now(), whole=True)


def _cells() -> CellWriter:
    """The writer for the actor; it is used when the request is over, too."""
    return CellWriter.of(current.core(), current.language(), current.time_zone())


def _rows(most: int) -> list[CaseRow]:
    if (picked := _picked()) is not None:
        return picked
    scope = scope_of(staff(), Right.EXPORT)
    _chosen()
    return [row for piece in pieces(current.core(), scope, filters.search(), most) for row in piece]


def _with_head(body: Iterator[bytes]) -> Iterator[bytes]:
    # Without the mark spreadsheets take the file for one in the letters of the 1990s.
    yield b"\xef\xbb\xbf" + case_tables.csv_rows([COLUMNS])
    yield from body


def printed(title: str, sheets: Sequence[Sheet], name: str) -> Response:
    content = document(title, current.language(), sheets)
    return _file([content], work_sheets.MEDIA_TYPE, name)


def _file(body: Iterable[bytes], media_type: str, name: str) -> Response:
    response = Response(body, content_type=media_type)
    dated = name if "." in name else f"{current.core().now():%Y-%m-%d}.{name}"
    response.headers["Content-Disposition"] = f'attachment; filename="reports-{dated}"'
    response.headers["Cache-Control"] = NOT_KEPT
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
