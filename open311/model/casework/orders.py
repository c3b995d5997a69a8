"""Orders to contractors: what is asked of whom, how far it has come, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from open311.model.casework.cases import Flag
from open311.model.media import Media, MediaVisibility


class OrderState(StrEnum):
    """How far an order has come. The contractor says `accepted`, `declined` and `done`; the rest is ours to say."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DONE = "done"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    REVOKED = "revoked"


class OrderAnswer(StrEnum):
    """What a contractor can do on the page of an order."""

    ACCEPT = "accept"
    DECLINE = "decline"
    DONE = "done"
    ASK = "ask"


OPEN = frozenset({OrderState.SENT, OrderState.ACCEPTED})
# Their links say that they have ended.
GONE = frozenset({OrderState.EXPIRED, OrderState.REVOKED})
# So long after the day on which it is due, or after it was made, the link of an order works.
LASTS = timedelta(days=30)
# Without an answer for so long, a contractor is reminded once.
REMINDED_AFTER = timedelta(days=3)
MOST_ANSWERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. `answers` counts what the contractor has said; `attention`: we have to see to it."""

    id: int
    service_request_id: int
    contractor: str
    text: str
    state: OrderState
    created_datetime: datetime
    ends_datetime: datetime
    photos: tuple[int, ...] = ()
    due_date: date | None = None
    planned_date: date | None = None
    answers: int = 0
    attention: bool = False
    sent_datetime: datetime | None = None
    reminded_datetime: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the contractor has to do something."""
        return self.state in OPEN

    def has_ended(self, now: datetime) -> bool:
        """Whether its link opens nothing any more."""
        return self.state in GONE or now >= self.ends_datetime

    def takes(self, answer: OrderAnswer) -> bool:
        """Whether the contractor may say this now."""
        # A link has no sign-in: whoever found it could fill the history of a case.
        return self.is_open and self.answers < MOST_ANSWERS


def ends(created: datetime, due: datetime | None) -> datetime:
    """When the link of an order ends."""
    return max(created, due or created) + LASTS


def flags_of(orders: Iterable[Order]) -> frozenset[Flag]:
    """What the orders of a case say about it."""
    flags = set[Flag]()
    for order in orders:
        if order.is_open:
            flags.add(Flag.ORDERED)
        if order.state is OrderState.DONE:
            flags.add(Flag.DONE_REPORTED)
        if order.attention:
            flags.add(Flag.RETURNED)
    return frozenset(flags)


def may_leave(photo: Media) -> bool:
    """Whether a contractor may see a photo: it was cleared for everybody, or somebody has blackened it."""
    return photo.visibility is MediaVisibility.PUBLIC or bool(photo.boxes)
