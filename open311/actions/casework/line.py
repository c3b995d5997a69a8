"""A line of the history that an act is going to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from open311.model.events.event_kinds import EventKind
from open311.model.task_names import TaskName


@dataclass(frozen=True, slots=True)
class Line:
    """What the stream will be told; `staff_only` to those who may see the report."""

    kind: EventKind
    data: Mapping[str, Any]
    is_update: bool = False
    staff_only: bool = False
    in_feed: bool = False
    letter: TaskName | None = None


def without_blanks(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
