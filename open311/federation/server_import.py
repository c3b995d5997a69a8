"""Move the whole public history of another server in (docs/federation.md)."""

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from open311.base.ahead import one_ahead
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import harvest
from open311.federation.answers import RemoteError
from open311.federation.imports import Wishes, begin, take_page, terms
from open311.federation.reader import Part, parts
from open311.federation.references import Counts, Intake, Refusal
from open311.federation.storage import sources
from open311.federation.terms import arrivals_of
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection


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
    ahead: bool = False,
) -> Counts:
    """Take in the whole public history of another server as the city's own; interrupted, it goes on the next time.

    `ahead` asks for a page while the one before is stored.
    """
    wishes.check(catalogue)
    options = {
        "delay": delay,
        "time_zone": wishes.mapping.time_zone or catalogue.jurisdiction.time_zone.key,
        "dates": wishes.mapping.dates,
        "foreign_jurisdiction_id": foreign_jurisdiction_id,
    }
    fingerprint = hashlib.sha256(repr(wishes).encode(errors="replace")).hexdigest()
    source = replace(begin(core, catalogue, url.rstrip("/"), {"fingerprint": fingerprint}), options=options)
    if source.state.get("idle") and source.state.get("refused"):
        # What was refused may be right by now: a service has come into the catalogue, a row was mended there.
        source = replace(source, state={"fingerprint": fingerprint})
    done = Counts()
    try:
        ask = harvest.patiently(source, wait)
        pages = parts(harvest.client_of(source), source.state, core.now(), ask)
        with closing(one_ahead(pages, ahead=ahead)) as read:
            for part in read:
                done += _take_part(core, catalogue, source, part, wishes, done, refuse)
                progress(done, part.told)
    except RemoteError as reason:
        raise Invalid(problem("error.import.refused", url=url, reason=str(reason)[:300])) from None
    return done


def _take_part(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    part: Part,
    wishes: Wishes,
    before: Counts,
    refuse: Callable[[Refusal], None],
) -> Counts:
    arrivals, refusals = arrivals_of(part.requests, terms(catalogue, wishes))
    counts = Counts(refused=len(refusals))

    def save(conn: Connection, taken: Counts, _: Sequence[Refusal]) -> None:
        counted = (before + counts + taken).as_dict()
        kept = {"fingerprint": source.state["fingerprint"], "refused": counted["refused"]}
        sources.save(conn, source, {**part.state, **kept}, counted)

    taken, unstored = take_page(core, catalogue, source, arrivals, wishes, save)
    for refusal in (*refusals, *unstored):
        refuse(refusal)
    return counts + taken + Counts(refused=len(unstored))
