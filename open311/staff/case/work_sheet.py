"""A case as a work sheet, for whoever reads the page."""

from open311.actions.exports.sheet_writer import SheetWriter
from open311.adapters.work_sheets import Sheet
from open311.http import current
from open311.site.view_models import every_answer
from open311.staff.seen_case import SeenCase


def writer() -> SheetWriter:
    """The writer for the reader."""
    return SheetWriter(current.core().catalogues, current.language(), current.time_zone(), current.base_url())


def of_case(seen: SeenCase) -> Sheet:
    """One case as a sheet, with the answers to its questions."""
    request = seen.whole.request
    answers = every_answer(seen.catalogue.services.get(request.service_code), request.attributes)
    lines = [f"{question}: {value}" for question, value in answers]
    return writer().of_case(seen.whole.case, request, lines)
