"""A case as a work sheet: what somebody outside needs, and nothing of the sender, of notes or of colleagues."""

from collections.abc import Sequence

from open311.adapters.work_sheets import Sheet, StopLine
from open311.http import current
from open311.model.casework.cases import Case
from open311.model.catalogue import Catalogue
from open311.site.view_models import every_answer
from open311.site.words import catalogue_text, day, day_and_time, degrees, words
from open311.staff.seen_case import SeenCase
from open311.storage.desk.lists.case_rows import CaseRow

LONGEST_TEXT, LONGEST_LINE = 4_000, 300


def of_row(row: CaseRow) -> Sheet:
    catalogue = current.core().catalogues.owner(row.case.jurisdiction_id)
    place = degrees(row.lat, row.long) if row.lat is not None and row.long is not None else ""
    facts = _facts(row.case, catalogue, row.detailed_status, row.address, place)
    return _sheet(row.case, catalogue, facts, [row.title or "", row.description], [])


def of_case(seen: SeenCase) -> Sheet:
    """One case as a sheet, with the public answers to its questions."""
    request, case, catalogue = seen.whole.request, seen.whole.case, seen.catalogue
    place = degrees(request.lat, request.long) if request.lat is not None and request.long is not None else ""
    facts = _facts(case, catalogue, request.detailed_status, request.address, place)
    answers = every_answer(catalogue.services.get(request.service_code), request.attributes)
    answer_lines = [f"{question}: {value}" for question, value in answers]
    return _sheet(case, catalogue, facts, [request.title or "", request.description], answer_lines)


def _facts(
    case: Case, catalogue: Catalogue, detailed_status: str, address: str, place: str
) -> list[tuple[str, str]]:
    status = catalogue.statuses.get(detailed_status)
    facts = {
        "desk.export.status": catalogue_text(status.label) if status else detailed_status,
        "desk.export.unit": catalogue.agency_name(case.unit, current.language()) if case.unit else "",
        "desk.export.priority": words(f"desk.priority.{case.priority.name.lower()}"),
        "desk.export.received": day_and_time(case.received_datetime),
        "desk.export.due": day(case.due_datetime) if case.due_datetime else "",
        "desk.export.address": address,
        "desk.export.position": place,
    }
    return [(words(key), value) for key, value in facts.items() if value]


def _sheet(
    case: Case,
    catalogue: Catalogue,
    facts: list[tuple[str, str]],
    texts: Sequence[str],
    answers: Sequence[str],
) -> Sheet:
    service = catalogue.service_name(case.service_code, current.language())
    number = case.service_request_id
    sections = [(words("page.report.description"), [text[:LONGEST_TEXT] for text in texts if text])]
    if answers:
        sections.append((words("desk.export.answers"), [answer[:LONGEST_TEXT] for answer in answers]))
    # Empty, to be written on by hand.
    sections.append((words("desk.export.notes"), []))
    title = f"{service}, {words('page.report.number', number=number)}"
    return Sheet(title, desk_link(number), facts, sections)


def of_stop(row: CaseRow) -> StopLine:
    catalogue = current.core().catalogues.owner(row.case.jurisdiction_id)
    service = catalogue.service_name(row.case.service_code, current.language())
    place = degrees(row.lat, row.long) if row.lat is not None and row.long is not None else ""
    text = (row.title or row.description)[:LONGEST_LINE]
    return StopLine(f"{row.number} · {service}", row.address or place, text, desk_link(row.number))


def desk_link(number: int) -> str:
    """Where a case is worked on; the code on paper leads there."""
    return f"{current.base_url()}/staff/reports/{number}"
