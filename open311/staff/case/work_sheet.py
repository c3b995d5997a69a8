"""Cases as work sheets, for whoever reads the page."""

from open311.actions.exports.sheet_writer import SheetWriter
from open311.adapters.work_sheets import Sheet
from open311.http import current
from open311.staff.seen_case import SeenCase


def writer() -> SheetWriter:
    """The writer for the reader."""
    core = current.core()
    return SheetWriter(core.catalogues, current.language(), current.time_zone(), current.base_url())


def of_case(seen: SeenCase) -> Sheet:
    return writer().of_case(seen.whole.case, seen.whole.request)
