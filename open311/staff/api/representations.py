"""Cases as the interface of the desk hands them out: plain values by the names of `schemas`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from open311.http import current
from open311.model.casework.cases import Case
from open311.staff import actor_names
from open311.staff.seen_case import SeenCase
from open311.storage.desk.case.case_page import WholeCase
from open311.storage.desk.lists.case_rows import CaseRow

OF_CASE = (
    "service_request_id",
    "jurisdiction_id",
    "revision",
    "service_code",
    "stage",
    "unit",
    "areas",
    "received_datetime",
    "touched_datetime",
    "due_datetime",
    "resume_date",
)
# Fields that a row of the list and a report have by the same names.
OF_REPORT = (
    "status",
    "detailed_status",
    "visibility",
    "title",
    "description",
    "address",
    "channel",
    "lat",
    "long",
    "parent_id",
)
MORE_OF_REPORT = ("zipcode", "service_object_id", "status_notes", "attributes")
MORE_OF_CASE = ("former_units", "check_by", "accept_by", "accepted_datetime", "paused_since")


def rows(cases: Iterable[CaseRow]) -> list[dict[str, Any]]:
    shown = list(cases)
    names = actor_names.of_actors(_assignee(row.case) for row in shown if row.case.assignee_id)
    now = current.core().now()
    return [_case(row.case, now, names) | _values(row, OF_REPORT) for row in shown]


def whole(seen: SeenCase) -> dict[str, Any]:
    """All of one case but who sent it."""
    case, report = seen.whole.case, seen.whole.request
    names = actor_names.of_actors([_assignee(case)] if case.assignee_id else [])
    return (
        _case(case, current.core().now(), names)
        | _values(report, OF_REPORT + MORE_OF_REPORT)
        | _values(case, MORE_OF_CASE)
        | {
            "duplicates": [duplicate.service_request_id for duplicate in seen.whole.duplicates],
            "photos": _photos(seen.whole),
            "may": sorted(seen.actor.rights),
        }
    )


def _case(case: Case, now: datetime, names: Mapping[str, str]) -> dict[str, Any]:
    return _values(case, OF_CASE) | {
        "priority": case.priority.word,
        "assignee": names.get(_assignee(case)) if case.assignee_id else None,
        "flags": sorted(case.flags),
        "awaits": sorted(case.awaits),
        "is_overdue": case.is_overdue(now),
    }


def _assignee(case: Case) -> str:
    return f"staff:{case.assignee_id}"


def _values(thing: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _photos(case: WholeCase) -> list[dict[str, Any]]:
    return [_values(photo, ("id", "key", "visibility", "alt", "update_id")) for photo in case.photos]
