"""What somebody wants to hear of by mail: new reports of a place, an area or a whole city."""

from dataclasses import dataclass
from datetime import datetime

# In metres.
RADII = (200, 500, 1000, 2000)
MOST_OF_A_MAILBOX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One wish; `place` says in words where. From `confirmed_datetime` on there are mails, by the day or the week."""

    id: int = 0
    jurisdiction_id: str
    email: str
    language: str
    place: str
    lat: float | None = None
    long: float | None = None
    radius: int | None = None
    area: str | None = None
    service_code: str | None = None
    weekly: bool = False
    created_datetime: datetime
    confirmed_datetime: datetime | None = None
    sent_datetime: datetime | None = None
