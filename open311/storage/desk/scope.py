"""What somebody at the desk may see: no query of the desk is asked without it."""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select, true

from open311.model.actor import Right
from open311.model.rights import Staff
from open311.storage import scopes
from open311.storage.scopes import CaseColumns
from open311.storage.tables import cases, service_requests

_c = cases.c


@dataclass(frozen=True, slots=True)
class Scope:
    """The jurisdictions of a person, and which of the cases there, as a condition over the columns of `cases`."""

    jurisdictions: tuple[str, ...]
    visible: ColumnElement[bool] = field(default_factory=true)

    def here(self) -> ColumnElement[bool]:
        """The condition that a case must meet."""
        return cases.c.jurisdiction_id.in_(self.jurisdictions) & self.visible


def scope_of(staff: Staff, right: Right) -> Scope:
    """What somebody has a right to; the condition is the twin of `model.rights.may`."""
    # Under a name of its own, since queries join the table themselves, too.
    own = service_requests.alias("seen").c
    visibility = (
        select(own.visibility).where(own.id == _c.service_request_id).correlate(cases).scalar_subquery()
    )
    columns = CaseColumns(
        _c.jurisdiction_id, _c.service_code, visibility, _c.unit, _c.former_units, _c.areas, _c.assignee_id
    )
    return Scope(tuple(sorted(staff.jurisdictions())), scopes.may(staff, right, columns))
