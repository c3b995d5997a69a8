"""All pages of one list of another server, whichever way it pages: numbers from 1 or 0, links, or not at all.

What has come before tells where a list ends: a page that brings nothing new is the last one. State is plain values, so
that it can be stored with what a page brought:

- `page`, `following`: what to ask for next; both are missing at the beginning of a list,
- `first`: the number of the first page there, once it is known,
- `cap`: how many rows its lists hold at most, `uncut`: how many they are known to hold.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from open311.federation.client.answers import RemoteError
from open311.federation.client.client import Client, Page
from open311.federation.client.foreign import ForeignRequest

State = dict[str, Any]
Ask = Callable[[Callable[[], Any]], Any]

PAGE_SIZE = 200
# Lists that are cut off mostly hold a round number of rows.
ROUND = 50
BEYOND_THE_END = (400, 404, 416, 422)
PLACE = ("page", "following")
# Asked for to see whether a server ignores `page`: then it brings nothing new.
TELLING_PAGE = 2


def from_the_beginning(state: Mapping[str, Any]) -> State:
    """The state in which a list is read from its first page."""
    return {name: value for name, value in state.items() if name not in PLACE}


def pages(
    client: Client, state: State, query: Mapping[str, Any], ask: Ask
) -> Iterator[tuple[list[ForeignRequest], State]]:
    """What each page brings, and the state behind it; `cut` is in the last one where rows are missing."""
    seen: dict[str, datetime | None] = {}
    first = state.get("first")
    if "page" not in state and first != 1:
        rows, state = _from_zero(client, state, query, ask)
        seen.update(_dated(rows))
        if rows:
            yield rows, state
    number = state.get("page", 1)
    while True:
        page = ask(partial(_page, client, state, {**query, "page": number}, number))
        fresh = [row for row in page.requests if row.service_request_id not in seen]
        if not fresh and number == TELLING_PAGE and page.requests and "following" not in state:
            yield [], _judged(client, state, query, seen, ask)
        if not fresh and number > 1:
            return
        seen.update(_dated(fresh))
        number += 1
        linked = "following" in state
        state = from_the_beginning(state) | {"page": number}
        state |= {"following": dict(page.following)} if page.following else {}
        if fresh:
            yield fresh, state
        if (linked and not page.following) or not page.requests:
            return


def _page(client: Client, state: State, query: Mapping[str, Any], number: int) -> Page:
    query_of_page = state.get("following") or {**query, "page_size": PAGE_SIZE, "extensions": "true"}
    try:
        return client.page(**query_of_page)
    except RemoteError as refused:
        if number > 1 and refused.readable and refused.status in BEYOND_THE_END:
            return Page([])
        raise


def _from_zero(
    client: Client, state: State, query: Mapping[str, Any], ask: Ask
) -> tuple[list[ForeignRequest], State]:
    """Page 0 and what it tells: where it is another one than page 1, pages are counted from 0."""
    zero = ask(partial(_probe, client, {**query, "page": 0, "page_size": PAGE_SIZE, "extensions": "true"}))
    if "first" in state:
        return zero, {**state, "page": 1}
    one = ask(partial(_page, client, {}, {**query, "page": 1}, 1)).requests
    if _dated(zero).keys() - _dated(one).keys():
        return zero, {**state, "first": 0, "page": 1}
    # An empty list tells nothing about the next one.
    return [], {**state, "first": 1} if one else state


def _probe(client: Client, query: Mapping[str, Any]) -> list[ForeignRequest]:
    """Rows, or nothing where the question itself is refused."""
    try:
        return client.page(**query).requests
    except RemoteError as refused:
        if refused.status in (None, 429, 503):
            raise
        return []


def _dated(rows: list[ForeignRequest]) -> dict[str, datetime | None]:
    return {row.service_request_id: row.requested_datetime for row in rows}


def _judged(
    client: Client, state: State, query: Mapping[str, Any], seen: Mapping[str, datetime | None], ask: Ask
) -> State:
    """A list without pages: whether it was cut off, which questions for parts of it tell."""
    count = len(seen)
    if count <= state.get("uncut", 0):
        return state
    if count == state.get("cap"):
        return {**state, "cut": True}
    start, end = query.get("start_date"), query.get("end_date")
    moments = [moment for moment in seen.values() if moment]
    if not moments or not isinstance(start, datetime) or not isinstance(end, datetime):
        return {**state, "cut": True} if count % ROUND == 0 else state
    oldest, newest = max(start, min(moments)), min(end, max(moments))
    # The newest were left out, or the oldest, or any.
    for part in ((start, oldest), (newest, end), (oldest, oldest + (newest - oldest) / 2)):
        bounds: dict[str, Any] = {
            "start_date": part[0],
            "end_date": part[1],
            "page_size": PAGE_SIZE,
            "extensions": "true",
        }
        if part[0] < part[1] and _dated(ask(partial(client.requests, **bounds))).keys() - seen.keys():
            return {**state, "cut": True, "cap": count}
    return {**state, "uncut": count}
