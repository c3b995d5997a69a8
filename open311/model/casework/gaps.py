"""Gaps in the words of a template, such as `{number}`, and what fills them."""

import re
from collections.abc import Mapping

from open311.base.errors import Invalid, problem
from open311.base.i18n import long_day
from open311.model.casework.cases import Case
from open311.model.catalogue import Catalogue

# What a text may leave open; filled from the case when it is used.
GAPS = ("number", "service", "address", "status", "unit", "due", "contact", "link", "answer")
GAP = re.compile(r"\{([^{}]*)\}")


def gaps(text: str) -> set[str]:
    return set(GAP.findall(text))


def require_filled(text: str | None) -> None:
    """Raise `Invalid` for words with a gap that was to be filled before anybody reads them."""
    if lacking := gaps(text or "") & set(GAPS):
        raise Invalid(problem("error.letter.gap", gaps=", ".join(f"{{{gap}}}" for gap in sorted(lacking))))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its gaps filled; one that nobody fills stays open, for the eye to see."""
    return GAP.sub(lambda gap: values.get(gap[1], gap[0]), text)


def of_case(case: Case, address: str, status: str, catalogue: Catalogue, language: str) -> dict[str, str]:
    """The values of a case; what it lacks is left out, so that the gap stays to be seen."""
    known, zone = catalogue.statuses.get(status), catalogue.jurisdiction.time_zone
    values = {
        "number": str(case.service_request_id),
        "service": catalogue.service_name(case.service_code, language),
        "address": address,
        "status": known.label.in_language(language) if known else status,
        "unit": catalogue.agency_name(case.unit, language) if case.unit else "",
        "due": long_day(case.due_datetime.astimezone(zone).date(), language) if case.due_datetime else "",
    }
    return {name: value for name, value in values.items() if value}
