"""Lists of requests as bytes: ids and versions from an index, the rest from memory or as it is written."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from open311.core import Core, Counted
from open311.formats.entries import Form
from open311.formats.fragments import WrittenList
from open311.model.search import COUNT_LIMIT, Hits, Page, RequestSearch
from open311.storage import search
from open311.storage.database import Connection
from open311.storage.search import Question
from open311.web import pagination, queries
from open311.web.request_context import Reader
from open311.web.written_requests import Writer

MOST_TOTALS = 1000
# Beyond what is counted exactly, "more than 10,000" does not change with each report.
MANY_SECONDS = 30.0


class Written(NamedTuple):
    """A finished body, its tag if it is known without reading it all, and the headers that go with just this one."""

    body: bytes
    tag: str | None = None
    headers: Mapping[str, str] = {}


class Asked(NamedTuple):
    """What a list is asked for: the parameters, and the question they mean."""

    query: dict[str, Any]
    question: Question


def asked(reader: Reader, query: dict[str, Any]) -> Asked:
    """What a query means now; raises `Invalid`."""
    core = reader.core
    days = core.settings.max_span_days
    meant = queries.request_search(query, reader.catalogue, core.now(), days, reader.actor)
    return Asked(query, search.question_of(meant))


def written(reader: Reader, asked: Asked, form: Form) -> Written:
    """The page of requests that is asked for, written in a form."""
    core, (query, question) = reader.core, asked
    paged = queries.paged(query)
    with core.database.read_public() as conn:
        page = search.hits(conn, question, core.landmarks)
        count = total(core, conn, question, page) if paged else page.total
        body, tag = _written(reader, conn, question.search, page.items, form)
    return Written(body, tag, pagination.headers(reader, page, question.search, query, count))


def _written(reader: Reader, conn: Connection, asked: RequestSearch, hits: Hits, form: Form) -> WrittenList:
    catalogue, language = reader.catalogue, reader.language
    writer = Writer(form, catalogue, language, reader.base_url, asked.with_notes)
    render = partial(writer.by_ids, conn, asked)
    if writer.tells_distances(asked):
        # They are different for each question.
        made = {number: piece for number, _, piece in render([number for number, _ in hits])}
        return WrittenList(form.join([made[number] for number, _ in hits if number in made]))
    city = (catalogue.jurisdiction.jurisdiction_id, catalogue.digest, catalogue.changeset)
    variant = (form.name, language, asked.with_notes, city, reader.base_url)
    return reader.core.fragments.written(variant, hits, render, form.join)


def total(core: Core, conn: Connection, question: Question, page: Page[Any]) -> int:
    """How many requests match in all; counted once as long as nothing changes.

    That there are more than are counted holds for a while whatever changes: to count them costs more than the page.
    """
    if page.total is not None:
        return page.total
    stamp, now = core.database.stamp_of(conn), time.monotonic()
    kept = core.totals.get(question.key)
    if kept and (kept.stamp == stamp or (kept.total > COUNT_LIMIT and now < kept.moment + MANY_SECONDS)):
        return kept.total
    if len(core.totals) > MOST_TOTALS:
        core.totals.clear()
    counted = core.totals[question.key] = Counted(search.total(conn, question.search), stamp, now)
    return counted.total
