"""Move a city's history in: from a file, or from its older server (docs/federation.md)."""

import csv
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import yaml

from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import csv_mapping, harvest, upsert
from open311.federation import reader as source_reader
from open311.federation.client import RemoteError
from open311.federation.csv_mapping import Bulk
from open311.federation.references import Arrival, Counts, Intake, Refusal
from open311.federation.storage import references as stored
from open311.federation.storage import sources
from open311.federation.upsert import Terms
from open311.model.actor import ActorKind, source_actor
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility

BATCH = 1000
LONGEST_FIELD = 1_000_000

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

    Each thousand rows is stored as a whole or not at all, with the line that was reached. The same file goes on there.
    """
    wishes.check(catalogue)
    source = _begin(core, catalogue, wishes.source or path.name, {"fingerprint": _fingerprint(path)})
    reached, done = int(source.state.get("line", 0)), Counts()
    with path.open(encoding=wishes.mapping.encoding, errors="surrogateescape", newline="") as file:
        reader, names = _reader(file, wishes.mapping)
        with rejects.open("a" if reached else "w", encoding="utf-8", newline="") as refused:
            writer = csv.writer(refused)
            if not reached:
                writer.writerow(["line", "reason", *names])
            for batch in _batches(reader, reached):
                counts, bad = _take(core, catalogue, source, batch, names, wishes)
                done += counts
                writer.writerows(bad)
                refused.flush()
                progress(done, batch[-1][0])
    if not done.refused and not reached:
        rejects.unlink()
    with core.database.begin() as conn:
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


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reader(file: TextIO, mapping: Bulk) -> tuple[Any, list[str]]:
    """The rows behind the head, and the names in it; raises `Invalid`."""
    csv.field_size_limit(LONGEST_FIELD)
    sample = file.readline()
    file.seek(0)
    delimiter = mapping.delimiter or max(",;\t|", key=sample.count)
    reader = csv.reader(file, delimiter=delimiter)
    names = [each.strip() for each in next(reader, [])]
    given = {*names} | {mapping.columns.get(name, name) for name in mapping.constants}
    missing = [mapping.columns.get(each, each) for each in csv_mapping.NEEDED]
    missing = [each for each in missing if each not in given]
    if missing:
        raise Invalid(problem("error.import.columns", columns=", ".join(missing)))
    return reader, names


Line = tuple[int, list[str] | str]


def _batches(reader: Any, reached: int) -> Iterator[list[Line]]:
    """Lines by the thousand, each with its number in the file; those up to `reached` are left out."""
    batch: list[Line] = []
    for line in _lines(reader):
        if line[0] > reached:
            batch.append(line)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(reader: Any) -> Iterator[Line]:
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as reason:
            yield number, f"not CSV: {reason}"
            continue
        if any(row):
            yield number, row


def _take(
    core: Core, catalogue: Catalogue, source: Intake, batch: list[Line], names: list[str], wishes: Wishes
) -> tuple[Counts, list[list[Any]]]:
    """One batch in one transaction: the counts, and the rows to be rejected."""
    terms = _terms(catalogue, wishes)
    arrivals: list[Arrival] = []
    rejected: list[list[Any]] = []
    for number, row in batch:
        read = row if isinstance(row, str) else _arrival(row, names, terms, wishes.mapping)
        if isinstance(read, Arrival):
            arrivals.append(read)
        else:
            reason = read if isinstance(read, str) else read.reason
            kept = [] if isinstance(row, str) else [_writable(each) for each in row]
            rejected.append([number, reason, *kept])
    with core.database.begin() as conn:
        counts = Counts(refused=len(rejected))
        counts += upsert.take(
            core,
            conn,
            catalogue,
            source.source,
            arrivals,
            actor=source_actor(ActorKind.IMPORT, source.source, source.jurisdiction_id),
            visibility=wishes.visibility,
        )
        _name_services(core, conn, catalogue, arrivals)
        state = {**source.state, "line": batch[-1][0]}
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


def _arrival(row: list[str], names: list[str], terms: Terms, mapping: Bulk) -> Arrival | Refusal:
    if len(row) != len(names):
        return Refusal(f"{len(row)} columns instead of {len(names)}")
    if any(not each.isascii() and not _is_text(each) for each in row):
        return Refusal(f"bytes that are not {mapping.encoding}")
    fields = csv_mapping.fields_of(dict(zip(names, row, strict=True)), mapping)
    zone = mapping.zone(terms.catalogue.jurisdiction.time_zone)
    found = csv_mapping.request_of(fields, mapping, zone)
    return (
        found if isinstance(found, Refusal) else upsert.arrival(found, terms, csv_mapping.reporter_of(fields))
    )


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _writable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


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
    zone = wishes.mapping.zone(catalogue.jurisdiction.time_zone)
    options = {"delay": delay, "time_zone": zone.key if isinstance(zone, ZoneInfo) else "UTC"}
    if foreign_jurisdiction_id:
        options["foreign_jurisdiction_id"] = foreign_jurisdiction_id
    source = replace(_begin(core, catalogue, url.rstrip("/"), {}), options=options)
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
        actor = source_actor(ActorKind.IMPORT, source.source, source.jurisdiction_id)
        counts += upsert.take(
            core, conn, catalogue, source.source, arrivals, actor=actor, visibility=wishes.visibility
        )
        _name_services(core, conn, catalogue, arrivals)
        sources.save(conn, source, part.state, (before + counts).as_dict())
    for each in found:
        if isinstance(each, Refusal):
            refuse(each)
    return counts
