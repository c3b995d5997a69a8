"""What people, and staff about people, wrote into events and no public door shows: all that privacy forgets of them.

What is published of it is in an event of its own.
"""

from enum import StrEnum
from typing import NamedTuple

from open311.model.events.event_kinds import EventKind


class Author(StrEnum):
    """Whose erasure takes a text along before the term of its report is over."""

    REPORTER = "reporter"
    # The sender of this event, or of the one that it answers.
    SENDER = "sender"


class PersonalTexts(NamedTuple):
    """Keys in the data of events of some kinds."""

    author: Author
    kinds: tuple[EventKind, ...]
    keys: tuple[str, ...]


SENT = ("status_notes", "media_urls", "photos", "text")
PERSONAL_TEXTS = (
    PersonalTexts(Author.SENDER, (EventKind.CLAIMED, EventKind.OBJECTED), SENT),
    PersonalTexts(Author.SENDER, (EventKind.OBJECTION_DECIDED,), ("words",)),
    PersonalTexts(
        Author.REPORTER,
        (
            EventKind.REPLY_RECEIVED,
            EventKind.ANSWERED,
            EventKind.ASKED,
            EventKind.RATED,
            EventKind.FIELD_REPORTED,
            *(kind for kind in EventKind if kind.startswith("order_")),
        ),
        SENT,
    ),
    PersonalTexts(
        Author.REPORTER,
        (
            EventKind.ASSIGNED,
            EventKind.DECLINED,
            EventKind.DEADLINE_CHANGED,
            EventKind.HIDDEN,
            EventKind.WITHHELD,
        ),
        ("words", "reason"),
    ),
)
