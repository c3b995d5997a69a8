"""What somebody at the desk may see: no query of the desk is asked without it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column, true

from open311.model.access.actor import Right
from open311.model.staff.rights import Staff
from open311.storage.desk import rights
from open311.storage.desk.rights import CaseColumns
from open311.storage.tables import cases, service_requests

_c, _r = cases.c, service_requests.c
COLUMNS = CaseColumns(
    jurisdiction_id=_c.jurisdiction_id,
    service_code=_c.service_code,
    visibility=_r.visibility,
    unit=_c.unit,
    former_units=_c.former_units,
    areas=_c.areas,
    assignee_id=_c.assignee_id,
    taken_in_by=_c.taken_in_by,
    received_datetime=_c.received_datetime,
)
# Letter for letter the conditions of partial indexes: the planner takes those only for a constant, no parameter.
NOT_DONE: ColumnElement[bool] = literal_column("cases.stage <> 'done'")
AWAITING: ColumnElement[bool] = literal_column("cases.awaits <> '{}'")


@dataclass(frozen=True, slots=True)
class Scope:
    """The jurisdictions of a person, and which of the cases there; None means all of them.

    The condition is one over `cases` joined with `service_requests`.
    """

    jurisdictions: tuple[str, ...]
    visible: ColumnElement[bool] | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """What a case must meet within the jurisdictions."""
        return true() if self.visible is None else self.visible

    @property
    def here(self) -> ColumnElement[bool]:
        """What a case must meet."""
        return and_(_c.jurisdiction_id.in_(self.jurisdictions), self.condition)

    def join(self, query: Select[Any], *, always: bool = False) -> Select[Any]:
        """A query of cases with their requests, where the condition or its caller needs those."""
        if self.visible is None and not always:
            return query
        return query.join(service_requests, _r.id == _c.service_request_id)


def intake_scope(staff: Staff, jurisdiction_id: str) -> Scope:
    """What is shown beside a report that is being taken in: of what is not published, its kind and age at least."""
    return Scope((jurisdiction_id,), rights.granted(staff, Right.INTAKE, COLUMNS))


def erasure_scope(staff: Staff) -> Scope:
    """What somebody may erase, whether or not they may read it."""
    return Scope(staff.jurisdictions(Right.ERASE), rights.granted(staff, Right.ERASE, COLUMNS))


def scope_of(staff: Staff, right: Right = Right.SEE_REPORTS) -> Scope:
    """What somebody has a right to; the condition is the twin of `model.rights.may`."""
    return Scope(staff.jurisdictions(right), rights.may(staff, right, COLUMNS))
