"""What staff are told of by mail: that a case has come to them, waits for them, or for others for too long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from open311.model.casework.cases import BACK_FLAGS, Case, Flag, Stage
from open311.model.desk.deadline_steps import Deadline


class NoticeKind(StrEnum):
    REMINDED = "reminded"
    ESCALATED = "escalated"
    # Nobody wants it: a second unit has declined.
    DECLINED = "declined"
    # It has come to those who check, or to a unit; or back to the unit that had closed it.
    TO_CHECK = "to_check"
    GIVEN = "given"
    REOPENED = "reopened"
    # To a person.
    ASSIGNED = "assigned"
    # A contractor has done it, or has to be answered.
    RETURNED = "returned"
    # A note names them.
    MENTIONED = "mentioned"


# In which stages a deadline runs.
RUNS_IN = {
    Deadline.CHECK: (Stage.CHECK,),
    Deadline.ACCEPT: (Stage.ACCEPT,),
    Deadline.WORK: (Stage.ACCEPT, Stage.WORK, Stage.OUTSIDE),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, or a unit of a city that has a mailbox."""

    account_id: int | None = None
    jurisdiction_id: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a mail is: the units they belong to, and the numbers of the cases whose notes they have not read."""

    units: Collection[str]
    account_id: int | None = None
    named_in: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """That somebody is to be told of a case, and of which of its deadlines."""

    service_request_id: int
    kind: NoticeKind
    deadline: Deadline | None = None

    def is_about(self, case: Case, reader: Reader) -> bool:
        """Whether it is still so; what was seen to or taken back meanwhile needs no mail."""
        is_open = case.stage is not Stage.DONE
        match self.kind:
            case NoticeKind.MENTIONED:
                return case.service_request_id in reader.named_in
            case NoticeKind.ASSIGNED:
                return is_open and case.assignee_id == reader.account_id
            case NoticeKind.RETURNED:
                return is_open and not BACK_FLAGS.isdisjoint(case.flags)
            case NoticeKind.GIVEN | NoticeKind.REOPENED:
                return is_open and case.stage is not Stage.CHECK and case.unit in reader.units
            case NoticeKind.TO_CHECK:
                return case.stage is Stage.CHECK
            case NoticeKind.DECLINED:
                return is_open and Flag.DECLINED in case.flags
        if self.deadline is None:
            return False
        return case.stage in RUNS_IN[self.deadline] and self.moment(case) is not None

    def moment(self, case: Case) -> datetime | None:
        """The deadline that it is about."""
        return moment_of(case, self.deadline) if self.deadline and case.paused_since is None else None


def moment_of(case: Case, deadline: Deadline) -> datetime | None:
    """Until when something of a case is to be done."""
    moments = {
        Deadline.CHECK: case.check_by,
        Deadline.ACCEPT: case.accept_by,
        Deadline.WORK: case.due_datetime,
    }
    return moments[deadline]


def arrival_of(before: Case | None, after: Case) -> NoticeKind | None:
    """How a case came to those who have to do something now; None when it was theirs before, or is nobody's.

    `before` is None for a new report.
    """
    was_open = before is not None and before.stage is not Stage.DONE
    if after.stage is Stage.DONE:
        return None
    if after.stage is Stage.CHECK:
        was_there = before is not None and before.stage is Stage.CHECK
        return None if was_there else NoticeKind.TO_CHECK
    if after.unit is None:
        return None
    if before is not None and before.unit == after.unit and before.stage is not Stage.CHECK:
        return None if was_open else NoticeKind.REOPENED
    return NoticeKind.GIVEN


def has_returned(before: Case | None, after: Case) -> bool:
    """Whether a contractor has just given a case back."""
    flags_before = before.flags if before else frozenset()
    return after.stage is not Stage.DONE and not BACK_FLAGS.isdisjoint(after.flags - flags_before)
