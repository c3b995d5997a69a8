"""Requests as CSV (RFC 4180, UTF-8): one row each, the columns named as the fields of GeoReport v2."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from open311.base.text import UNSPEAKABLE
from open311.model.service_request import FIELDS

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# Spreadsheets take a cell that begins so for a formula, and would run what a stranger wrote.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def header() -> bytes:
    """The first row."""
    return _rows([FIELDS])


def rows(requests: Iterable[dict[str, Any]]) -> bytes:
    """A row for each request, as `documents.service_request` describes it."""
    return _rows([_cell(each.get(name)) for name in FIELDS] for each in requests)


def remark(words: str) -> bytes:
    """A row that is no request: one cell, which no program takes for one."""
    return _rows([[words]])


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = UNSPEAKABLE.sub("", value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _rows(cells: Iterable[Iterable[Any]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(cells)
    return written.getvalue().encode()
