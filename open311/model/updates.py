"""Updates: what is told about a request after it was reported, and FixMyStreet's words (georeport.md 5.8, 5.9)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from open311.base.errors import Invalid, problem
from open311.model.catalogue import Catalogue, DetailedStatus
from open311.model.search import PAGE_SIZE, Span
from open311.model.service_request import Reporter, ServiceRequest, Status

UNCHANGED = "unchanged"
# So many from strangers without a key wait at one report at most.
MOST_CLAIMS = 10
WORDS = {
    Status.OPEN: (
        "open",
        "confirmed",
        "for_triage",
        "investigating",
        "planned",
        "action_scheduled",
        "in_progress",
        "internal_referral",
        "reopen",
    ),
    Status.CLOSED: (
        "closed",
        "fixed",
        "fixed_council",
        "fixed_user",
        "not_responsible",
        "not_councils_responsibility",
        "unable_to_fix",
        "no_further_action",
        "duplicate",
        "cancelled",
    ),
}
KIND_OF_WORD = {word: kind for kind, words in WORDS.items() for word in words}
# Two spellings of one state, as FixMyStreet's database and its messages have them.
SAME_AS = {
    "planned": "action_scheduled",
    "fixed_council": "fixed",
    "fixed_user": "fixed",
    "not_responsible": "not_councils_responsibility",
    "unable_to_fix": "no_further_action",
}
# Words that say no more than GeoReport's own two: a finer state that agrees with one of them stays.
PLAIN = frozenset({"open", "confirmed", "for_triage", "reopen", "closed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update as the public may read it; `detailed_status` is the state after it, a code of the catalogue."""

    update_id: int
    service_request_id: int
    status: Status
    detailed_status: str
    updated_datetime: datetime
    description: str = ""
    media_urls: tuple[str, ...] = ()
    fixmystreet_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSubmission:
    """An update as it was sent. `update_id` is the sender's own, `update_status` a word of FixMyStreet."""

    service_request_id: int
    update_id: str
    update_status: str
    sent_datetime: datetime
    description: str
    media_urls: tuple[str, ...] = ()
    updater: Reporter = field(default_factory=Reporter)


@dataclass(frozen=True, slots=True)
class UpdateCursor:
    updated_datetime: datetime
    update_id: int

    @classmethod
    def after(cls, update: Update) -> "UpdateCursor":
        """The cursor that continues behind `update`."""
        return cls(update.updated_datetime, update.update_id)

    def write(self) -> str:
        """An opaque word for a URL."""
        raw = f"{int(self.updated_datetime.timestamp())}.{self.update_id}"
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, word: str) -> "UpdateCursor":
        """The cursor behind an opaque word; raises `Invalid` for a word we did not write."""
        try:
            raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode("ascii")
            match = re.fullmatch(r"([0-9]{1,11})\.([0-9]{1,18})", raw)
            if match:
                return cls(datetime.fromtimestamp(int(match[1]), UTC), int(match[2]))
        except (ValueError, OverflowError, binascii.Error):
            pass
        raise Invalid(problem("error.cursor"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSearch:
    """A question to the list of updates; `ids` are those of requests."""

    jurisdiction_id: str
    ids: tuple[int, ...] | None = None
    span: Span = field(default_factory=Span)
    skip: int = 0
    page_size: int = PAGE_SIZE
    after: UpdateCursor | None = None


def known_words(catalogue: Catalogue) -> tuple[str, ...]:
    """Every word that may stand for a state."""
    own = (status.update_status for status in catalogue.statuses.values())
    return tuple(dict.fromkeys((*KIND_OF_WORD, UNCHANGED, *own)))


def tidy_word(raw: str) -> str:
    """A word as we keep it: `IN_PROGRESS`, `in progress` and `fixed - council` are all sent."""
    return re.sub(r"[\s_-]+", "_", raw.strip().lower())


def word_of(update: Update, catalogue: Catalogue) -> str:
    """The state after an update; plain `open` or `closed` when the catalogue has forgotten the finer one."""
    status = catalogue.statuses.get(update.detailed_status)
    return status.update_status if status else update.status.value


def moves_to(word: str, request: ServiceRequest, catalogue: Catalogue) -> DetailedStatus | None:
    """The detailed status that a word moves a request to; None when the request stays as it is."""
    word = SAME_AS.get(word, word)
    now = catalogue.statuses.get(request.detailed_status)
    if word == UNCHANGED or (now and now.update_status == word):
        return None
    if word in PLAIN and KIND_OF_WORD[word] == request.status:
        return None
    # A new report that nobody has checked is not where a known one goes back to.
    candidates = [
        status
        for status in catalogue.statuses.values()
        if status.update_status == word and not status.initial
    ]
    if candidates:
        return candidates[0]
    new_status = catalogue.default_status(KIND_OF_WORD.get(word, Status(request.status)))
    return None if new_status.code == request.detailed_status else new_status


def rejected_status(catalogue: Catalogue) -> DetailedStatus:
    """The closed status for a report that the city does not act upon; without one, the nearest there is."""
    closed = (status for status in catalogue.statuses.values() if status.status == Status.CLOSED)
    rejected = (status for status in closed if status.detailed_status == "REJECTED")
    return next(rejected, catalogue.default_status(Status.CLOSED))


def duplicate_status(catalogue: Catalogue) -> DetailedStatus:
    """The closed status for a report of something reported before; without one, the nearest there is."""
    closed = [status for status in catalogue.statuses.values() if status.status == Status.CLOSED]
    exact = [status for status in closed if status.is_for_duplicates]
    rejected = [status for status in closed if status.detailed_status == "REJECTED"]
    return (exact or rejected or [catalogue.default_status(Status.CLOSED)])[0]
