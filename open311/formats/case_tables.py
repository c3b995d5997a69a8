"""Cases as tables for spreadsheets: what staff take along, without anybody's name in it."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO

from open311.base.text import XML_ILLEGAL
from open311.formats.csv import guarded

CSV = "text/csv; charset=utf-8; header=present"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    "number",
    "service",
    "status",
    "visibility",
    "stage",
    "unit",
    "priority",
    "received",
    "due",
    "overdue",
    "address",
    "area",
    "lat",
    "long",
    "channel",
    "duplicate_of",
    "description",
)
# The most that a cell of a spreadsheet holds.
LONGEST_CELL = 32_767
Cell = str | int | float | datetime | None
Row = Sequence[Cell]


def csv_rows(rows: Iterable[Row]) -> bytes:
    """Rows of a CSV file; no spreadsheet takes a text for a formula."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([_plain(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def _plain(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return guarded(XML_ILLEGAL.sub("", cell)) if isinstance(cell, str) else cell


def xlsx(
    file: IO[bytes], title: str, head: Sequence[str], rows: Iterable[Row], *, many: bool = False
) -> None:
    """Write a workbook with one sheet; texts are texts, whatever they look like, and moments are in local time.

    `many` rows are written out one by one, so that they take no memory.
    """
    # Few processes ever write one, and it takes 12 MB.
    import xlsxwriter

    options = {
        "in_memory": not many,
        "constant_memory": many,
        # A stranger's text that begins with `=` would run on a desk of the city.
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        # The longest name that spreadsheets take.
        sheet = book.add_worksheet(title[:31])
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        # Before the first row, since rows that are written out leave nothing to be set.
        sheet.set_column(0, len(head) - 1, 18)
        sheet.freeze_panes(1, 1)
        sheet.write_row(0, 0, head, bold)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    # Workbooks know no time zones.
                    sheet.write_datetime(number, place, cell.replace(tzinfo=None), moment)
                elif isinstance(cell, str):
                    sheet.write_string(number, place, XML_ILLEGAL.sub("", cell)[:LONGEST_CELL])
                elif cell is not None:
                    sheet.write_number(number, place, cell)
