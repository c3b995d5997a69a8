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
from open311.federation.imports.import_run import ImportOptions, begin, store_page, terms
from open311.federation.references import Arrival, Counts, Intake, Refusal, refusal_for
from open311.federation.storage import sources
from open311.federation.terms import arrival_of
from open311.federation.upsert import Lookup, Optimistic, look_up
from open311.formats.csv_records import LONGEST_LINE, Record, delimiter_of, lines_of, records
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection

BATCH = 1000
# What `surrogateescape` makes of bytes that are not of the encoding.
UNDECODED = re.compile("[\udc80-\udcff]")
LONGEST_TOLD = 500
# Unicode's own; with them alone a file is a head without rows.
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")

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
    options: ImportOptions,
    rejects: Path,
    progress: Progress = lambda *_: None,
    *,
    ahead: bool = False,
) -> Counts:
    """Import the rows of a CSV file; what cannot be imported is written to `rejects`, with line and reason.

    Rows are stored in batches of a thousand, each as a whole and with the line that was reached. An interrupted import
    of the same file with the same options resumes there; a finished one starts over, which stores nothing twice. With
    `ahead` a batch is read while others are stored.
    """
    options.check(catalogue)
    options = replace(options, mapping=options.mapping.for_file(path))
    source = begin(core, catalogue, options.source or path.name, {"fingerprint": _fingerprint(path, options)})
    with path.open(encoding=options.mapping.encoding, errors="surrogateescape", newline="") as file:
        done = _import_rows(core, catalogue, source, file, options, rejects, progress, ahead=ahead)
    if not done.refused:
        rejects.unlink()
    with core.database.begin() as conn:
        sources.save(conn, source, {}, done.as_dict())
        sources.record_run(conn, source, core.now(), None)
    return done


def _import_rows(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    file: TextIO,
    options: ImportOptions,
    rejects: Path,
    progress: Progress,
    *,
    ahead: bool,
) -> Counts:
    """Import the rows from where the source was left; returns the counts from its beginning on."""
    reached = int(source.state.get("line", 0))
    done = Counts(**source.counts) if reached else Counts()
    rows, names, delimiter = _rows(file, options.mapping)
    batches = map(Reader(catalogue, options, names).read, _batches(rows, reached))

    def with_lookup(batch: Batch) -> tuple[Batch, Lookup | None]:
        return batch, look_up(core, source, batch.requests) if ahead else None

    with Rejects(
        rejects,
        options.mapping.encoding,
        delimiter,
        names,
        language=catalogue.jurisdiction.languages[0],
        resume_at=int(source.state.get("rejected_bytes", 0)),
    ) as refused:
        step = partial(_store, core, catalogue, source, refused, options)
        with closing(pipelined(batches, with_lookup, step, (done, reached), ahead=ahead)) as steps:
            for done, line in steps:
                progress(done, line)
    return done


def _fingerprint(path: Path, options: ImportOptions) -> str:
    """Equal for the same file with the same options."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return options.fingerprint(content)


def _rows(file: TextIO, mapping: CsvMapping) -> tuple[Iterator[Record], list[str], str]:
    """The records below the header, the names in it, and the delimiter; raises `Invalid`."""
    first = file.readline(LONGEST_LINE)
    rest = file.read(1)
    file.seek(0)
    if not rest and _OTHER_LINE_ENDS.search(first):
        raise Invalid(problem("error.import.line_ends"))
    delimiter = mapping.delimiter or delimiter_of(first)
    rows = records(lines_of(file), delimiter)
    head = next(rows, None)
    names = [name.strip() for name in head.cells] if head else []
    available = {*names} | {mapping.columns.get(name, name) for name in mapping.constants}
    needed = (mapping.columns.get(name, name) for name in csv_mapping.NEEDED)
    missing = [name for name in needed if name not in available]
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
    """Rows that were read: those to be stored, by their line, and those that cannot be."""

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

    def __init__(self, catalogue: Catalogue, options: ImportOptions, names: list[str]) -> None:
        self._mapping, self._width = options.mapping, len(names)
        self._columns = Columns(names, options.mapping)
        self._dates = options.mapping.moments(catalogue.jurisdiction.time_zone)
        self._terms = terms(catalogue, options)

    def read(self, rows: Sequence[Record]) -> Batch:
        """Rows as requests, and as rejects where that cannot be."""
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
    options: ImportOptions,
    looked_up: tuple[Batch, Lookup | None],
    wait_for_turn: Callable[[], tuple[Counts, int]],
) -> tuple[Counts, int]:
    """One batch in one transaction, with the line that was reached and the length of the rejects up to there."""
    batch, lookup = looked_up
    optimistic = Optimistic(lookup, wait_for_turn) if lookup else None
    counts = Counts()

    def save(conn: Connection, taken: Counts, refusals: Sequence[Refusal]) -> None:
        nonlocal counts
        before, _ = wait_for_turn()
        counts = before + taken + Counts(refused=len(batch.rejects) + len(refusals))
        # Written before the commit, and truncated when an import resumes: so each row is in it once.
        written = refused.write([*batch.rejects, *batch.unstored(refusals)])
        state = {**source.state, "line": batch.line, "rejected_bytes": written}
        sources.save(conn, source, state, counts.as_dict())

    store_page(core, catalogue, source, batch.requests, options, save, optimistic)
    refused.settle()
    return counts, batch.line
