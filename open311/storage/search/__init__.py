"""The one search over service requests: pages by keyset, whole rows by ids, bounded totals. README.md explains it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from sqlalchemy import Connection, func, literal_column, select

from open311.base.bounded import Bounded
from open311.model.search import ANY_ORDER, Cursor, Hits, Items, Page, RequestSearch
from open311.model.service_request import ServiceRequest
from open311.storage.requests.rows import request_from
from open311.storage.requests.written_requests import CELLS, UNUSUAL
from open311.storage.search.statements import (
    Question,
    cells_statement,
    keys_statement,
    lines_by_ids_statement,
    lines_statement,
    page_statement,
    question_of,
    rows_statement,
    total_statement,
)

__all__ = [
    "Landmarks",
    "Question",
    "by_ids",
    "hits",
    "index_pending_words",
    "lines",
    "lines_by_ids",
    "question_of",
    "search",
    "total",
]

# How many rows lie between two landmarks.
STRIDE = 10_000
LANDMARK_SECONDS = 60.0
MOST_LANDMARKS = 200

# The bytes of a request, or its id where `storage/requests/written_requests.py` leaves them to others.
Line = bytes | int


@dataclass(slots=True)
class Landmarks:
    """Cursors every `STRIDE` rows of long lists, by question, so that `page=N` costs the same at any depth."""

    cursors: Bounded[Any, tuple[float, tuple[Cursor, ...]]] = field(
        default_factory=lambda: Bounded(MOST_LANDMARKS)
    )

    def nearer(self, conn: Connection, question: Question) -> Question:
        """The same page, counted from a landmark: no statement leaves out more than `STRIDE` rows twice.

        A deep page begins where it began when somebody first came by, at most a minute ago: while reports come in, that
        also keeps the pages of one reader from overlapping.
        """
        query = question.search
        if query.after or query.skip < 2 * STRIDE:
            return question
        whole = question_of(replace(query, skip=0, page_size=1)).key
        made, cursors = self.cursors.get(whole) or (0.0, ())
        if made + LANDMARK_SECONDS < time.monotonic():
            made, cursors = time.monotonic(), ()
        while len(cursors) < query.skip // STRIDE:
            last = cursors[-1] if cursors else None
            # Its cursor is behind the row, so the last row of a stride is asked for, not the first of the next.
            step = hits(conn, question_of(replace(query, after=last, skip=STRIDE - 1, page_size=1))).next
            if step is None:
                break
            cursors = (*cursors, step)
        self.cursors.keep(whole, (made, cursors))
        passed = cursors[: query.skip // STRIDE]
        if not passed:
            return question
        return question_of(replace(query, after=passed[-1], skip=query.skip - len(passed) * STRIDE))


def hits(conn: Connection, question: Question, landmarks: Landmarks | None = None) -> Page[Hits]:
    """One page of ids and versions in order: what an index alone can tell."""
    if landmarks:
        question = landmarks.nearer(conn, question)
    [(packed, *keys)] = page_statement(question.shape).fetch(conn, **question.filled)
    matches, query = Hits(packed or b""), question.search
    return _page(query, matches.first(query.page_size), len(matches), keys)


def search(
    conn: Connection, query: RequestSearch, landmarks: Landmarks | None = None
) -> Page[list[ServiceRequest]]:
    """One page of whole requests."""
    page = hits(conn, question_of(query), landmarks)
    rows = by_ids(conn, query, [request_id for request_id, _ in page.items])
    by_id = {request.service_request_id: request for request in rows}
    requests = [by_id[request_id] for request_id, _ in page.items if request_id in by_id]
    return Page(requests, next=page.next, total=page.total)


def by_ids(conn: Connection, query: RequestSearch, ids: Sequence[int]) -> list[ServiceRequest]:
    """The requests with these ids, in any order; those that have become invisible meanwhile are missing."""
    if not ids:
        return []
    visible = [str(visibility) for visibility in query.visibilities]
    rows = rows_statement(query.with_notes).fetch(conn, ids=_array(ids), visible=visible)
    return [request_from(row) for row in rows]


def lines_by_ids(
    conn: Connection, query: RequestSearch, ids: Sequence[int], form: str, wording: Mapping[str, str]
) -> list[tuple[int, int, bytes]]:
    """Id, version and bytes in a form; those that `written_requests.py` leaves to others are missing."""
    visible = [str(visibility) for visibility in query.visibilities]
    try:
        rows = lines_by_ids_statement(form).fetch(conn, ids=_array(ids), visible=visible, **wording)
    except psycopg.errors.InvalidParameterValue:
        # A time zone that PostgreSQL does not know: nothing is written there.
        return []
    return [row for row in rows if row[2] is not None]


def _array(ids: Sequence[int]) -> str:
    """As PostgreSQL reads an array: psycopg's own way takes as long as all rows do to come."""
    return f"{{{','.join(map(str, ids))}}}"


def lines(conn: Connection, query: RequestSearch, form: str, wording: Mapping[str, str]) -> Page[list[Line]]:
    """One page of lines in a form, read in the order of an index; for questions without alternatives, and in an order
    that no change of a request moves it in."""
    question = question_of(query)
    try:
        read = _copied if form == CELLS else _fetched
        page_lines, last = read(conn, question, form, wording)
    except psycopg.errors.InvalidParameterValue:
        page = hits(conn, question)
        return Page([number for number, _ in page.items], page.next, page.total)
    if last is None:
        return _page(query, page_lines, len(page_lines))
    keys = keys_statement(query.sort).fetch(conn, id=last)
    # Where the last one has gone meanwhile, another one is the last.
    if not keys:
        return lines(conn, query, form, wording)
    return _page(query, page_lines[: query.page_size], len(page_lines), keys[0])


def _fetched(
    conn: Connection, question: Question, form: str, wording: Mapping[str, str]
) -> tuple[list[Line], int | None]:
    """The lines of a page, and with one more, if there is one, the id of the page's last."""
    rows = lines_statement(question.shape, form).fetch(conn, **question.filled, **wording)
    size = question.search.page_size
    last = rows[size - 1][0] if len(rows) > size else None
    return [number if line is None else line for number, line in rows], last


def _copied(
    conn: Connection, question: Question, form: str, wording: Mapping[str, str]
) -> tuple[list[Line], int | None]:
    """The same by COPY, which sets the quotes."""
    rows = cells_statement(question.shape).copied(conn, **question.filled, **wording)
    size = question.search.page_size
    last = _number(rows[size - 1]) if len(rows) > size else None
    return [_number(row) if row[0] == UNUSUAL else row[:-1] + b"\r\n" for row in rows], last


def _number(row: bytes) -> int:
    return int(row[row[0] == UNUSUAL : row.index(b",")])


def total(conn: Connection, query: RequestSearch) -> int:
    """How many requests match, counted no further than `COUNT_LIMIT + 1`."""
    # A count needs no order, and then the planner may read whichever index is smallest.
    question = question_of(replace(query, sort=ANY_ORDER, after=None, skip=0))
    return int(total_statement(question.shape).fetch(conn, **question.filled)[0][0])


def index_pending_words(conn: Connection) -> None:
    """Flush the pending list of the index of words, which every search reads entry by entry."""
    conn.execute(select(func.gin_clean_pending_list(literal_column("'service_requests_words'::regclass"))))


def _page(query: RequestSearch, items: Items, count: int, keys: Sequence[Any] = ()) -> Page[Items]:
    """`count` rows were read, one more than `items` where another page follows."""
    more = count > query.page_size
    known_total = None
    if query.after and query.after.total is not None:
        known_total = query.after.total
    # Once a skip has passed the end, nobody knows where the end was.
    elif not more and not query.after and (count or not query.skip):
        known_total = query.skip + count
    following = Cursor(query.sort, tuple(keys), known_total) if more else None
    return Page(items, next=following, total=known_total)
