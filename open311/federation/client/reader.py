"""Reads all requests of another server, in the best way it allows, and keeps track of how far it has come.

Three ways, the best first: the change feed; `updated_after`; windows of `requested_datetime`. Each part carries the
state from which reading goes on, as plain values that can be stored with what the part brought.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from open311.base.datetimes import write_utc
from open311.federation.client.answers import RemoteError
from open311.federation.client.client import LOST_CURSOR, Client
from open311.federation.client.foreign import ForeignRequest
from open311.federation.client.paging import TELLING_PAGE, Ask, State, from_the_beginning, pages

OpenIds = Callable[[datetime, int, int], list[tuple[int, str]]]

# The most that the standard lets anybody ask for at once (GET service_requests).
WINDOW = timedelta(days=90)
# Two years without a request are taken for the beginning.
EMPTY_WINDOWS = 8
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Windows are halved where a server cuts its answer; below this it has no more to give.
SHORTEST = timedelta(hours=1)
# Clocks differ, and servers show some requests late.
OVERLAP = timedelta(hours=6)
# As much as the feed gives at a time.
FEED_LIMIT = 1000
# Addresses of some 2,000 letters pass every proxy.
IDS_A_QUESTION = 25
POLLED = 500
# What is known of a source for good.
LASTING = ("way", "cursor", "updates", "seen", "first", "cap", "uncut")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page: requests, ids that are gone (True: erased there), and the state behind it.

    `problem`: what could not be read, though the rest could. `copy` numbers the full copy that it is part of; once
    `copy_ends`, what was not in any part of it is gone too.
    """

    state: State
    requests: list[ForeignRequest] = field(default_factory=list)
    gone: Mapping[str, bool] = field(default_factory=dict)
    copy: int | None = None
    copy_ends: bool = False
    progress: str = ""
    problem: str | None = None

    def joins(self, behind: "Part") -> bool:
        """Whether both can be stored as one: lists, with nothing to report or to do between them."""
        return not any((self.gone, behind.gone, self.problem, self.copy, behind.copy))

    def joined(self, behind: "Part") -> "Part":
        """Both as one, with the state behind the second."""
        return replace(behind, requests=[*self.requests, *behind.requests])


def history(state: Mapping[str, Any], now: datetime, since: datetime) -> State:
    """The state in which everything back to `since` is read again."""
    kept = {name: state[name] for name in LASTING if name in state}
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
    state = {**_resumed(state), "idle": False}
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
        yield Part(state=state, progress="history complete")
        return
    yield from _recent(client, state, now, ask, open_ids)


def _resumed(state: Mapping[str, Any]) -> State:
    """Where reading goes on: at the page where it stopped, or at the beginning of a list that may have no pages."""
    if "following" in state or state.get("page", 0) > TELLING_PAGE:
        return dict(state)
    # What the pages up to there brought is not in the state, and is what tells whether the list was cut off.
    return {name: value for name, value in from_the_beginning(state).items() if name not in ("count", "cut")}


def _lasting(state: State) -> State:
    return {name: state[name] for name in (*LASTING, "polled") if name in state}


def _feed(client: Client, state: State, ask: Ask) -> Iterator[Part]:
    more = True
    while more:
        cursor = state.get("cursor")
        try:
            changes = ask(partial(client.changes, cursor, FEED_LIMIT))
        except RemoteError as refused:
            if refused.status not in LOST_CURSOR or cursor is None:
                raise
            # The cursor is of a past that the server no longer has; a new copy begins, and what it lacks is gone.
            kept = {name: value for name, value in state.items() if name != "cursor"}
            state = {**kept, "copy": state.get("copy", 0) + 1, "copying": True}
            continue
        if changes is None:
            raise RemoteError("the change feed is gone")
        more = changes.more
        copied = state.get("copy") if state.get("copying") else None
        state = {**state, "cursor": changes.cursor, "idle": not more}
        if not more:
            state.pop("copying", None)
        origin = "change feed" if copied is None else "new copy"
        whole = copied is not None and not more
        yield Part(
            state=state,
            requests=changes.requests,
            gone=changes.gone,
            copy=copied,
            copy_ends=whole,
            progress=origin,
        )


def _history(client: Client, state: State, ask: Ask) -> Iterator[Part]:
    """Windows from now back to the beginning."""
    since = _moment(state.get("since")) or EARLIEST
    while True:
        end = _moment(state["end"]) or EARLIEST
        span = timedelta(seconds=state.get("span", WINDOW.total_seconds()))
        start = max(since, end - span)
        count = state.get("count", 0)
        for part in _window(client, state, start, end, ask):
            yield part
            state, count = part.state, count + len(part.requests)
        if state.pop("cut", False):
            if end - start > SHORTEST:
                state = {**from_the_beginning(state), "span": (end - start).total_seconds() / 2, "count": 0}
                continue
            yield Part(
                state=state, problem=f"more than {count} requests from {start} to {end}: some are missing"
            )
        empty = 0 if count else state.get("empty", 0) + 1
        if "span" in state and count * 4 < state.get("cap", 0):
            # A quiet time needs no narrow windows.
            state["span"] = min(WINDOW.total_seconds(), state["span"] * 2)
        state = {**from_the_beginning(state), "end": write_utc(start), "empty": empty, "count": 0}
        yield Part(state=state, progress=f"back to {start:%Y-%m-%d}")
        if start <= since or empty >= EMPTY_WINDOWS or state.get("dates") is False:
            return


def _window(client: Client, state: State, start: datetime, end: datetime, ask: Ask) -> Iterator[Part]:
    bounds = {"start_date": start, "end_date": end}
    for requests, after in pages(client, state, bounds, ask):
        dated = [request.requested_datetime for request in requests if request.requested_datetime]
        inside = sum(start <= moment <= end for moment in dated)
        after = {**after, "count": after.get("count", 0) + len(requests)}
        # Half of them, not each: clocks and zones differ at the edges of a window.
        if 2 * inside < len(dated):
            after["dates"] = False
        yield Part(state=after, requests=requests, progress=f"{start:%Y-%m-%d} to {end:%Y-%m-%d}")


def _whole(client: Client, state: State, start: datetime, end: datetime, ask: Ask) -> Iterator[Part]:
    """A window, in halves where its list is cut off."""
    for part in _window(client, state, start, end, ask):
        yield part
        state = part.state
    if state.pop("cut", False) and end - start > SHORTEST:
        middle = start + (end - start) / 2
        for bounds in ((middle, end), (start, middle)):
            for part in _whole(client, from_the_beginning(state), *bounds, ask):
                yield part
                state = part.state


def _recent(
    client: Client, state: State, now: datetime, ask: Ask, open_ids: OpenIds | None
) -> Iterator[Part]:
    """What has changed since the last time."""
    began = state.get("began") or write_utc(now)
    state = {**state, "began": began}
    bound = (_moment(state["seen"]) or EARLIEST) - OVERLAP
    if state.get("updates") is not False:
        for requests, after in pages(client, state, {"updated_after": bound}, ask):
            updated = (request.updated_datetime for request in requests)
            if after.get("cut") or any(moment and moment < bound for moment in updated):
                state = {**_lasting(state), "phase": "recent", "began": began, "updates": False}
                break
            state = after
            yield Part(state=state, requests=requests, progress=f"changed since {bound:%Y-%m-%d %H:%M}")
    if state.get("updates") is False:
        for part in _whole(client, state, now - WINDOW, now, ask):
            state = part.state
            yield part
        state = from_the_beginning(state)
        if open_ids:
            for part in _poll(client, state, now, ask, open_ids):
                state = part.state
                yield part
    state = {**_lasting(state), "phase": "recent", "seen": began, "idle": True}
    yield Part(state=state, progress="up to date")


def _poll(client: Client, state: State, now: datetime, ask: Ask, open_ids: OpenIds) -> Iterator[Part]:
    """Older requests that were open when we last heard of them, some on each run, in turns."""
    rows = open_ids(now - WINDOW, state.get("polled", 0), POLLED)
    for place in range(0, len(rows), IDS_A_QUESTION):
        some = rows[place : place + IDS_A_QUESTION]
        ids = ",".join(foreign_id for _, foreign_id in some)
        requests = ask(partial(client.requests, service_request_id=ids, extensions="true"))
        state = {**state, "polled": some[-1][0]}
        yield Part(state=state, requests=requests, progress="open requests of longer ago")
    if len(rows) < POLLED:
        state = {**state, "polled": 0}
        yield Part(state=state, progress="open requests of longer ago")


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written.replace("Z", "+00:00")) if written else None
