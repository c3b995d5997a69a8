"""Rounds in the field: which reports somebody goes to on a day, and what they say there."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# So many places are a day's work, and fit on a telephone.
MOST_STOPS = 100
NAME_LENGTH = 100
# A round says who was where, so it does not stay.
KEPT_FOR = timedelta(days=30)
# So long a device may come back with what was done without a connection.
ACTIONS_KEPT_FOR = timedelta(days=90)
CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class FieldAct(StrEnum):
    """What is said at a stop; also the state of a stop after it."""

    DONE = "done"
    NOT_FOUND = "not_found"
    NOTE = "note"


class FieldOutcome(StrEnum):
    """What became of it: taken in; taken in although others had changed the case; kept as a note, since it was over."""

    TAKEN = "taken"
    CHANGED = "changed"
    WAS_CLOSED = "was_closed"


OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of a city; `stops` and `settled` count what the actor may see."""

    id: int
    jurisdiction_id: str
    name: str
    day: date
    stops: int = 0
    settled: int = 0

    @property
    def own_name(self) -> str:
        """What somebody called it; nothing where it is called after its day."""
        return "" if self.name == self.day.isoformat() else self.name
