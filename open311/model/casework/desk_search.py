"""Questions of staff to the list of cases, and the cursor that goes on behind a page."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from open311.base.errors import Invalid, problem
from open311.model.casework.cases import Priority, Stage
from open311.model.maps.geography import Box
from open311.model.service_request import Location

PAGE_SIZE = 50
OPEN_STAGES = tuple(stage for stage in Stage if stage is not Stage.DONE)


class Order(StrEnum):
    DUE = "due"
    NEWEST = "newest"
    OLDEST = "oldest"
    PRIORITY = "priority"
    TOUCHED = "touched"
    # What nobody has touched for longest.
    DORMANT = "dormant"
    # From a point that the search names.
    DISTANCE = "distance"


class Column(StrEnum):
    """What the list can tell of a case beside its number; the messages `desk.column.…` name them."""

    PHOTO = "photo"
    WHAT = "what"
    AREA = "area"
    AGE = "age"
    TOUCHED = "touched"
    DUE = "due"
    UNIT = "unit"
    CHANNEL = "channel"
    STATUS = "status"
    LAST_WORD = "last_word"


USUAL_COLUMNS = (Column.PHOTO, Column.WHAT, Column.AGE, Column.DUE, Column.UNIT, Column.STATUS)
# What the rows of each order are compared by, and so what a cursor of it holds.
BY_TIME = (datetime, int)
KINDS: dict[Order, tuple[type, ...]] = {
    Order.DUE: (datetime, int),
    Order.NEWEST: (datetime, int),
    Order.OLDEST: (datetime, int),
    Order.PRIORITY: (int, datetime, int),
    Order.TOUCHED: (datetime, int),
    Order.DORMANT: (datetime, int),
    Order.DISTANCE: (int, int),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearch:
    """What is asked of the list; what is left out restricts nothing, but for `stages`: then it is all open ones.

    `assignee` is the id of a person, `nobody` those without one; `near` is what distances are from.
    With `words` the order is by receipt, newest first;
    their stems are those of `text_searches`.
    """

    stages: Sequence[Stage] = OPEN_STAGES
    services: Sequence[str] = ()
    detailed_statuses: Sequence[str] = ()
    visibilities: Sequence[str] = ()
    units: Sequence[str] = ()
    assignee: int | None = None
    nobody: bool = False
    areas: Sequence[str] = ()
    flags: Sequence[str] = ()
    channels: Sequence[str] = ()
    priorities: Sequence[Priority] = ()
    overdue: bool = False
    resumed_by: date | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    untouched_since: datetime | None = None
    has_place: bool = False
    box: Box | None = None
    near: Location | None = None
    words: str = ""
    text_searches: Sequence[str] = ("simple",)
    order: Order = Order.DUE
    limit: int = PAGE_SIZE

    @property
    def kinds(self) -> tuple[type, ...]:
        """What a cursor of this search holds."""
        return BY_TIME if self.words else KINDS[self.order]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the values by which it was ordered, of its last row."""

    values: tuple[Any, ...]

    def write(self) -> str:
        """An opaque word for a URL."""
        plain = [{"at": value.timestamp()} if isinstance(value, datetime) else value for value in self.values]
        return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, word: str, kinds: Sequence[type]) -> "Position":
        """The position behind a word; raises `Invalid` for one that we did not write, or for another order."""
        try:
            plain = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
            values = tuple(_value(value) for value in plain)
            if not all(
                value is None or isinstance(value, kind) for value, kind in zip(values, kinds, strict=True)
            ):
                raise ValueError(word)
            return cls(values)
        except (ValueError, TypeError, KeyError, OverflowError, binascii.Error, RecursionError):
            raise Invalid(problem("error.cursor")) from None


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromtimestamp(float(value["at"]), UTC)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15):
        return value
    raise ValueError(value)


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Rows in order with the position of each, and where the next page begins; None behind the last one."""

    rows: Sequence[Item]
    next: Position | None = None
    positions: Sequence[Position] = ()
