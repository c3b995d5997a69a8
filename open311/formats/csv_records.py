"""The records of a CSV file, each with the line that it begins on; a quote that is never closed costs one line."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from open311.base.errors import Problem, problem

UTF_8 = "utf-8-sig"
# That of 32 bits begins like that of 16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What Excel reads as "this is between the columns", and therefore some programs write as a first line.
_EXCEL_DELIMITER = re.compile(r'"?sep=([^"\r\n])"?', re.IGNORECASE)
LONGEST_FIELD = 1_000_000
LONGEST_LINE = 4 * LONGEST_FIELD
# A quote that is never closed would otherwise swallow the rest of the file.
MOST_LINES = 2_000
UNCLOSED = problem("error.row.quote")


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a row; with a `problem` they are what is on the line that cannot be read."""

    line: int
    cells: list[str]
    problem: Problem | None = None


class _Lines:
    """Lines for `csv.reader`, which remembers what a record took, so that it can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self._reached = 0
        self.taken: list[str] = []
        self.size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.too_much:
            raise StopIteration
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        self.size += len(line)
        return line

    @property
    def too_much(self) -> bool:
        """Whether one record has taken more than any record may."""
        return len(self.taken) >= MOST_LINES or self.size > LONGEST_FIELD

    @property
    def begin(self) -> int:
        """The number of the first line that was taken."""
        return self._reached + 1

    @property
    def is_cut(self) -> bool:
        """Whether what was taken is the beginning of a longer line."""
        return len(self.taken) == 1 and self.size > LONGEST_LINE

    def settle(self, count: int) -> None:
        """Be done with the first `count` lines that were taken; the others come again."""
        self._back.extendleft(reversed(self.taken[count:]))
        self._reached += count
        self.taken, self.size = [], 0


def encoding_of(path: Path) -> str:
    """The encoding that a file begins with; UTF-8 without a mark."""
    with path.open("rb") as file:
        first = file.read(4)
    return next((name for mark, name in BYTE_ORDER_MARKS.items() if first.startswith(mark)), UTF_8)


def lines_of(file: TextIO) -> Iterator[str]:
    """The lines of a file; of one that is longer than any line may be the beginning, which is no record."""
    # By `for`, a file without line ends would come as a whole, and take seven times its size.
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and line[-1] not in "\r\n":
            line = file.readline(LONGEST_LINE + 1)


def delimiter_of(line: str) -> str:
    """The character that is between the columns of a file with this first line."""
    excel = _EXCEL_DELIMITER.fullmatch(line.rstrip("\r\n"))
    return excel[1] if excel else max(",;\t|", key=line.count)


def records(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Every record that is not blank; a faulty line is reported as such and the next one begins a record."""
    # Python has one limit for all readers of the process.
    csv.field_size_limit(LONGEST_FIELD)
    feed = _Lines(lines)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        fault, cells = None, list[str]()
        try:
            cells = next(reader)
        except StopIteration:
            if not feed.taken:
                return
            fault = UNCLOSED
        except csv.Error as reason:
            fault = problem("error.row.csv", reason=str(reason))
        if feed.is_cut:
            fault = problem("error.row.csv", reason=f"line longer than {LONGEST_LINE} letters")
        # A line break within quotes is allowed. But a stray quote makes Python's reader, which forgives it, join rows
        # that are none.
        if len(feed.taken) > 1 and (fault or feed.too_much or not _is_strict(feed.taken, delimiter)):
            fault = UNCLOSED
        if fault:
            yield Record(feed.begin, [feed.taken[0].rstrip("\r\n")], fault)
            feed.settle(1)
            reader = csv.reader(feed, delimiter=delimiter)
            continue
        begin = feed.begin
        for_excel = begin == 1 and _EXCEL_DELIMITER.fullmatch(feed.taken[0].rstrip("\r\n"))
        feed.settle(len(feed.taken))
        if any(cells) and not for_excel:
            yield Record(begin, cells)


def _is_strict(lines: list[str], delimiter: str) -> bool:
    """Whether several lines are one record also for a reader that forgives nothing."""
    strict: Any = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return len(list(strict)) == 1
    except csv.Error:
        return False
