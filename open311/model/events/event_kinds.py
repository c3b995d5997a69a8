"""What can happen to a request: every kind of event, and who hears of it. Feeds, webhooks, mails and docs read this."""

from enum import IntEnum, StrEnum
from typing import NamedTuple


class EventKind(StrEnum):
    """What happened; what is stored, and what replicas are told."""

    SUBMITTED = "submitted"
    PUBLISHED = "published"
    STATUS_CHANGED = "status_changed"
    ASSIGNED = "assigned"
    NOTED = "noted"
    UPDATED = "updated"
    UPDATE_HIDDEN = "update_hidden"
    EDITED = "edited"
    RECATEGORISED = "recategorised"
    RELOCATED = "relocated"
    MERGED = "merged"
    SEPARATED = "separated"
    ORIGINAL_CHANGED = "original_changed"
    PHOTO_PUBLISHED = "photo_published"
    PHOTO_HIDDEN = "photo_hidden"
    PHOTO_FETCHED = "photo_fetched"
    PHOTO_REDACTED = "photo_redacted"
    PHOTO_DESCRIBED = "photo_described"
    WITHHELD = "withheld"
    HIDDEN = "hidden"
    TAKEN_BACK = "taken_back"
    AFFECTED = "affected"
    ERASED = "erased"

    ACCEPTED = "accepted"
    CLAIMED = "claimed"
    FORWARDED = "forwarded"
    RELEASED = "released"
    PERSON_FORGOTTEN = "person_forgotten"
    CHECKED = "checked"
    ROUTED = "routed"
    PERSON_CHANGED = "person_changed"
    ACCEPTED_WORK = "accepted_work"
    DECLINED = "declined"
    JOINED = "joined"
    CONTACTED = "contacted"
    ORIGINAL_DESTROYED = "original_destroyed"
    ANSWERED = "answered"
    ASKED = "asked"
    REPLY_RECEIVED = "reply_received"
    UNANSWERED = "unanswered"
    ORDER_SENT = "order_sent"
    ORDER_ACCEPTED = "order_accepted"
    ORDER_DECLINED = "order_declined"
    ORDER_DONE = "order_done"
    ORDER_ASKED = "order_asked"
    ORDER_ANSWERED = "order_answered"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_RETURNED = "order_returned"
    ORDER_EXPIRED = "order_expired"
    ORDER_REVOKED = "order_revoked"
    FIELD_REPORTED = "field_reported"
    DEFERRED = "deferred"
    RESUMED = "resumed"
    PRIORITY_CHANGED = "priority_changed"
    DEADLINE_CHANGED = "deadline_changed"
    FLAGGED = "flagged"
    RATED = "rated"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    OBJECTED = "objected"
    OBJECTION_DECIDED = "objection_decided"
    WITHDRAWN = "withdrawn"
    NOTE_ADDED = "note_added"
    NOTE_CHANGED = "note_changed"
    NOTE_REMOVED = "note_removed"


class Audience(IntEnum):
    """Who hears of it at most; how far they do hangs on who may see the request."""

    STAFF = 0
    # Replicas and webhooks too: what everybody sees has changed, although no line of the history says so.
    FEED = 1
    # Everybody reads the line in the history of the request.
    HISTORY = 2


class KindRule(NamedTuple):
    """Who hears of events of a kind, whether they are updates of their request, and whether followers get a mail."""

    audience: Audience = Audience.STAFF
    is_update: bool = False
    is_mailed: bool = False
    meaning: str = ""


_UPDATE = (Audience.HISTORY, True, True)
RULES = dict.fromkeys(EventKind, KindRule()) | {
    EventKind.SUBMITTED: KindRule(Audience.HISTORY, meaning="a report came in, and is public at once"),
    EventKind.PUBLISHED: KindRule(*_UPDATE, "a report that was checked is public"),
    EventKind.STATUS_CHANGED: KindRule(*_UPDATE, "it has another status"),
    EventKind.ASSIGNED: KindRule(Audience.HISTORY, meaning="another agency is responsible"),
    EventKind.NOTED: KindRule(*_UPDATE, "staff said something without a change of status"),
    EventKind.UPDATED: KindRule(*_UPDATE, "somebody outside said something, and it was checked"),
    EventKind.UPDATE_HIDDEN: KindRule(Audience.FEED, meaning="such words were taken back"),
    EventKind.EDITED: KindRule(Audience.HISTORY, meaning="it was edited, by staff or at its source"),
    EventKind.RECATEGORISED: KindRule(Audience.FEED, meaning="it belongs to another service"),
    EventKind.RELOCATED: KindRule(Audience.FEED, meaning="its place was corrected"),
    EventKind.MERGED: KindRule(*_UPDATE, "it is closed as a duplicate"),
    EventKind.SEPARATED: KindRule(Audience.FEED, meaning="it is no duplicate after all"),
    EventKind.ORIGINAL_CHANGED: KindRule(
        Audience.FEED, meaning="the report that it repeats is no longer shown, or is shown again"
    ),
    EventKind.PHOTO_PUBLISHED: KindRule(Audience.FEED, meaning="one more photo is public"),
    EventKind.PHOTO_HIDDEN: KindRule(Audience.FEED, meaning="a photo was taken back"),
    EventKind.PHOTO_FETCHED: KindRule(Audience.FEED, meaning="a photo elsewhere is now shown from here"),
    EventKind.PHOTO_REDACTED: KindRule(Audience.FEED, meaning="something on a photo was blackened"),
    EventKind.PHOTO_DESCRIBED: KindRule(Audience.FEED, meaning="a photo was described in words"),
    EventKind.WITHHELD: KindRule(
        Audience.FEED, is_mailed=True, meaning="it was taken back, and is still worked on"
    ),
    EventKind.HIDDEN: KindRule(Audience.FEED, is_mailed=True, meaning="it was taken back"),
    EventKind.TAKEN_BACK: KindRule(Audience.FEED, meaning="staff undid what they had just done"),
    EventKind.AFFECTED: KindRule(Audience.FEED, meaning="it affects one more person"),
    EventKind.ERASED: KindRule(Audience.FEED, meaning="it was deleted"),
}
# With which a report comes to be there, for everybody or for those who check it.
APPEARANCES = (EventKind.SUBMITTED, EventKind.PUBLISHED)
# What replicas and webhooks can be told of, in the order of the documents.
IN_FEED = tuple(kind for kind, rule in RULES.items() if rule.audience >= Audience.FEED)


def check(kind: str, *, public: bool, in_feed: bool, is_update: bool) -> EventKind:
    """The kind of an event that is about to be written; raises `ValueError` for what its rule does not allow."""
    event_kind = EventKind(kind)
    rule = RULES[event_kind]
    audience = Audience.HISTORY if public else Audience.FEED if in_feed else Audience.STAFF
    if audience > rule.audience or (is_update and not rule.is_update):
        raise ValueError(
            f"events of the kind {event_kind} are no {'update' if is_update else audience.name.lower()}"
        )
    return event_kind
