"""Requests as CSV (RFC 4180, UTF-8): one row each, the columns named as the fields of GeoReport v2."""

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from open311.base.text import XML_ILLEGAL
from open311.model.v2_fields import FIELDS

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# Spreadsheets take a cell that begins so for a formula, and would run what a stranger wrote.
_MARK = "[-=+@\t\r\n\uff1d\uff0b\uff0d\uff20]"
FORMULA = re.compile(f"[ ']*{_MARK}")
# Where a comma is the decimal sign, they end a cell at `;`, and the next one would begin behind it.
# No character belongs to two of the repeats: a long run of it would be divided between them in every way.
_QUOTED_FORMULA = f"[\"']*(?: [ ']*)?{_MARK}"
BEHIND_A_SEMICOLON = re.compile(f"(;)(?={_QUOTED_FORMULA})")
GUARDED_BEHIND_IT = re.compile(f"(;)'(?={_QUOTED_FORMULA})")


def header() -> bytes:
    return _rows([FIELDS])


def rows(requests: Iterable[dict[str, Any]]) -> bytes:
    """A row for each request, as `documents.service_request` describes it."""
    return _rows([_cell(request.get(name)) for name in FIELDS] for request in requests)


def table(cells: Iterable[Iterable[Any]]) -> bytes:
    return _rows([_cell(cell) for cell in row] for row in cells)


def remark(words: str) -> bytes:
    """A row that is no request: one cell, which no program takes for one."""
    return _rows([[words]])


def text_as_cell(text: str) -> str:
    """A text as a cell, before it is put in quotes."""
    return str(_cell(text))


def text_in_csv(text: str) -> str:
    """A text as a cell, in quotes where it needs them."""
    return _rows([[_cell(text)]]).decode().removesuffix("\r\n")


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula."""
    text = BEHIND_A_SEMICOLON.sub(r"\1'", text)
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that a cell stands for; `guarded` undone."""
    if "'" not in cell:
        return cell
    text = cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell
    return GUARDED_BEHIND_IT.sub(r"\1", text) if ";'" in text else text


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        # Python writes small numbers as 1e-05, which not every reader takes.
        return f"{Decimal(repr(value)):f}"
    return guarded(XML_ILLEGAL.sub("", value)) if isinstance(value, str) else value


def _rows(cells: Iterable[Iterable[Any]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(cells)
    return written.getvalue().encode()
