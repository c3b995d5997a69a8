"""Move the whole public history of another server in (docs/federation.md)."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import harvest
from open311.federation.client.answers import RemoteError
from open311.federation.client.reader import parts
from open311.federation.imports.import_run import ImportOptions, begin, store_page, terms
from open311.federation.pages import Page, stored_pages
from open311.federation.references import Counts, Intake, Refusal
from open311.federation.storage import sources
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection


def import_server(
    core: Core,
    catalogue: Catalogue,
    url: str,
    options: ImportOptions,
    *,
    delay: float = harvest.DELAY,
    foreign_jurisdiction_id: str | None = None,
    wait: harvest.Wait = time.sleep,
    refuse: Callable[[Refusal], None] = lambda _: None,
    progress: harvest.Progress = lambda *_: None,
    ahead: bool = False,
) -> Counts:
    """Take in the whole public history of another server as the city's own; interrupted, it goes on the next time.

    `ahead` asks for a page while those before are stored.
    """
    options.check(catalogue)
    source = _begin(core, catalogue, url, options)
    how_to_ask = {"delay": delay, "foreign_jurisdiction_id": foreign_jurisdiction_id}
    source = replace(source, options={**source.options, **how_to_ask})
    done = Counts()
    try:
        ask = harvest.with_retries(source, wait)
        read = parts(harvest.client_of(source), source.state, core.now(), ask)
        store = partial(_store_page, core, catalogue, source, options, refuse)
        words = terms(catalogue, options)
        with closing(stored_pages(core, source, words, read, store, (done, ""), ahead=ahead)) as pages:
            for done, where in pages:
                progress(done, where)
    except RemoteError as reason:
        raise Invalid(problem("error.import.refused", url=url, reason=str(reason)[:300])) from None
    return done


def _begin(core: Core, catalogue: Catalogue, url: str, options: ImportOptions) -> Intake:
    """The source, as far as it was read with these options, and how its moments are written."""
    state = {"fingerprint": options.fingerprint()}
    source = begin(core, catalogue, url.rstrip("/"), state)
    if source.state.get("idle") and source.state.get("refused"):
        # What was refused may be right by now: a service has come into the catalogue, a row was mended there.
        source = replace(source, state=state)
    zone = options.mapping.time_zone or catalogue.jurisdiction.time_zone.key
    return replace(source, options={"time_zone": zone, "dates": options.mapping.dates})


def _store_page(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    options: ImportOptions,
    refuse: Callable[[Refusal], None],
    page: Page,
    wait_for_turn: Callable[[], tuple[Counts, str]],
) -> tuple[Counts, str]:
    counts = Counts()

    def save(conn: Connection, taken: Counts, unstored: Sequence[Refusal]) -> None:
        nonlocal counts
        before, _ = wait_for_turn()
        counts = before + taken + Counts(refused=len(page.refusals) + len(unstored))
        kept = {"fingerprint": source.state["fingerprint"], "refused": counts.refused}
        sources.save(conn, source, {**page.part.state, **kept}, counts.as_dict())

    optimistic = page.optimistic(wait_for_turn)
    _, unstored = store_page(core, catalogue, source, page.arrivals, options, save, optimistic)
    for refusal in (*page.refusals, *unstored):
        refuse(refusal)
    return counts, page.part.progress
