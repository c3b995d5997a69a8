"""What staff are told of by mail: that a case waits for them, or for others for too long."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from open311.model.casework.cases import Case, Flag, Stage
from open311.model.desk.deadline_steps import Deadline


class NoticeKind(StrEnum):
    REMINDED = "reminded"
    ESCALATED = "escalated"
    # Nobody wants it: a second unit has declined.
    DECLINED = "declined"


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
class Notice:
    """That somebody is to be told of a case, and of which of its deadlines."""

    service_request_id: int
    kind: NoticeKind
    deadline: Deadline | None = None

    def is_about(self, case: Case) -> bool:
        """Whether it is still so; what was seen to meanwhile needs no mail."""
        if self.deadline is None:
            return Flag.DECLINED in case.flags and case.stage is not Stage.DONE
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
