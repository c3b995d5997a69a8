"""What somebody at the desk may see: no query of the desk is asked without it."""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, true

from open311.storage.tables import cases


@dataclass(frozen=True, slots=True)
class Scope:
    """The jurisdictions of a person, and which of the cases there, as a condition over the columns of `cases`."""

    jurisdictions: tuple[str, ...]
    visible: ColumnElement[bool] = field(default_factory=true)

    def here(self) -> ColumnElement[bool]:
        """The condition that a case must meet."""
        return cases.c.jurisdiction_id.in_(self.jurisdictions) & self.visible
