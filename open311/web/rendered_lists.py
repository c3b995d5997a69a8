"""Lists of requests as bytes: ids and versions from an index, the rest from memory or as it is written."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from open311.core import Core, Counted
from open311.formats.entries import Form
from open311.formats.fragments import Pieces
from open311.model.search import COUNT_LIMIT, Hit, Page, RequestSearch
from open311.storage import search
from open311.storage.database import Connection
from open311.web.request_context import Reader
from open311.web.written_requests import Writer

MOST_TOTALS = 1000
# Beyond what is counted exactly, "more than 10,000" does not change with each report.
MANY_SECONDS = 30.0


def pieces(
    reader: Reader, conn: Connection, request_search: RequestSearch, hits: Sequence[Hit], form: Form
) -> Pieces:
    """The requests behind `hits`, written in a form, in order."""
    catalogue, language = reader.catalogue, reader.language
    writer = Writer(form, catalogue, language, reader.base_url, request_search.with_notes)
    written = partial(writer.by_ids, conn, request_search)
    if writer.tells_distances(request_search):
        # They are different for each question.
        made = {number: piece for number, _, piece in written([number for number, _ in hits])}
        return Pieces([made[number] for number, _ in hits if number in made])
    city = (catalogue.jurisdiction.jurisdiction_id, catalogue.digest, catalogue.changeset)
    variant = (form.name, language, request_search.with_notes, city, reader.base_url)
    return reader.core.fragments.get(variant, hits, written)


def total(core: Core, conn: Connection, request_search: RequestSearch, page: Page[Any]) -> int:
    """How many requests match in all; counted once as long as nothing changes.

    That there are more than are counted holds for a while whatever changes: to count them costs more than the page.
    """
    if page.total is not None:
        return page.total
    question = (search.shape_of(request_search), tuple(map(str, search.parameters(request_search).items())))
    stamp, now = core.database.stamp_of(conn), time.monotonic()
    kept = core.totals.get(question)
    if kept and (kept.stamp == stamp or (kept.total > COUNT_LIMIT and now < kept.moment + MANY_SECONDS)):
        return kept.total
    if len(core.totals) > MOST_TOTALS:
        core.totals.clear()
    counted = core.totals[question] = Counted(search.total(conn, request_search), stamp, now)
    return counted.total
