"""Read the requests of another server to the end, in whichever way it allows, and say how far that has come.

Three ways, the best first: the change feed; `updated_after`; windows of `requested_datetime`. Each part carries the
state from which reading goes on, as plain values that can be stored with what the part brought.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from open311.base.datetimes import write_utc
from open311.federation.answers import RemoteError
from open311.federation.client import LOST_CURSOR, Client
from open311.federation.foreign import ForeignRequest

State = dict[str, Any]
Ask = Callable[[Callable[[], Any]], Any]
OpenIds = Callable[[datetime, int, int], list[tuple[int, str]]]

WINDOW = timedelta(days=90)
# Two years without a request are taken for the beginning.
EMPTY_WINDOWS = 8
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(hours=1)
OVERLAP = timedelta(hours=6)
PAGE_SIZE = 200
FEED_LIMIT = 500
IDS_A_QUESTION = 25
POLLED = 500
# Answers that are cut off hold a round number of rows.
ROUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page: requests, ids that are gone (True: erased there), and the state behind it.

    `copy` numbers the full copy that it is part of; once `copy_ends`, what was not in any part of it is gone too.
    """

    state: State
    requests: list[ForeignRequest] = field(default_factory=list)
    gone: Mapping[str, bool] = field(default_factory=dict)
    copy: int | None = None
    copy_ends: bool = False
    told: str = ""


def history(state: Mapping[str, Any], now: datetime, since: datetime) -> State:
    """The state in which everything back to `since` is read anew."""
    kept = {name: state[name] for name in ("way", "cursor", "updates", "seen") if name in state}
    return {
        **kept,
        "phase": "history",
        "end": write_utc(now),
        "began": write_utc(now),
        "since": write_utc(since),
    }


def parts(
    client: Client, state: Mapping[str, Any], now: datetime, ask: Ask, open_ids: OpenIds | None = None
) -> Iterator[Part]:
    """Page after page until there is nothing more for now."""
    state = {**state, "idle": False}
    if "phase" not in state and "way" not in state:
        state["way"] = "feed" if ask(partial(client.changes, None, 1)) is not None else "list"
    if state["way"] == "feed" and state.get("phase") != "history":
        yield from _feed(client, state, ask)
        return
    if "phase" not in state:
        state = {**state, "phase": "history", "end": write_utc(now), "began": write_utc(now)}
    if state["phase"] == "history":
        for part in _history(client, state, ask):
            yield part
            state = part.state
        state = {**_lasting(state), "phase": "recent", "seen": state["began"], "idle": True}
        yield Part(state=state, told="history complete")
        return
    yield from _recent(client, state, now, ask, open_ids)


def _lasting(state: State) -> State:
    return {name: state[name] for name in ("way", "cursor", "updates", "polled", "seen") if name in state}


def _feed(client: Client, state: State, ask: Ask) -> Iterator[Part]:
    more = True
    while more:
        cursor = state.get("cursor")
        try:
            found = ask(partial(client.changes, cursor, FEED_LIMIT))
        except RemoteError as refused:
            if refused.status not in LOST_CURSOR or cursor is None:
                raise
            # The cursor is of a past that the server no longer has; a new copy begins, and what it lacks is gone.
            kept = {name: value for name, value in state.items() if name != "cursor"}
            state = {**kept, "copy": state.get("copy", 0) + 1, "copying": True}
            continue
        if found is None:
            raise RemoteError("the change feed is gone")
        more = found.more
        copied = state.get("copy") if state.get("copying") else None
        state = {**state, "cursor": found.cursor, "idle": not more}
        if not more:
            state.pop("copying", None)
        told = "change feed" if copied is None else "new copy"
        whole = copied is not None and not more
        yield Part(
            state=state, requests=found.requests, gone=found.gone, copy=copied, copy_ends=whole, told=told
        )


def _history(client: Client, state: State, ask: Ask) -> Iterator[Part]:
    """Windows from now back to the beginning."""
    since = _moment(state.get("since")) or EARLIEST
    while True:
        end = _moment(state["end"]) or EARLIEST
        span = timedelta(seconds=state.get("span", WINDOW.total_seconds()))
        start = max(since, end - span)
        any_found = bool(state.get("any"))
        for part in _window(client, state, start, end, ask):
            yield part
            state = part.state
            any_found = any_found or bool(part.requests)
        if state.pop("cut", False) and end - start > SHORTEST:
            state = {**state, "span": (end - start).total_seconds() / 2, "page": 1, "last": None}
            continue
        empty = 0 if any_found else state.get("empty", 0) + 1
        state = {**state, "end": write_utc(start), "page": 1, "empty": empty, "any": False, "last": None}
        yield Part(state=state, told=f"back to {start:%Y-%m-%d}")
        if start <= since or empty >= EMPTY_WINDOWS or state.get("dates") is False:
            return


def _window(client: Client, state: State, start: datetime, end: datetime, ask: Ask) -> Iterator[Part]:
    bounds = {"start_date": start, "end_date": end}
    for found, after in _pages(client, state, bounds, ask):
        dated = [each.requested_datetime for each in found if each.requested_datetime]
        inside = sum(start <= each <= end for each in dated)
        after = {**after, "any": bool(after.get("any") or found)}
        if 2 * inside < len(dated):
            after["dates"] = False
        yield Part(state=after, requests=found, told=f"{start:%Y-%m-%d} to {end:%Y-%m-%d}")


def _pages(
    client: Client, state: State, query: Mapping[str, Any], ask: Ask
) -> Iterator[tuple[list[ForeignRequest], State]]:
    """Pages until one is empty, or comes again."""
    while True:
        number = state.get("page", 1)
        asked = {**query, "page": number, "page_size": PAGE_SIZE, "extensions": "true"}
        found: list[ForeignRequest] = ask(partial(client.requests, **asked))
        if not found:
            return
        ids = "\n".join(each.service_request_id for each in found)
        mark = hashlib.sha256(ids.encode()).hexdigest()
        if mark == state.get("last"):
            # The first page again: this server has no pages, and a round number of rows may have been cut off.
            if number == 2 and len(found) % ROUND == 0:
                yield [], {**state, "cut": True}
            return
        state = {**state, "page": number + 1, "last": mark}
        yield found, state


def _recent(
    client: Client, state: State, now: datetime, ask: Ask, open_ids: OpenIds | None
) -> Iterator[Part]:
    """What has changed since the last time."""
    began = state.get("began") or write_utc(now)
    state = {**state, "began": began}
    bound = (_moment(state["seen"]) or EARLIEST) - OVERLAP
    if state.get("updates") is not False:
        for found, after in _pages(client, state, {"updated_after": bound}, ask):
            if after.get("cut") or any(
                each.updated_datetime and each.updated_datetime < bound for each in found
            ):
                state = {**_lasting(state), "phase": "recent", "began": began, "updates": False}
                break
            state = after
            yield Part(state=state, requests=found, told=f"changed since {bound:%Y-%m-%d %H:%M}")
    if state.get("updates") is False:
        for part in _window(client, state, now - WINDOW, now, ask):
            state = part.state
            yield part
        if open_ids:
            for part in _poll(client, state, now, ask, open_ids):
                state = part.state
                yield part
    state = {**_lasting(state), "phase": "recent", "seen": began, "idle": True}
    yield Part(state=state, told="up to date")


def _poll(client: Client, state: State, now: datetime, ask: Ask, open_ids: OpenIds) -> Iterator[Part]:
    """Older requests that were open when we last heard of them, some on each run, in turns."""
    rows = open_ids(now - WINDOW, state.get("polled", 0), POLLED)
    for place in range(0, len(rows), IDS_A_QUESTION):
        some = rows[place : place + IDS_A_QUESTION]
        ids = ",".join(foreign_id for _, foreign_id in some)
        found = ask(partial(client.requests, service_request_id=ids, extensions="true"))
        state = {**state, "polled": some[-1][0]}
        yield Part(state=state, requests=found, told="open requests of longer ago")
    if len(rows) < POLLED:
        state = {**state, "polled": 0}
        yield Part(state=state, told="open requests of longer ago")


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written.replace("Z", "+00:00")) if written else None
