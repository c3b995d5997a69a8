"""Lists of requests as bytes: ids and versions from an index, the rest from memory or as it is written."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from open311.core import CachedTotal, Core
from open311.formats.entries import Form
from open311.model.search import COUNT_LIMIT, Page
from open311.storage import search
from open311.storage.database import Connection
from open311.storage.search import Question
from open311.web import pagination, queries
from open311.web.request_context import RequestContext
from open311.web.written_requests import Writer

# "More than 10,000" stays true when a report comes in, so it is kept longer than an exact total.
MANY_SECONDS = 30.0


class WrittenBody(NamedTuple):
    """A finished body, its tag if it is known without reading it all, and the headers that go with just this one."""

    body: bytes
    tag: str | None = None
    headers: Mapping[str, str] = {}


class ListQuery(NamedTuple):
    """What a list is asked for: the parameters, and the question they mean."""

    parameters: dict[str, Any]
    question: Question


def list_query(context: RequestContext, parameters: dict[str, Any]) -> ListQuery:
    """What parameters mean now; raises `Invalid`."""
    core = context.core
    days = core.settings.max_span_days
    request_search = queries.request_search(parameters, context.catalogue, core.now(), days, context.actor)
    return ListQuery(parameters, search.question_of(request_search))


def written(context: RequestContext, query: ListQuery, form: Form) -> WrittenBody:
    """A page of requests, written in a form."""
    core, (parameters, question) = context.core, query
    request_search = question.search
    writer = Writer(form, context.catalogue, context.language, context.base_url, request_search.with_notes)
    with core.database.read_public() as conn:
        page = search.hits(conn, question, core.landmarks)
        count = total(core, conn, question, page) if queries.paged(parameters) else page.total
        listed = core.fragments.begin(writer.variant(request_search), page.items)
        if missing := listed.missing:
            listed.add(writer.by_ids(conn, request_search, missing))
        body, tag = listed.whole(form.join)
    headers = pagination.headers(context, page, request_search, parameters, count)
    return WrittenBody(body, tag, headers)


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
    counted = search.total(conn, question.search)
    core.totals.keep(question.key, CachedTotal(counted, stamp, now))
    return counted
