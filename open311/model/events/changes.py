"""The change feed: what replicas are told, and the cursor that says how far one has read."""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from open311.base.errors import Invalid, problem
from open311.model.service_request import ServiceRequest

LIMIT = 1000
_FORM = struct.Struct(">8sBIQQ")


class Gone(StrEnum):
    """Why a request is not where it was."""

    HIDDEN = "hidden"
    ERASED = "erased"
    MERGED = "merged"


class Part(IntEnum):
    """A reader first copies what there is, then follows what happens."""

    COPY = 1
    FEED = 2


@dataclass(frozen=True, slots=True)
class Source:
    """One jurisdiction in one database: what a cursor belongs to.

    `timeline` counts the histories of the database: a failover or a recovery begins another. `horizon` is the oldest
    transaction that may still write, `newest` the first that has not begun.
    """

    database: str
    jurisdiction_id: str
    timeline: int
    horizon: int
    newest: int

    @property
    def is_settled(self) -> bool:
        """Whether no transaction is open that events which have happened already must wait for."""
        return self.horizon == self.newest

    @property
    def tag(self) -> bytes:
        """Eight bytes that tell this source from others."""
        return hashlib.sha256(f"{self.database}\n{self.jurisdiction_id}".encode()).digest()[:8]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come.

    In the feed: behind the event `number` of transaction `xid`. In the copy: behind the request `number`, and `xid`
    is where the feed will be taken up, found before the copy began.
    """

    part: Part
    xid: int
    number: int

    @classmethod
    def beginning(cls, source: Source) -> "Position":
        """Where a first copy begins."""
        # Not `newest`: transactions that were open then write events below it, after the copy has passed their
        # requests.
        return cls(Part.COPY, source.horizon, 0)

    @property
    def feed(self) -> "Position":
        """Where the feed is taken up when the copy has come to its end."""
        return Position(Part.FEED, self.xid, 0)

    def write(self, source: Source) -> str:
        """An opaque word for a URL."""
        packed = _FORM.pack(source.tag, self.part, source.timeline, self.xid, self.number)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def read(cls, word: str, source: Source) -> tuple["Position", int]:
        """The position behind a word, and its timeline; raises `Invalid` for another source, and for its future."""
        try:
            tag, part, timeline, xid, number = _FORM.unpack(
                base64.b64decode(word + "=" * (-len(word) % 4), b"-_", validate=True)
            )
            position = cls(Part(part), xid, number)
        except (ValueError, struct.error, binascii.Error):
            raise Invalid(problem("error.changes.cursor")) from None
        # A cursor of another database would skip what happened here, in silence.
        if tag != source.tag or xid > source.newest or number >= 2**63:
            raise Invalid(problem("error.changes.cursor"))
        return position, timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry: what happened, and the request as it is now; None when the public may not see it any more."""

    kind: str
    datetime: datetime
    service_request_id: int
    reason: Gone | None = None
    request: ServiceRequest | None = None


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A part of the feed. `more` says that reading on at once is worthwhile."""

    changes: tuple[Change, ...]
    end: Position
    more: bool
