"""Who is to hear of an event: everybody who follows the report, the reporter, or nobody."""

from enum import Enum

from open311.model.access.visibility import is_everybodys
from open311.model.events import Event, event_kinds
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest, Status, Visibility
from open311.notifications.model.followers import Follower


class MailKind(Enum):
    """What a mail says: the messages of its subject and of its text."""

    STATUS = ("mail.status.subject", "mail.status.text")
    NOTE = ("mail.note.subject", "mail.status.text")
    PRIVATE_STATUS = ("mail.status.subject", "mail.private_status.text")
    MERGED = ("mail.status.subject", "mail.merged.text")
    HIDDEN = ("mail.hidden.subject", "mail.hidden.text")
    WITHHELD = ("mail.withheld.subject", "mail.withheld.text")
    ANSWERED = ("mail.answered.subject", "mail.answered.text")
    ASKED = ("mail.asked.subject", "mail.asked.text")


# Taken from the public: after this only who sent the report hears of it.
TAKEN_AWAY = (EventKind.HIDDEN, EventKind.WITHHELD)


# Something was said, and the status is as it was.
WORDS_ALONE = (EventKind.NOTED, EventKind.UPDATED)


def concerns_anybody(event: Event) -> bool:
    """Whether mails may be sent about an event at all."""
    silenced = event.data.get("quiet") or event.data.get("taken_back")
    is_news = event.is_update or event.kind in TAKEN_AWAY
    return event_kinds.RULES[event.kind].is_mailed and is_news and not silenced


def asks_for_rating(follower: Follower, event: Event) -> bool:
    """Whether the reporter is asked how it ended: in the mail that tells them of the end."""
    closes = event.kind == EventKind.STATUS_CHANGED and event.data.get("status") == Status.CLOSED
    return follower.is_reporter and closes


def kind_for(follower: Follower, event: Event, request: ServiceRequest) -> MailKind | None:
    """What a follower is to read about an event; None for nothing.

    What is not public, or is no longer, is told to the reporter, and to others no more than that.
    """
    if not concerns_anybody(event):
        return None
    if event.kind in TAKEN_AWAY:
        if is_everybodys(request):
            return None
        told_all = event.kind == EventKind.WITHHELD and follower.is_reporter
        return MailKind.WITHHELD if told_all else MailKind.HIDDEN
    public = event.public and is_everybodys(request)
    if not (public or follower.is_reporter):
        return None
    # Of what was taken away altogether, only how it ends.
    if request.visibility == Visibility.HIDDEN and event.kind != EventKind.STATUS_CHANGED:
        return None
    if event.kind == EventKind.MERGED:
        return MailKind.MERGED
    if public and event.kind in WORDS_ALONE:
        return MailKind.NOTE
    return status_kind(request, public=public)


def status_kind(request: ServiceRequest, *, public: bool = True) -> MailKind:
    """The mail that names the status alone."""
    return MailKind.STATUS if public and is_everybodys(request) else MailKind.PRIVATE_STATUS
