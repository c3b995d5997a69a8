"""Pages in process: what they say, not how they look; `tests/browser` looks."""

from dataclasses import replace

from open311.model.catalogue import Catalogue
from tests.serving import first_city

TEXTS = ("/open-data", "/imprint", "/privacy", "/accessibility", "/help", "/easy", "/statistics")


def page_paths(number: str) -> list[str]:
    """The addresses of all pages, with the number of a report that is public."""
    return ["/", f"/reports/{number}", *TEXTS]


def many_cities() -> tuple[Catalogue, Catalogue]:
    """Ludwigshafen, and Speyer with the same services."""
    first = first_city()
    speyer = replace(first.jurisdiction, jurisdiction_id="speyer.de", aliases=())
    return first, replace(first, jurisdiction=speyer)
