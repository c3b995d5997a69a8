"""A case as a work sheet: what somebody outside needs, and nothing of the sender, of notes or of colleagues."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from open311.adapters import work_sheets
from open311.adapters.work_sheets import Sheet, StopLine
from open311.base.datetimes import local
from open311.base.i18n import degrees, long_day, long_minute, translate
from open311.core import Catalogues
from open311.formats.answer_words import every_answer
from open311.model.casework.cases import Case
from open311.model.catalogue import Catalogue
from open311.model.service_request import ServiceRequest
from open311.storage.desk.lists.case_rows import CaseRow

LONGEST_TEXT, LONGEST_LINE = 4_000, 300


def document(title: str, language: str, sheets: Sequence[Sheet]) -> bytes:
    """Sheets as a file to print."""
    head = (translate("desk.export.what", language), translate("desk.export.value", language))
    return work_sheets.written(title, language, head, sheets)


@dataclass(frozen=True, slots=True)
class SheetWriter:
    """Writes cases in the reader's language; `address` is where the codes on paper lead."""

    catalogues: Catalogues
    language: str
    time_zone: tzinfo
    address: str

    def of_row(self, row: CaseRow) -> Sheet:
        """A case of a list, whose row is whole."""
        return self.of_case(row.case, row)

    def of_case(self, case: Case, shown: CaseRow | ServiceRequest) -> Sheet:
        """A case with what the public sees of it, the answers to its questions too."""
        number, catalogue = case.service_request_id, self._owner(case)
        service = catalogue.service_name(case.service_code, self.language)
        texts = [text[:LONGEST_TEXT] for text in (shown.title, shown.description) if text]
        sections = [(self._words("page.report.description"), texts)]
        asked = catalogue.services.get(case.service_code)
        answers = every_answer(asked, shown.attributes, self.language, self.time_zone)
        if answers:
            lines = [f"{question}: {answer}"[:LONGEST_TEXT] for question, answer in answers]
            sections.append((self._words("desk.export.answers"), lines))
        # Empty, to be written on by hand.
        sections.append((self._words("desk.export.notes"), []))
        title = f"{service}, {translate('page.report.number', self.language, number=number)}"
        return Sheet(title, self._link(number), self._facts(case, shown), sections)

    def of_stop(self, row: CaseRow) -> StopLine:
        """A stop of a round as a line of its list."""
        service = self._owner(row.case).service_name(row.case.service_code, self.language)
        text = (row.title or row.description)[:LONGEST_LINE]
        place = row.address or self._position(row)
        return StopLine(f"{row.number} · {service}", place, text, self._link(row.number))

    def _facts(self, case: Case, shown: CaseRow | ServiceRequest) -> list[tuple[str, str]]:
        catalogue = self._owner(case)
        status = catalogue.statuses.get(shown.detailed_status)
        facts = {
            "desk.export.status": status.label.in_language(self.language)
            if status
            else shown.detailed_status,
            "desk.export.unit": catalogue.agency_name(case.unit, self.language) if case.unit else "",
            "desk.export.priority": self._words(f"desk.priority.{case.priority.name.lower()}"),
            "desk.export.received": long_minute(self._local(case.received_datetime), self.language),
            "desk.export.due": self._day(case.due_datetime),
            "desk.export.address": shown.address,
            "desk.export.position": self._position(shown),
        }
        return [(self._words(key), value) for key, value in facts.items() if value]

    def _words(self, key: str) -> str:
        return translate(key, self.language)

    def _owner(self, case: Case) -> Catalogue:
        return self.catalogues.owner(case.jurisdiction_id)

    def _local(self, moment: datetime) -> datetime:
        return local(moment, self.time_zone)

    def _day(self, moment: datetime | None) -> str:
        return long_day(self._local(moment), self.language) if moment else ""

    def _position(self, shown: CaseRow | ServiceRequest) -> str:
        if shown.lat is None or shown.long is None:
            return ""
        return degrees(shown.lat, shown.long, self.language)

    def _link(self, number: int) -> str:
        """Where a case is worked on; the code on paper leads there."""
        return f"{self.address}/staff/reports/{number}"
