"""A workbook of many cases that the worker writes for somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A workbook of more opens slowly in what offices have; an archive is for that.
MOST_ROWS = 100_000
MOST_FILES = 3
KEPT_FOR = timedelta(days=1)
# Cases that are read, and bytes that are stored, at a time.
AT_ONCE, PART_BYTES = 1_000, 1_000_000


class FileState(StrEnum):
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The file: whose, of which filters, how many rows it has."""

    id: int
    account_id: int
    filters: Mapping[str, str]
    state: FileState
    rows: int
    created_datetime: datetime
