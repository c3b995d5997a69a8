"""Move a city's history in from a CSV file (docs/federation.md)."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

import yaml

from open311.base.errors import Invalid, problem
from open311.base.pipeline import pipelined
from open311.core import Core
from open311.federation.imports import csv_mapping
from open311.federation.imports.csv_mapping import Columns, CsvMapping
from open311.federation.imports.csv_rejects import Reject, Rejects
from open311.federation.imports.import_run import Wishes, begin, take_page, terms
from open311.federation.references import Arrival, Counts, Intake, Refusal, refusal_for
from open311.federation.storage import sources
from open311.federation.terms import arrival_of
from open311.federation.upsert import Ahead, Outlook, look_ahead
from open311.formats.csv_records import Record, delimiter_of, records
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection

BATCH = 1000
# What `surrogateescape` makes of bytes that are not of the encoding.
UNDECODED = re.compile("[\udc80-\udcff]")
LONGEST_TOLD = 500

Progress = Callable[[Counts, int], None]


def read_mapping(path: Path) -> CsvMapping:
    """The mapping in a YAML file; raises `Invalid`."""
    try:
        return CsvMapping.read(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as reason:
        raise Invalid(problem("error.import.mapping", reason=str(reason)[:300])) from None


def import_file(
    core: Core,
    catalogue: Catalogue,
    path: Path,
    wishes: Wishes,
    rejects: Path,
    progress: Progress = lambda *_: None,
    *,
    ahead: bool = False,
) -> Counts:
    """Take in the rows of a CSV file; what cannot be taken in is written to `rejects`, with line and reason.

    Each thousand rows is stored as a whole or not at all, with the line that was reached. An interrupted import of the
    same file in the same way goes on there; one that had come to its end begins anew, which stores nothing twice.
    With `ahead` a batch is read while others are stored.
    """
    wishes.check(catalogue)
    wishes = replace(wishes, mapping=wishes.mapping.for_file(path))
    source = begin(core, catalogue, wishes.source or path.name, {"fingerprint": _fingerprint(path, wishes)})
    reached = int(source.state.get("line", 0))
    done = Counts(**source.counts) if reached else Counts()
    with path.open(encoding=wishes.mapping.encoding, errors="surrogateescape", newline="") as file:
        rows, names, delimiter = _rows(file, wishes.mapping)
        reader = Reader(catalogue, wishes, names)
        rejected = int(source.state.get("rejected_bytes", 0))

        def seen(batch: Batch) -> tuple[Batch, Outlook | None]:
            return batch, look_ahead(core, source, batch.requests) if ahead else None

        with Rejects(
            rejects,
            wishes.mapping.encoding,
            delimiter,
            names,
            language=catalogue.jurisdiction.languages[0],
            resume_at=rejected,
        ) as refused:
            batches = map(reader.read, _batches(rows, reached))
            step = partial(_store, core, catalogue, source, refused, wishes)
            with closing(pipelined(batches, seen, step, (done, reached), ahead=ahead)) as steps:
                for done, line in steps:
                    progress(done, line)
    if not done.refused:
        rejects.unlink()
    with core.database.begin() as conn:
        sources.save(conn, source, {}, done.as_dict())
        sources.record_run(conn, source, core.now(), None)
    return done


def _fingerprint(path: Path, wishes: Wishes) -> str:
    """Equal when the same file is imported in the same way."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{content} {wishes!r}".encode(errors="replace")).hexdigest()


def _rows(file: TextIO, mapping: CsvMapping) -> tuple[Iterator[Record], list[str], str]:
    """The records behind the head, the names in it, and what stands between them; raises `Invalid`."""
    first = file.readline()
    file.seek(0)
    delimiter = mapping.delimiter or delimiter_of(first)
    rows = records(file, delimiter)
    head = next(rows, None)
    names = [name.strip() for name in head.cells] if head else []
    known = {*names} | {mapping.columns.get(name, name) for name in mapping.constants}
    needed = (mapping.columns.get(name, name) for name in csv_mapping.NEEDED)
    missing = [name for name in needed if name not in known]
    if missing:
        if not "".join(names).isprintable():
            raise Invalid(problem("error.import.no_text"))
        present = ", ".join(names)[:LONGEST_TOLD]
        raise Invalid(problem("error.import.columns", columns=", ".join(missing), present=present))
    return rows, names, delimiter


def _batches(rows: Iterator[Record], reached: int) -> Iterator[list[Record]]:
    """Records by the thousand; those up to the line `reached` are left out."""
    fresh = (row for row in rows if row.line > reached)
    while batch := list(islice(fresh, BATCH)):
        yield batch


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that were read, up to a line: those to be stored by their line, and those that cannot be."""

    rows: Sequence[Record]
    arrivals: Mapping[int, Arrival]
    rejects: Sequence[Reject]

    @property
    def line(self) -> int:
        """The line on which the last row begins."""
        return self.rows[-1].line

    @property
    def requests(self) -> list[Arrival]:
        """What is to be stored, in the order of the file."""
        return list(self.arrivals.values())

    def unstored(self, refusals: Sequence[Refusal]) -> Iterator[Reject]:
        """The rows that the database has refused."""
        reasons = {refusal.foreign_id: refusal.problem for refusal in refusals}
        for row in self.rows if reasons else ():
            arrival = self.arrivals.get(row.line)
            if arrival and arrival.foreign_id in reasons:
                yield Reject(row.line, reasons[arrival.foreign_id], row.cells)


class Reader:
    """Reads the rows of one file as requests in our terms."""

    def __init__(self, catalogue: Catalogue, wishes: Wishes, names: list[str]) -> None:
        self._mapping, self._width = wishes.mapping, len(names)
        self._columns = Columns(names, wishes.mapping)
        self._dates = wishes.mapping.moments(catalogue.jurisdiction.time_zone)
        self._terms = terms(catalogue, wishes)

    def read(self, rows: Sequence[Record]) -> Batch:
        """What rows say, and why some of them cannot be taken in."""
        arrivals: dict[int, Arrival] = {}
        rejects: list[Reject] = []
        for row in rows:
            arrival = self._arrival(row)
            if isinstance(arrival, Arrival):
                arrivals[row.line] = arrival
            else:
                rejects.append(Reject(row.line, arrival.problem, row.cells))
        return Batch(rows, arrivals, rejects)

    def _arrival(self, row: Record) -> Arrival | Refusal:
        if row.problem:
            return Refusal(row.problem)
        if len(row.cells) != self._width:
            return refusal_for("error.row.columns", number=len(row.cells), needed=self._width)
        whole = "".join(row.cells)
        if not whole.isprintable() and UNDECODED.search(whole):
            return refusal_for("error.row.encoding", encoding=self._mapping.encoding)
        fields = self._columns.fields(row.cells)
        request = csv_mapping.request_of(fields, self._dates, self._mapping.statuses)
        if isinstance(request, Refusal):
            return request
        arrival = arrival_of(request, self._terms, csv_mapping.reporter_of(fields))
        return replace(arrival, is_from_file=True) if isinstance(arrival, Arrival) else arrival


def _store(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    refused: Rejects,
    wishes: Wishes,
    seen: tuple[Batch, Outlook | None],
    turn: Callable[[], tuple[Counts, int]],
) -> tuple[Counts, int]:
    """One batch in one transaction, with the line that was reached and how much was refused up to there."""
    batch, outlook = seen
    ahead = Ahead(outlook, turn) if outlook else None
    counts = Counts()

    def save(conn: Connection, taken: Counts, refusals: Sequence[Refusal]) -> None:
        nonlocal counts
        before, _ = turn()
        counts = before + taken + Counts(refused=len(batch.rejects) + len(refusals))
        # The file is written before the commit and cut back when an import goes on, so each row stands in it once.
        written = refused.write([*batch.rejects, *batch.unstored(refusals)])
        state = {**source.state, "line": batch.line, "rejected_bytes": written}
        sources.save(conn, source, state, counts.as_dict())

    take_page(core, catalogue, source, batch.requests, wishes, save, ahead)
    refused.settle()
    return counts, batch.line
