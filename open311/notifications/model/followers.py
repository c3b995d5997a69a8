"""Who wants to hear of a report by mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Whoever presses twice gets one mail; whoever lost it, another one.
ASKED_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Somebody who follows a report, or sent it; from `confirmed_datetime` on they get mails."""

    id: int
    service_request_id: int
    jurisdiction_id: str
    email: str
    language: str
    created_datetime: datetime
    asked_datetime: datetime
    confirmed_datetime: datetime | None
    is_reporter: bool = False
