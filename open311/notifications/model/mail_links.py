"""Links in mails: what each opens, and for how long. The token is in the mail alone; its digest is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """What a link opens.

    `confirm`: begin, or end, mails about a report. `follow`: end them. `own_data`: see, take along and erase all that
    is kept about the owner of a mailbox; one that has erased opens nothing more. `alert`: begin, or end, news
    of an area. `receipt` and `objection` are mails that open nothing.
    """

    CONFIRM = "confirm"
    FOLLOW = "follow"
    OWN_DATA = "own_data"
    ALERT = "alert"
    RECEIPT = "receipt"
    OBJECTION = "objection"


VALID_FOR: Mapping[Purpose, timedelta] = {
    Purpose.CONFIRM: timedelta(days=3),
    # Mails are found again, and must be stopped from there, long after they came.
    Purpose.FOLLOW: timedelta(days=365),
    Purpose.OWN_DATA: timedelta(hours=24),
    Purpose.ALERT: timedelta(days=365),
    # Mails without a link of their own.
    Purpose.RECEIPT: timedelta(0),
    Purpose.OBJECTION: timedelta(0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLink:
    """A link in a mail; it belongs to a follower, or to a mailbox."""

    id: int
    purpose: Purpose
    jurisdiction_id: str
    language: str
    email: str | None
    follower_id: int | None
    alert_id: int | None = None
    created_datetime: datetime
    expires_datetime: datetime
