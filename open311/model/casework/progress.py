"""How staff move a report on: its status, and what is told of it to whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from open311.model.events import Event
from open311.model.events.event_kinds import EventKind
from open311.model.media import Media, MediaVisibility

# What staff say or report of a case; photos of others go through a check, or come with an order.
TOLD_BY_STAFF = (EventKind.FIELD_REPORTED, EventKind.STATUS_CHANGED, EventKind.NOTE_ADDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A status with public words, a letter to the reporter alone, and photos; without `mail` nobody is written to.

    With `needs_words` nobody closes the report without public words; staff never do.
    `photos` are new ones, which everybody sees if they are `shown`; `published` are some that staff took before.
    """

    status: str
    status_notes: str | None = None
    needs_words: bool = False
    message: str | None = None
    mail: bool = True
    photos: Sequence[IO[bytes]] = ()
    shown: bool = False
    published: Sequence[int] = ()


def publishable(photos: Iterable[Media], history: Iterable[Event]) -> list[Media]:
    """Photos that staff have taken of a case and that nobody outside sees yet."""
    theirs = {event.id for event in history if event.kind in TOLD_BY_STAFF}
    return [
        photo
        for photo in photos
        if photo.update_id in theirs and photo.visibility is MediaVisibility.INTERNAL
    ]
