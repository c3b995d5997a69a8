"""A case as a row of a table, for an export: the unit that has it, and no person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from open311.core import Core
from open311.formats.case_tables import Row
from open311.model.catalogue import Catalogue
from open311.storage.desk.lists.case_rows import CaseRow

# The words for each column.
HEAD = (
    "desk.export.number",
    "desk.export.service",
    "desk.export.status",
    "desk.export.visibility",
    "desk.export.stage",
    "desk.export.unit",
    "desk.export.priority",
    "desk.export.received",
    "desk.export.due",
    "desk.export.overdue",
    "desk.export.address",
    "desk.export.area",
    "desk.export.lat",
    "desk.export.long",
    "desk.export.channel",
    "desk.export.duplicate_of",
    "desk.export.description",
)


@dataclass(frozen=True, slots=True)
class CellWriter:
    """Writes cases in the reader's language."""

    language: str
    now: datetime
    time_zone: tzinfo
    catalogues: Mapping[str, Catalogue]

    @classmethod
    def of(cls, core: Core, language: str, time_zone: tzinfo) -> "CellWriter":
        """The writer for somebody who reads this language."""
        catalogues = {
            catalogue.jurisdiction.jurisdiction_id: catalogue for catalogue in core.catalogues.in_force
        }
        return cls(language, core.now(), time_zone, catalogues)

    def __call__(self, row: CaseRow) -> Row:
        """The cells, in the order of `case_tables.COLUMNS`."""
        case = row.case
        catalogue = self.catalogues.get(case.jurisdiction_id)
        status = catalogue.statuses.get(row.detailed_status) if catalogue else None
        return (
            row.number,
            catalogue.service_name(case.service_code, self.language) if catalogue else case.service_code,
            status.label.in_language(self.language) if status else row.status,
            row.visibility,
            case.stage.value,
            case.unit,
            case.priority.name.lower(),
            self._local(case.received_datetime),
            self._local(case.due_datetime),
            int(case.is_overdue(self.now)),
            row.address,
            " ".join(sorted(case.areas)),
            row.lat,
            row.long,
            row.channel,
            row.parent_id,
            row.description,
        )

    def _local(self, moment: datetime | None) -> datetime | None:
        return moment.astimezone(self.time_zone) if moment else None
