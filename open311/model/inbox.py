"""Mails that came in, and what became of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from open311.model.media import StoredFile

# What somebody writes is cut here; nobody reads more, and nobody is to pay for it.
LONGEST_TEXT = 20_000
LONGEST_SUBJECT = 300
# So far back a mailbox is read the first time, or when its numbers have lost their meaning.
LOOKED_BACK = timedelta(days=30)
# Of what was decided: so long the words are kept, and so long that it was seen, which outlasts what is looked back at.
WORDS_KEPT = timedelta(days=30)
SEEN_KEPT = timedelta(days=90)


class InboxState(StrEnum):
    NEW = "new"
    # It belongs to a report: as an answer, by itself or because somebody said so.
    LINKED = "linked"
    REPORTED = "reported"
    AUTOMATIC = "automatic"
    SPAM = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMail:
    """A mail as staff read it. `rest` is what it quotes; `about_id` the report that it seems to be about.

    `left_out` names what came with it and was not kept; `problem` is the key of a message about what is odd.
    `lat` and `long`: where one of the photos was taken, until somebody has decided.
    """

    id: int
    jurisdiction_id: str
    state: InboxState
    received_datetime: datetime
    from_address: str
    from_name: str
    subject: str
    text: str
    rest: str
    about_id: int | None
    service_request_id: int | None
    left_out: tuple[str, ...]
    problem: str | None
    lat: float | None = None
    long: float | None = None
    photos: tuple[StoredFile, ...] = ()
