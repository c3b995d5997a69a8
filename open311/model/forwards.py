"""Reports that are handed on to another GeoReport server: to whom, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from open311.base.errors import Problem, problem

# How long an attempt may take before somebody else may think that it has died.
LEASE = timedelta(minutes=3)
# Servers like ours know a repetition for 24 hours.
REPEATABLE_FOR = timedelta(hours=23)
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 2 * 3600, 5 * 3600, 10 * 3600, 20 * 3600)
)
# As long as an id may be given out late.
MOST_ASKED_FOR_ID = timedelta(days=30)
# A report that was closed by mistake is opened again within days.
ASKED_AFTER_CLOSING = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Where the reports of a service are handed on to; `api_key` is the name of a key in the settings."""

    url: str
    service_code: str
    jurisdiction_id: str | None = None
    api_key: str | None = None
    when: str = "published"
    repeatable: bool = False
    personal_data: bool = False
    conventions: str = "plain"
    updates: str = "pulled"


class ForwardState(StrEnum):
    """How far a request has come.

    `waiting`: to be sent. `sending`: perhaps sent. `token`: sent, its id is to be asked for. `sent`: done.
    `withdrawn`: hidden before it was sent. `released`: taken back by staff. For staff: `refused` by the other server;
    `uncertain`: perhaps sent, and not to be found there.
    """

    WAITING = "waiting"
    SENDING = "sending"
    TOKEN = "token"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


IN_TROUBLE = (ForwardState.REFUSED, ForwardState.UNCERTAIN)
UNFINISHED = (ForwardState.WAITING, ForwardState.SENDING, ForwardState.TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedRequest:
    """One request on its way; `foreign_id` is its id there, `seen` what was last known of it there."""

    service_request_id: int
    url: str
    state: ForwardState
    client_request_id: str
    token: str | None = None
    foreign_id: str | None = None
    attempts: int = 0
    error: str | None = None
    seen: str | None = None
    created_datetime: datetime
    due_datetime: datetime
    sent_datetime: datetime | None = None
    asked_datetime: datetime | None = None

    @property
    def host(self) -> str:
        """The name of the other server."""
        return urlsplit(self.url).netloc

    @property
    def wrong_state(self) -> Problem:
        """What to tell staff who want what cannot be done any more, or not yet."""
        state = problem(f"desk.outside.forward.{self.state}")
        return problem("error.forward.state", service_request_id=self.service_request_id, state=state)


def wait_after(attempts: int) -> timedelta | None:
    """The backoff: how long to wait after so many attempts; None when it is enough."""
    return WAITS[attempts - 1] if 0 < attempts <= len(WAITS) else None
