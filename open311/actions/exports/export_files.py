"""Workbooks and work sheets of many cases: the worker writes them, by the rights that the person has then."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import IO

from open311.actions.exports import export_log
from open311.actions.exports.case_cells import HEAD, CellWriter
from open311.actions.exports.sheet_writer import SheetWriter, document
from open311.actions.staff_mail import staff_notices
from open311.base.i18n import translate
from open311.core import Core
from open311.formats import case_tables
from open311.model.access.actor import Right
from open311.model.casework import desk_filters
from open311.model.casework.bulk import read_numbers
from open311.model.casework.desk_filters import Asker
from open311.model.casework.desk_search import CaseSearch
from open311.model.casework.export_files import (
    AT_ONCE,
    MOST_FILES,
    MOST_ROWS,
    MOST_SHEETS,
    PART_BYTES,
    PICKED,
    ExportFile,
    FileKind,
    FileState,
)
from open311.model.staff.accounts import Account, AccountState
from open311.model.staff.rights import Staff
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.desk import bulk
from open311.storage.desk import export_files as storage
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import Scope, scope_of
from open311.storage.staff_accounts import accounts


def begin(core: Core, account_id: int, kind: FileKind, filters: Mapping[str, str]) -> int:
    """Have a view written; the file's id. The same one that waits already is one; of many, the oldest goes."""
    with core.database.begin() as conn:
        files = storage.of_account(conn, account_id)
        waiting = (file for file in files if file.state is FileState.WAITING)
        wish = kind, dict(filters)
        same = next((file for file in waiting if (file.kind, dict(file.filters)) == wish), None)
        if same is not None:
            return same.id
        for old in files[MOST_FILES - 1 :]:
            storage.remove(conn, old.id)
        file_id = storage.add(conn, account_id, kind, filters, core.now())
        jobs.defer(conn, TaskName.WRITE_EXPORT, file_id=file_id)
    return file_id


def write(core: Core, file_id: int) -> None:
    """Write a file, unless it is gone or its owner may no longer have it."""
    begun = _begun(core, file_id)
    if begun is None:
        return
    file, account, staff = begun
    counter, city = _Counter(), next(iter(core.catalogues.in_force)).jurisdiction
    cases = map(counter, _cases(core, file, scope_of(staff, Right.EXPORT), city.time_zone))
    with tempfile.TemporaryFile() as content:
        _WRITERS[file.kind](core, account.language, city.time_zone, cases, content)
        content.seek(0)
        for position, part in enumerate(iter(lambda: content.read(PART_BYTES), b"")):
            with core.database.begin() as conn:
                storage.put_part(conn, file_id, position, part)
    # Before it is done: a file that can be fetched and is in no log would be the wrong way round.
    about = {name: value for name, value in file.filters.items() if name != PICKED}
    export_log.record(core, staff.actor(city.jurisdiction_id), file.kind.value, counter.rows, about)
    with core.database.begin() as conn:
        storage.finish(conn, file_id, counter.rows)


def _begun(core: Core, file_id: int) -> tuple[ExportFile, Account, Staff] | None:
    """A file that is to be written and its owner; what a worker that died has left of it is gone."""
    with core.database.begin() as conn:
        file = storage.find(conn, file_id)
        account = accounts.find(conn, file.account_id) if file else None
        if file is None or file.state is FileState.DONE or account is None:
            return None
        staff = staff_notices.staff_of(core, conn, account.id)
        if account.state is not AccountState.ACTIVE or Right.EXPORT not in staff.rights:
            storage.remove(conn, file_id)
            return None
        storage.begin_anew(conn, file_id)
    return file, account, staff


def _cases(core: Core, file: ExportFile, scope: Scope, time_zone: tzinfo) -> Iterator[Sequence[CaseRow]]:
    if picked := read_numbers(file.filters.get(PICKED, "")):
        with core.database.read() as conn:
            return iter([bulk.chosen(conn, scope, picked, core.now(), whole=True)])
    languages = {catalogue.jurisdiction.text_search for catalogue in core.catalogues.in_force}
    asker = Asker(file.account_id, core.now(), time_zone, tuple(sorted(languages)))
    search = desk_filters.search_of(file.filters, asker)
    return pieces(core, scope, search, MOST_SHEETS if file.kind is FileKind.PDF else MOST_ROWS)


Cases = Iterable[Sequence[CaseRow]]


def _workbook(core: Core, language: str, time_zone: tzinfo, cases: Cases, content: IO[bytes]) -> None:
    cells = CellWriter.of(core, language, time_zone)
    head = [translate(key, language) for key in HEAD]
    rows = (cells(row) for piece in cases for row in piece)
    case_tables.xlsx(content, translate("desk.menu.reports", language), head, rows, many=True)


def _sheets(core: Core, language: str, time_zone: tzinfo, cases: Cases, content: IO[bytes]) -> None:
    of_row = SheetWriter(core.catalogues, language, time_zone, core.settings.address).of_row
    sheets = [of_row(row) for piece in cases for row in piece]
    content.write(document(translate("desk.export.sheets", language), language, sheets))


_WRITERS: Mapping[FileKind, Callable[[Core, str, tzinfo, Cases, IO[bytes]], None]] = {
    FileKind.XLSX: _workbook,
    FileKind.PDF: _sheets,
}


class _Counter:
    """Counts the rows that pass."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, piece: Sequence[CaseRow]) -> Sequence[CaseRow]:
        self.rows += len(piece)
        return piece


def pieces(core: Core, scope: Scope, search: CaseSearch, most: int) -> Iterator[Sequence[CaseRow]]:
    """The cases of a search a thousand at a time; no connection is held while a slow reader takes them."""
    after, now = None, core.now()
    while most > 0:
        with core.database.read() as conn:
            some = replace(search, limit=min(AT_ONCE, most))
            page = case_list.page(conn, scope, some, now, after, whole=True)
        yield page.rows
        after, most = page.next, most - len(page.rows)
        if after is None:
            return


def content(core: Core, file_id: int) -> Iterator[bytes]:
    """The bytes of a file that is done, a part at a time."""
    position = 0
    while True:
        with core.database.read() as conn:
            piece = storage.part(conn, file_id, position)
        if piece is None:
            return
        yield piece
        position += 1
