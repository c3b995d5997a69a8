"""The stream of events: what happened, to which request, by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the stream. `public` says whether it is part of the history that everybody may read."""

    id: int
    service_request_id: int
    kind: str
    public: bool
    datetime: datetime
    actor: str
    data: Mapping[str, Any]
