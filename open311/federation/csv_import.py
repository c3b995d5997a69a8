"""Move a city's history in: from a file, or from its older server (docs/federation.md)."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import yaml

from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import csv_mapping, harvest, upsert
from open311.federation import reader as source_reader
from open311.federation.answers import RemoteError
from open311.federation.csv_mapping import Bulk
from open311.federation.csv_rejects import Reject, Rejects
from open311.federation.dates import Dates
from open311.federation.references import Arrival, Counts, Intake, Refusal
from open311.federation.storage import references as stored
from open311.federation.storage import sources
from open311.federation.upsert import Terms
from open311.formats.csv_records import Record, delimiter_of, records
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility

BATCH = 1000
# What `surrogateescape` makes of bytes that are not of the encoding.
UNDECODED = re.compile("[\udc80-\udcff]")

Progress = Callable[[Counts, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How to import. `keep_services` takes requests of services that the catalogue does not have, under their names."""

    mapping: Bulk = field(default_factory=Bulk)
    visibility: Visibility = Visibility.PUBLISHED
    keep_services: bool = False
    source: str | None = None

    def check(self, catalogue: Catalogue) -> None:
        """Whether the mapping fits the catalogue; raises `Invalid`."""
        self.mapping.check_words(catalogue, keep_services=self.keep_services)


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
    source = _begin(core, catalogue, wishes.source or path.name, {"fingerprint": _fingerprint(path, wishes)})
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


def _begin(core: Core, catalogue: Catalogue, name: str, state: Mapping[str, Any]) -> Intake:
    """The source, as far as it has come with this very file."""
    owner = catalogue.jurisdiction.jurisdiction_id
    fresh = Intake(
        jurisdiction_id=owner, source=name, kind="import", created_datetime=core.now(), state=state
    )
    with core.database.begin() as conn:
        sources.add(conn, fresh)
        found = sources.find(conn, owner, name) or fresh
    if found.kind != "import":
        raise Invalid(problem("error.import.mapping", reason=f"{name} is harvested"))
    same = found.state.get("fingerprint") == state.get("fingerprint")
    return found if same else replace(found, state=state)


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
    terms = _terms(catalogue, wishes)
    dates = wishes.mapping.moments(catalogue.jurisdiction.time_zone)
    arrivals: list[Arrival] = []
    rejected: list[Reject] = []
    for row in batch:
        arrival = _arrival(row, names, terms, wishes.mapping, dates)
        if isinstance(arrival, Arrival):
            arrivals.append(arrival)
        else:
            rejected.append(Reject(row.line, arrival.reason, row.cells))
    with core.database.begin() as conn:
        counts = Counts(refused=len(rejected))
        counts += upsert.take(
            core,
            conn,
            catalogue,
            source.source,
            arrivals,
            actor=f"import:{source.source}",
            visibility=wishes.visibility,
        )
        _name_services(core, conn, catalogue, arrivals)
        state = {**source.state, "line": batch[-1].line}
        sources.save(conn, source, state, counts.as_dict())
    return counts, rejected


def _terms(catalogue: Catalogue, wishes: Wishes) -> Terms:
    return Terms(
        catalogue=catalogue,
        services=wishes.mapping.services,
        statuses=wishes.mapping.statuses,
        strict=not wishes.keep_services,
        channel="import",
    )


def _arrival(row: Record, names: list[str], terms: Terms, mapping: Bulk, dates: Dates) -> Arrival | Refusal:
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
    return upsert.arrival(request, terms, csv_mapping.reporter_of(fields))


def _name_services(core: Core, conn: Any, catalogue: Catalogue, arrivals: list[Arrival]) -> None:
    language = catalogue.jurisdiction.languages[0]
    known = {*catalogue.services, *catalogue.retired}
    names = {
        str(each.values["service_code"]): {language: each.service_name or str(each.values["service_code"])}
        for each in arrivals
        if each.values["service_code"] not in known
    }
    stored.name_services(conn, catalogue.jurisdiction.jurisdiction_id, names, core.now())


def import_server(
    core: Core,
    catalogue: Catalogue,
    url: str,
    wishes: Wishes,
    *,
    delay: float = harvest.DELAY,
    foreign_jurisdiction_id: str | None = None,
    wait: harvest.Wait = time.sleep,
    refuse: Callable[[Refusal], None] = lambda _: None,
    progress: harvest.Progress = lambda *_: None,
) -> Counts:
    """Take in the whole public history of another server as the city's own; interrupted, it goes on the next time."""
    wishes.check(catalogue)
    options = {
        "delay": delay,
        "time_zone": wishes.mapping.time_zone or catalogue.jurisdiction.time_zone.key,
        "dates": wishes.mapping.dates,
        "foreign_jurisdiction_id": foreign_jurisdiction_id,
    }
    fingerprint = hashlib.sha256(repr(wishes).encode(errors="replace")).hexdigest()
    source = replace(_begin(core, catalogue, url.rstrip("/"), {"fingerprint": fingerprint}), options=options)
    if source.state.get("idle") and source.state.get("refused"):
        # What was refused may be right by now: a service has come into the catalogue, a row was mended there.
        source = replace(source, state={"fingerprint": fingerprint})
    done = Counts()
    try:
        ask = harvest.patiently(source, wait)
        for part in source_reader.parts(harvest.client_of(source), source.state, core.now(), ask):
            done += _take_part(core, catalogue, source, part, wishes, done, refuse)
            progress(done, part.told)
    except RemoteError as reason:
        raise Invalid(problem("error.import.refused", url=url, reason=str(reason)[:300])) from None
    return done


def _take_part(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    part: source_reader.Part,
    wishes: Wishes,
    before: Counts,
    refuse: Callable[[Refusal], None],
) -> Counts:
    found = [upsert.arrival(each, _terms(catalogue, wishes)) for each in part.requests]
    arrivals = [each for each in found if isinstance(each, Arrival)]
    with core.database.begin() as conn:
        counts = Counts(refused=len(found) - len(arrivals))
        actor = f"import:{source.source}"
        counts += upsert.take(
            core, conn, catalogue, source.source, arrivals, actor=actor, visibility=wishes.visibility
        )
        _name_services(core, conn, catalogue, arrivals)
        counted = (before + counts).as_dict()
        kept = {"fingerprint": source.state["fingerprint"], "refused": counted["refused"]}
        sources.save(conn, source, {**part.state, **kept}, counted)
    for each in found:
        if isinstance(each, Refusal):
            refuse(each)
    return counts
