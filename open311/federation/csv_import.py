"""Move a city's history in from a CSV file (docs/federation.md)."""

import hashlib
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import yaml

from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import csv_mapping, upsert
from open311.federation.csv_mapping import Bulk
from open311.federation.csv_rejects import Reject, Rejects
from open311.federation.dates import Dates
from open311.federation.imports import Wishes, begin, take_page, terms
from open311.federation.references import Arrival, Counts, Intake, Refusal
from open311.federation.storage import sources
from open311.federation.upsert import Terms
from open311.formats.csv_records import Record, delimiter_of, records
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection

BATCH = 1000
# What `surrogateescape` makes of bytes that are not of the encoding.
UNDECODED = re.compile("[\udc80-\udcff]")

Progress = Callable[[Counts, int], None]


def read_mapping(path: Path) -> Bulk:
    """The mapping in a YAML file; raises `Invalid`."""
    try:
        return Bulk.read(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as reason:
        raise Invalid(problem("error.import.mapping", reason=str(reason)[:300])) from None


def import_file(
    core: Core,
    catalogue: Catalogue,
    path: Path,
    wishes: Wishes,
    rejects: Path,
    progress: Progress = lambda *_: None,
) -> Counts:
    """Take in the rows of a CSV file; what cannot be taken in is written to `rejects`, with line and reason.

    Each thousand rows is stored as a whole or not at all, with the line that was reached. An interrupted import of the
    same file in the same way goes on there; one that had come to its end begins anew, which stores nothing twice.
    """
    wishes.check(catalogue)
    source = begin(core, catalogue, wishes.source or path.name, {"fingerprint": _fingerprint(path, wishes)})
    reached, done = int(source.state.get("line", 0)), Counts()
    with path.open(encoding=wishes.mapping.encoding, errors="surrogateescape", newline="") as file:
        rows, names, delimiter = _rows(file, wishes.mapping)
        with Rejects(rejects, wishes.mapping.encoding, delimiter, names, resumed=bool(reached)) as refused:
            for batch in _batches(rows, reached):
                counts, bad = _take(core, catalogue, source, batch, names, wishes)
                done += counts
                refused.write(bad)
                progress(done, batch[-1].line)
    if not done.refused and not reached:
        rejects.unlink()
    with core.database.begin() as conn:
        sources.save(conn, source, {}, done.as_dict())
        sources.ran(conn, source, core.now(), None)
    return done


def _fingerprint(path: Path, wishes: Wishes) -> str:
    """Equal when the same file is imported in the same way."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{content} {wishes!r}".encode(errors="replace")).hexdigest()


def _rows(file: TextIO, mapping: Bulk) -> tuple[Iterator[Record], list[str], str]:
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
        raise Invalid(problem("error.import.columns", columns=", ".join(missing)))
    return rows, names, delimiter


def _batches(rows: Iterator[Record], reached: int) -> Iterator[list[Record]]:
    """Records by the thousand; those up to the line `reached` are left out."""
    fresh = (row for row in rows if row.line > reached)
    while batch := list(islice(fresh, BATCH)):
        yield batch


def _take(
    core: Core, catalogue: Catalogue, source: Intake, batch: list[Record], names: list[str], wishes: Wishes
) -> tuple[Counts, list[Reject]]:
    """One batch in one transaction: the counts, and the rows to be rejected."""
    dates = wishes.mapping.moments(catalogue.jurisdiction.time_zone)
    ours = terms(catalogue, wishes)
    arrivals: dict[int, Arrival] = {}
    rejects: list[Reject] = []
    for row in batch:
        arrival = _arrival(row, names, ours, wishes.mapping, dates)
        if isinstance(arrival, Arrival):
            arrivals[row.line] = arrival
        else:
            rejects.append(Reject(row.line, arrival.reason, row.cells))
    counts = Counts(refused=len(rejects))

    def save(conn: Connection, taken: Counts) -> None:
        state = {**source.state, "line": batch[-1].line}
        sources.save(conn, source, state, (counts + taken).as_dict())

    taken, unstored = take_page(core, catalogue, source, list(arrivals.values()), wishes, save)
    reasons = {refusal.foreign_id: refusal.reason for refusal in unstored}
    for row in batch if unstored else ():
        refused = arrivals.get(row.line)
        if refused and refused.foreign_id in reasons:
            rejects.append(Reject(row.line, reasons[refused.foreign_id], row.cells))
    return counts + taken + Counts(refused=len(unstored)), rejects


def _arrival(row: Record, names: list[str], ours: Terms, mapping: Bulk, dates: Dates) -> Arrival | Refusal:
    if row.problem:
        return Refusal(row.problem)
    if len(row.cells) != len(names):
        return Refusal(f"{len(row.cells)} columns instead of {len(names)}")
    if any(not cell.isascii() and UNDECODED.search(cell) for cell in row.cells):
        return Refusal(f"bytes that are not {mapping.encoding}")
    fields = csv_mapping.fields_of(dict(zip(names, row.cells, strict=True)), mapping)
    request = csv_mapping.request_of(fields, dates, mapping.statuses)
    if isinstance(request, Refusal):
        return request
    return upsert.arrival(request, ours, csv_mapping.reporter_of(fields))
