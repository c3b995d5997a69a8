"""Lists of requests as bytes: ids and versions from an index, the rest from memory, what is missing from rows."""

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from open311.core import Core, Counted
from open311.formats.fragments import Pieces
from open311.model.search import COUNT_LIMIT, Hit, Page, RequestSearch
from open311.model.service_request import ServiceRequest
from open311.storage import search
from open311.storage.database import Connection
from open311.web.request_context import Reader

MOST_TOTALS = 1000
MANY_SECONDS = 30.0

Render = Callable[[ServiceRequest], bytes]


def pieces(
    reader: Reader,
    conn: Connection,
    asked: RequestSearch,
    hits: Sequence[Hit],
    variant: Hashable,
    render: Render,
) -> Pieces:
    """The rendered requests behind `hits`, in order.

    `variant` names everything, beside the request itself, that `render` depends on; None when nothing may be kept.
    """

    def fresh(ids: list[int]) -> Iterable[tuple[int, int, bytes]]:
        for request in search.by_ids(conn, asked, ids):
            yield request.service_request_id, request.version, render(request)

    if variant is None:
        made = {id: piece for id, _, piece in fresh([id for id, _ in hits])}
        return Pieces([made[id] for id, _ in hits if id in made])
    catalogue = reader.catalogue
    known = (
        variant,
        catalogue.jurisdiction.jurisdiction_id,
        catalogue.digest,
        catalogue.changeset,
        reader.base_url,
    )
    return reader.core.fragments.get(known, hits, fresh)


def with_distances(requests: Iterable[ServiceRequest], asked: RequestSearch) -> list[ServiceRequest]:
    """The requests, each with its distance from the centre that was asked for; only extensions show it."""
    circle = asked.circle if asked.with_notes else None
    return [
        request._replace(distance=circle.distance(request.location))
        if circle and request.location
        else request
        for request in requests
    ]


def total(core: Core, conn: Connection, asked: RequestSearch, page: Page[Any]) -> int:
    """How many requests match in all; counted once as long as nothing changes.

    That there are more than are counted holds for a while whatever changes: to count them costs more than the page.
    """
    if page.total is not None:
        return page.total
    question = (search.shape_of(asked), tuple(map(str, search.parameters(asked).items())))
    stamp, now = core.database.stamp_of(conn), time.monotonic()
    kept = core.totals.get(question)
    if kept and (kept.stamp == stamp or (kept.total > COUNT_LIMIT and now < kept.moment + MANY_SECONDS)):
        return kept.total
    if len(core.totals) > MOST_TOTALS:
        core.totals.clear()
    found = core.totals[question] = Counted(search.total(conn, asked), stamp, now)
    return found.total
