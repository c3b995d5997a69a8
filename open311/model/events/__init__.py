"""The stream of events: what happened, to which request, by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest


def data_of(after: ServiceRequest, changes: Mapping[str, Any], *, is_update: bool) -> dict[str, Any]:
    """What the line of a change says by itself: an update names the status, and a new note is in any."""
    data: dict[str, Any] = {}
    if is_update:
        data = {"status": after.status, "detailed_status": after.detailed_status}
    if "status_notes" in changes:
        data["status_notes"] = changes["status_notes"]
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the stream. `public` says whether it is part of the history that everybody may read.

    `in_feed`: replicas are told of it. `is_update`: it is one of the updates of its request, under its own id or that
    of the claim it answers, `claim_id`.
    """

    id: int
    service_request_id: int
    kind: EventKind
    public: bool
    datetime: datetime
    actor: str
    data: Mapping[str, Any]
    in_feed: bool = False
    is_update: bool = False
    claim_id: int | None = None

    @property
    def update_id(self) -> int:
        """The id under which the public knows this update."""
        return self.claim_id or self.id


def is_decided(history: Iterable[Event], claim_id: int) -> bool:
    """Whether staff have decided about a claim: whatever they decide names it."""
    return any(event.claim_id == claim_id for event in history)
