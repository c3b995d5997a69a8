"""Pages of another server: some are read while those before them are stored."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from open311.base.pipeline import pipelined
from open311.core import Core
from open311.federation.client.reader import Part
from open311.federation.references import Arrival, Intake, Refusal
from open311.federation.terms import Terms, arrivals_of
from open311.federation.upsert import Lookup, Optimistic, look_up

R = TypeVar("R")

# A transaction for each short page, or for none, would take longer than its requests.
ENOUGH = 1000


class Page(NamedTuple):
    """A part of a source in our terms; with a `lookup` its new rows can be stored before its turn."""

    part: Part
    arrivals: Sequence[Arrival]
    refusals: Sequence[Refusal]
    lookup: Lookup | None

    def optimistic(self, wait_for_turn: Callable[[], object]) -> Optimistic | None:
        """How `upsert_page` stores its new rows before its turn; None where that is not wanted."""
        return None if self.lookup is None else Optimistic(self.lookup, wait_for_turn)


def stored_pages(
    core: Core,
    source: Intake,
    terms: Terms,
    parts: Iterable[Part],
    store: Callable[[Page, Callable[[], R]], R],
    first: R,
    *,
    ahead: bool,
) -> Generator[R, None, None]:
    """What `store` returns for each part, in their order; it is handed what tells the result of the part before."""

    def page_of(part: Part) -> Page:
        arrivals, refusals = arrivals_of(part.requests, terms)
        return Page(part, arrivals, refusals, look_up(core, source, arrivals) if ahead else None)

    return pipelined(_gathered(map(_with_its_state, parts)), page_of, store, first, ahead=ahead)


def _with_its_state(part: Part) -> Part:
    # The caller, reading on, may write into the state of the part before, which is perhaps not stored yet.
    return replace(part, state=dict(part.state))


def _gathered(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, those of few requests joined; what was read before something went wrong comes before the error."""
    held: Part | None = None
    try:
        for part in parts:
            joins = held is not None and held.joins(part)
            if held and not joins:
                yield held
            held = held.joined(part) if held and joins else part
            if len(held.requests) >= ENOUGH:
                yield held
                held = None
    except Exception:
        if held:
            yield held
        raise
    if held:
        yield held
