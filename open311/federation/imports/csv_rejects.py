"""The file of rows that could not be taken in: to be mended and imported with the same mapping."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from open311.base.errors import Problem
from open311.base.problems import in_words

# What is written on must not have a byte order mark in the middle.
WITHOUT_MARK = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}


@dataclass(frozen=True, slots=True)
class Reject:
    """A row, the line it begins on, and why it was refused."""

    line: int
    problem: Problem
    cells: list[str]


class Rejects:
    """Writes rows as they were in their file, in its encoding and columns; reasons in the language of the city."""

    def __init__(
        self, path: Path, encoding: str, delimiter: str, names: list[str], *, language: str, resume_at: int
    ) -> None:
        self._language = language
        named = encoding.lower().replace("_", "-").removesuffix("-sig")
        self._settled = min(resume_at, path.stat().st_size) if path.exists() else 0
        self._encoding = WITHOUT_MARK.get(named, named) if self._settled else named
        path.touch()
        os.truncate(path, self._settled)
        self._file: Any = path.open("a", encoding=self._encoding, errors="surrogateescape", newline="")
        self._writer = csv.writer(self._file, delimiter=delimiter)
        if not self._settled:
            self._writer.writerow(["line", "reason", *names])
            self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, rejects: Iterable[Reject]) -> int:
        """Write rows in the place of those that are not settled; returns how many bytes the file has then."""
        os.ftruncate(self._file.fileno(), self._settled)
        self._writer.writerows(
            [row.line, self._writable(in_words(row.problem, self._language)), *row.cells] for row in rejects
        )
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def settle(self) -> None:
        """Keep what was written: it is in the database that it was."""
        self._file.flush()
        self._settled = os.fstat(self._file.fileno()).st_size

    def _writable(self, reason: str) -> str:
        return reason.encode(self._encoding, "backslashreplace").decode(self._encoding, "surrogateescape")
