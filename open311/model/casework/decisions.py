"""What somebody who checks reports decides about one of them, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from open311.model.casework.cases import Priority
from open311.model.photo_boxes import Box
from open311.model.service_request import Location


class Outcome(StrEnum):
    """What becomes of a report that was checked."""

    PUBLISH = "publish"
    WITHHOLD = "withhold"
    DUPLICATE = "duplicate"
    REJECT = "reject"
    ASK = "ask"
    SPAM = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoEdit:
    """What is done with one photo: who may see it, what is made black, what it shows in words; None changes nothing.

    `boxes` are all that shall be there from whoever may see the original, and further ones from everybody else.
    `destroy_original`: what was sent is not kept until some time after closing, but goes at once.
    """

    media_id: int
    public: bool | None = None
    boxes: Sequence[Box] | None = None
    alt: str | None = None
    destroy_original: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything on the page of a checker; what is left out stays as it is.

    Without an `outcome` the rest is only saved, which also those may who correct reports and do not decide about
    them. `reason` is a code of the catalogue. `message` goes to the reporter alone; it is the question when the
    outcome is to ask. Without `mail` nobody is written to about the outcome.
    """

    outcome: Outcome | None = None
    reason: str | None = None
    parent_id: int | None = None
    reopen_parent: bool = False
    status: str | None = None
    status_notes: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    photos: Sequence[PhotoEdit] = ()
    location: Location | None = None
    address: str | None = None
    outside: bool = False
    service_code: str | None = None
    unit: str | None = None
    priority: Priority | None = None
    message: str | None = None
    mail: bool = True
