"""One act on many cases: what it is, and what became of it at each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Any

from open311.base.text import whole_number
from open311.model.access.actor import Right

# So many are done while somebody waits; more are for the worker.
AT_ONCE = 50
MOST_CASES = 500
NOBODY = "nobody"


class BulkAct(StrEnum):
    """What can be done with many cases at once."""

    STATUS = "status"
    UNIT = "unit"
    PERSON = "person"
    PRIORITY = "priority"
    DEADLINE = "deadline"
    NOTE = "note"


NEEDED: Mapping[BulkAct, Right] = {
    BulkAct.STATUS: Right.SET_STATUS,
    BulkAct.UNIT: Right.ASSIGN_UNIT,
    BulkAct.PERSON: Right.ASSIGN_PERSON,
    BulkAct.PRIORITY: Right.PLAN,
    BulkAct.DEADLINE: Right.PLAN,
    BulkAct.NOTE: Right.NOTE,
}


class ItemState(StrEnum):
    """What became of the act at one case."""

    WAITING = "waiting"
    DONE = "done"
    # It was changed after the preview.
    CHANGED = "changed"
    REFUSED = "refused"


def write_numbers(numbers: Iterable[int]) -> str:
    """Chosen cases as one word for an address: the first number, and how far it is from each to the next."""
    ordered = sorted(set(numbers))[:MOST_CASES]
    # Numbers of one list lie close together: five hundred of them fit into an address, which many proxies cut at
    # 8,000 letters.
    steps = (after - before for before, after in pairwise([0, *ordered]))
    return ".".join(map(str, steps))


def read_numbers(word: str) -> tuple[int, ...]:
    """The cases that such a word means; what nobody here has written means none."""
    steps = [whole_number(step) for step in word.split(".", MOST_CASES)] if word else []
    if len(steps) > MOST_CASES or not all(steps):
        return ()
    return tuple(accumulate(step for step in steps if step))


@dataclass(frozen=True, slots=True)
class BulkWish:
    """The act, to what (a code, an account, `nobody`, a number, a day), and the words that go with it."""

    act: BulkAct
    value: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One case: the revision that was looked at, what became of it, and what was wrong (`key` and `values`)."""

    service_request_id: int
    revision: int
    state: ItemState
    problems: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class BulkRun:
    """An act on many cases, by whom and when."""

    id: int
    account_id: int
    wish: BulkWish
    created_datetime: datetime
