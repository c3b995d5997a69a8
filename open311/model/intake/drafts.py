"""A report that somebody is writing in the public form, before it is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from open311.model.media import StoredFile

# An unfinished report is found again for this long.
KEPT_FOR = timedelta(hours=24)
# And no longer than this, however often it is touched.
KEPT_AT_MOST = timedelta(days=7)
# What is typed into a draft, all of it together, as JSON.
DRAFT_BYTES = 100 * 1024
# Of photos in drafts that one network has not sent yet.
PHOTO_BYTES_PER_NETWORK = 256 * 1024 * 1024
# Somebody who begins again, and again, is no flood yet.
DRAFTS_PER_REPORT = 4
# At least 24 random bytes, in base64 for addresses.
WORD = re.compile(r"[A-Za-z0-9_-]{32,64}")


@dataclass(frozen=True, slots=True)
class DraftPhoto:
    id: int
    kept: StoredFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody has typed so far, as they typed it, right or wrong.

    `token` is known to its writer alone. `secret` never leaves the server. `service_request_id` is set once it was
    sent, and `state` then says no more than how.
    """

    token: str
    jurisdiction_id: str
    secret: str
    state: Mapping[str, Any]
    photos: tuple[DraftPhoto, ...]
    service_request_id: int | None
    created_datetime: datetime

    @property
    def is_sent(self) -> bool:
        """Whether it has become a report, or has joined one."""
        return self.service_request_id is not None

    def text(self, name: str) -> str:
        return str(self.state.get(name) or "")

    @property
    def answers(self) -> dict[str, list[str]]:
        return dict(self.state.get("answers") or {})


def is_draft_token(text: str) -> bool:
    """Whether this can be such a name: a device that writes without a connection makes its own."""
    return WORD.fullmatch(text) is not None
