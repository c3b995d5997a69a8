"""Take over the public requests of other servers, as jurisdictions of their own (docs/federation.md)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

import structlog

from open311 import catalogue_file
from open311.base.datetimes import time_zone
from open311.base.errors import Invalid, NotFound, Open311Error, problem
from open311.core import Core
from open311.federation import upsert
from open311.federation.client import foreign, reader
from open311.federation.client.answers import RemoteError
from open311.federation.client.client import Client
from open311.federation.client.dates import Dates
from open311.federation.client.paging import Ask
from open311.federation.client.reader import Part
from open311.federation.harvest_catalogue import catalogue_document
from open311.federation.pages import Page, stored_pages
from open311.federation.references import Arrival, Counts, Intake, Refusal, Trouble
from open311.federation.storage import references as stored
from open311.federation.storage import sources as source_rows
from open311.federation.terms import Terms
from open311.model.access.actor import Actor, ActorKind, Right, source_actor
from open311.model.catalogue import Catalogue
from open311.model.jurisdiction import SANDBOX_PREFIX, leads_elsewhere
from open311.model.staff.audit import AuditKind
from open311.storage.database import Connection
from open311.storage.staff_accounts import audit

log = structlog.get_logger()

# Troubles of a source are shown on the command line, which speaks English.
LANGUAGE = "en"
DELAY = 1.0
EVERY_MINUTES = 60
# A run of the worker ends after so many pages and goes on the next time, so that no source holds up the others.
PAGES_A_RUN = 300
TRIES = 5
LONGEST_WAIT = 600.0

Wait = Callable[[float], None]
Progress = Callable[[Counts, str], None]


def add(core: Core, url: str, jurisdiction_id: str, options: Mapping[str, Any], *, actor: Actor) -> Intake:
    """Begin to harvest a server: its services are taken over at once, its requests from the next run on.

    `options`: name, languages, time_zone, foreign_jurisdiction_id, delay, every; all may be missing.
    """
    actor.require(Right.OPERATE, jurisdiction_id)
    if any(catalogue.jurisdiction.answers_to(jurisdiction_id) for catalogue in core.catalogues.in_force):
        raise Invalid(problem("error.harvest.taken", jurisdiction_id=jurisdiction_id))
    added = Intake(
        jurisdiction_id=jurisdiction_id,
        source=url.rstrip("/"),
        kind="harvest",
        options={name: value for name, value in options.items() if value is not None},
        created_datetime=core.now(),
    )
    _check_names(added)
    try:
        document = catalogue_document(added, client_of(added).services())
    except RemoteError as refused:
        raise Invalid(problem("error.harvest.refused", url=added.source, reason=str(refused))) from None
    with core.database.begin() as conn:
        if any(source.jurisdiction_id == jurisdiction_id for source in source_rows.harvested(conn)):
            raise Invalid(problem("error.harvest.taken", jurisdiction_id=jurisdiction_id))
        source_rows.add(conn, added)
        source_rows.set_catalogue(conn, added, document, core.now())
        subject = f"source:{jurisdiction_id}"
        audit.append(conn, core.now(), str(actor), AuditKind.SOURCE_ADDED, subject, {"url": added.source})
    return added


def _check_names(added: Intake) -> None:
    """Whether a catalogue may call a jurisdiction so; raises `Invalid`."""
    named = catalogue_document(added, [])["jurisdiction"]
    complaints = catalogue_file.jurisdiction_problems(named)
    if added.jurisdiction_id.casefold().startswith(SANDBOX_PREFIX):
        complaints.append(f"jurisdiction_id: {SANDBOX_PREFIX!r} names the test endpoint")
    if leads_elsewhere(added.jurisdiction_id):
        complaints.append("jurisdiction_id: addresses that begin so lead elsewhere")
    Invalid.unless_empty([problem("error.harvest.jurisdiction", reason=reason) for reason in complaints])


def remove(core: Core, jurisdiction_id: str, *, actor: Actor) -> None:
    """Stop harvesting; what has come in stays stored, but no jurisdiction shows it any more."""
    actor.require(Right.OPERATE, jurisdiction_id)
    source = find(core, jurisdiction_id)
    with core.database.begin() as conn:
        source_rows.remove(conn, source)
        audit.append(conn, core.now(), str(actor), AuditKind.SOURCE_REMOVED, f"source:{jurisdiction_id}")


def sources(core: Core) -> list[Intake]:
    with core.database.read() as conn:
        return source_rows.harvested(conn)


def find(core: Core, jurisdiction_id: str) -> Intake:
    """The source of a harvested jurisdiction; raises `NotFound`."""
    for source in sources(core):
        if source.jurisdiction_id == jurisdiction_id:
            return source
    raise NotFound(problem("error.harvest.unknown", jurisdiction_id=jurisdiction_id))


def client_of(source: Intake, seconds: float = 60) -> Client:
    zone = time_zone(str(source.options.get("time_zone", "UTC")))
    who = source.options.get("foreign_jurisdiction_id")
    dates = Dates(zone or UTC, source.options.get("dates"))
    return Client(source.source, jurisdiction_id=who, dates=dates, seconds=seconds)


def run_due(core: Core) -> None:
    """What the worker does every few minutes: one after the other, those whose time has come."""
    for source in sources(core):
        every = timedelta(minutes=float(source.options.get("every", EVERY_MINUTES)))
        unfinished = bool(source.state) and not source.state.get("idle") and not source.problem
        if unfinished or source.run_datetime is None or source.run_datetime + every <= core.now():
            run(core, source, most_pages=PAGES_A_RUN)


def run(
    core: Core,
    source: Intake,
    *,
    since: datetime | None = None,
    most_pages: int | None = None,
    wait: Wait = time.sleep,
    progress: Progress = lambda *_: None,
    ahead: bool = False,
) -> Counts:
    """Take over what has changed at a source since the last run, page by page, each page in its own transaction.

    With `since`, the history back to then is read again; `ahead` asks for a page while those before are stored. What
    goes wrong is noted at the source and ends the run; the next one goes on where this one stopped.
    """
    client, trouble = client_of(source), None
    if since:
        source = replace(source, state=reader.history(source.state, core.now(), since))
    done = Counts()
    try:
        catalogue = _refresh(core, source, client)
        parts = islice(_parts(core, source, client, wait), most_pages)
        store, terms = partial(_store_page, core, source, catalogue), Terms(catalogue=catalogue)
        with closing(stored_pages(core, source, terms, parts, store, (done, ""), ahead=ahead)) as pages:
            for done, where in pages:
                progress(done, where)
    except RemoteError as refused:
        trouble = str(refused)[:500]
        log.warning("harvest_stopped", source=source.source, reason=trouble)
    except Open311Error:
        raise
    except Exception as error:
        # Whatever one source does to us, the others go on.
        trouble = f"cannot be read by this program: {error!r}"[:500]
        log.exception("harvest_failed", source=source.source)
    with core.database.begin() as conn:
        source_rows.record_troubles(conn, source, [Trouble(trouble)] if trouble else [], core.now())
        source_rows.record_run(conn, source, core.now(), trouble)
    return done


def _parts(core: Core, source: Intake, client: Client, wait: Wait) -> Iterator[Part]:
    ask = with_retries(source, wait)
    return reader.parts(client, source.state, core.now(), ask, _open_ids(core, source))


def _refresh(core: Core, source: Intake, client: Client) -> Catalogue:
    """The services as they are at the source now; an empty list is taken for a fault there."""
    document = catalogue_document(source, client.services())
    with core.database.begin() as conn:
        present = source_rows.find(conn, source.jurisdiction_id, source.source)
        stored_document = dict(present.catalogue) if present and present.catalogue else None
        if stored_document and stored_document["services"] and not document["services"]:
            source_rows.record_troubles(
                conn, source, [Trouble("offers no services: those known stay")], core.now()
            )
            document = stored_document
        elif present and stored_document != document:
            source_rows.set_catalogue(conn, source, document, core.now())
    return catalogue_file.from_document(document, source.source)


def _store_page(
    core: Core,
    source: Intake,
    catalogue: Catalogue,
    page: Page,
    wait_for_turn: Callable[[], tuple[Counts, str]],
) -> tuple[Counts, str]:
    """One page and how far it brings us, at once or not at all; what was taken over up to there, and what that is."""
    part = page.part
    whose = (source.jurisdiction_id, source.source)
    actor = source_actor(ActorKind.HARVEST, source.source, source.jurisdiction_id)
    counts = Counts()

    def save_progress(conn: Connection, taken: Counts, unstored: Sequence[Refusal]) -> None:
        nonlocal counts
        before, _ = wait_for_turn()
        counts = before + taken + Counts(refused=len(page.refusals) + len(unstored))
        if part.gone:
            counts += upsert.withdraw(core, conn, *whose, part.gone, actor=actor)
        if part.copy is not None:
            ids = [request.service_request_id for request in part.requests]
            counts += upsert.compare(core, conn, *whose, part.copy, ids, whole=part.copy_ends, actor=actor)
        _keep_names(core, conn, source, catalogue, page.arrivals)
        source_rows.save(conn, source, part.state, counts.as_dict())

    _, unstored = upsert.upsert_page(
        core,
        catalogue,
        source.source,
        page.arrivals,
        actor=actor,
        save_progress=save_progress,
        optimistic=page.optimistic(wait_for_turn),
    )
    refused = (*page.refusals, *unstored)
    troubles = [*_odd(part), *(Trouble(refusal.reason(LANGUAGE), refusal.foreign_id) for refusal in refused)]
    if troubles:
        with core.database.begin() as conn:
            source_rows.record_troubles(conn, source, troubles, core.now())
    return counts, part.progress


def _odd(part: Part) -> Iterator[Trouble]:
    """What was read, but not as a person there may have meant it."""
    if part.problem:
        yield Trouble(part.problem)
    words = {foreign.word(request.fields, "status") for request in part.requests} - {None}
    for word in sorted(str(word) for word in words):
        if foreign.known_status(word) is None:
            yield Trouble(f"status {word[:60]!r} is taken for open")


def _keep_names(
    core: Core, conn: Connection, source: Intake, catalogue: Catalogue, arrivals: Sequence[Arrival]
) -> None:
    """Services that the source no longer offers are known by the names its requests give."""
    language = catalogue.jurisdiction.languages[0]
    names = {
        str(arrival.values["service_code"]): {language: arrival.service_name}
        for arrival in arrivals
        if arrival.service_name and arrival.values["service_code"] not in catalogue.services
    }
    if stored.name_services(conn, source.jurisdiction_id, names, core.now()):
        source_rows.renew_names(conn, source, core.now())


def _open_ids(core: Core, source: Intake) -> reader.OpenIds:
    def ids(before: datetime, behind: int, limit: int) -> list[tuple[int, str]]:
        with core.database.read() as conn:
            return stored.open_references(conn, source.jurisdiction_id, source.source, before, behind, limit)

    return ids


def with_retries(source: Intake, wait: Wait) -> Ask:
    """A client call with a pause before it, retried with backoff while the server is busy."""
    delay = float(source.options.get("delay", DELAY))

    def ask(question: Callable[[], Any]) -> Any:
        for attempt in range(TRIES):
            wait(delay)
            try:
                return question()
            except RemoteError as refused:
                if not refused.passing or attempt == TRIES - 1:
                    raise
                asked_for = refused.retry_after if refused.retry_after is not None else delay * 2**attempt
                wait(min(LONGEST_WAIT, asked_for))
        raise AssertionError("every attempt returns or raises")

    return ask
