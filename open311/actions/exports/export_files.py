"""Workbooks of many cases: the worker writes them, row by row, by the rights that the person has then."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from open311.actions.exports import export_log
from open311.actions.exports.case_cells import HEAD, CellWriter
from open311.actions.staff_mail import staff_notices
from open311.base.i18n import translate
from open311.core import Core
from open311.formats import case_tables
from open311.model.access.actor import Right
from open311.model.casework import desk_filters
from open311.model.casework.desk_filters import Asker
from open311.model.casework.desk_search import CaseSearch
from open311.model.casework.export_files import AT_ONCE, MOST_FILES, MOST_ROWS, PART_BYTES, FileState
from open311.model.staff.accounts import AccountState
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.desk import export_files as storage
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import Scope, scope_of
from open311.storage.staff_accounts import accounts


def begin(core: Core, account_id: int, filters: Mapping[str, str]) -> int:
    """Have a workbook of a view written; its id. The same view that waits already is one; of many, the oldest goes."""
    with core.database.begin() as conn:
        files = storage.of_account(conn, account_id)
        waiting = (file for file in files if file.state is FileState.WAITING)
        same = next((file for file in waiting if dict(file.filters) == dict(filters)), None)
        if same is not None:
            return same.id
        for old in files[MOST_FILES - 1 :]:
            storage.remove(conn, old.id)
        file_id = storage.add(conn, account_id, filters, core.now())
        jobs.defer(conn, TaskName.WRITE_EXPORT, file_id=file_id)
    return file_id


def write(core: Core, file_id: int) -> None:
    """Write a workbook, unless it is gone or its owner may no longer have it."""
    with core.database.begin() as conn:
        file = storage.find(conn, file_id)
        account = accounts.find(conn, file.account_id) if file else None
        if file is None or file.state is FileState.DONE or account is None:
            return
        staff = staff_notices.staff_of(core, conn, account.id)
        if account.state is not AccountState.ACTIVE or Right.EXPORT not in staff.rights:
            storage.remove(conn, file_id)
            return
        storage.begin_anew(conn, file_id)
    scope, counter = scope_of(staff, Right.EXPORT), _Counter()
    city = next(iter(core.catalogues.in_force)).jurisdiction
    languages = {catalogue.jurisdiction.text_search for catalogue in core.catalogues.in_force}
    asker = Asker(account.id, core.now(), city.time_zone, tuple(sorted(languages)))
    search = desk_filters.search_of(file.filters, asker)
    cells = CellWriter.of(core, account.language, city.time_zone)
    head = [translate(key, account.language) for key in HEAD]
    with tempfile.TemporaryFile() as book:
        rows = (cells(row) for piece in pieces(core, scope, search, MOST_ROWS) for row in counter(piece))
        case_tables.xlsx(book, translate("desk.menu.reports", account.language), head, rows, many=True)
        book.seek(0)
        for position, content in enumerate(iter(lambda: book.read(PART_BYTES), b"")):
            with core.database.begin() as conn:
                storage.put_part(conn, file_id, position, content)
    # Before it is done: a file that can be fetched and is in no log would be the wrong way round.
    export_log.record(core, staff.actor(city.jurisdiction_id), "xlsx", counter.rows, file.filters)
    with core.database.begin() as conn:
        storage.finish(conn, file_id, counter.rows)


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
            page = case_list.page(conn, scope, replace(search, limit=min(AT_ONCE, most)), now, after)
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
