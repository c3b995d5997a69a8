"""A workbook of many cases, or their work sheets, that the worker writes for somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A workbook of more opens slowly in what offices have; an archive is for that.
MOST_ROWS = 100_000
# Two packets of paper; a case takes about five thousandths of a second.
MOST_SHEETS = 500
MOST_FILES = 3
KEPT_FOR = timedelta(days=1)
# Cases that are read, and bytes that are stored, at a time.
AT_ONCE, PART_BYTES = 1_000, 1_000_000


# Among the filters of a file: the cases that were ticked, as `bulk.write_numbers` writes them.
PICKED = "picked"


class FileKind(StrEnum):
    """What is written, as its name ends."""

    XLSX = "xlsx"
    PDF = "pdf"


class FileState(StrEnum):
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The file: whose, of which filters, how many cases it has."""

    id: int
    account_id: int
    kind: FileKind
    filters: Mapping[str, str]
    state: FileState
    rows: int
    created_datetime: datetime
