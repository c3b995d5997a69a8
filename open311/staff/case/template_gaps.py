"""What fills the gaps of a template: of a very case, or an example."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from open311.base.i18n import translate
from open311.http import current
from open311.model.casework import gaps
from open311.model.catalogue import Catalogue
from open311.site.words import day
from open311.staff.seen_case import SeenCase
from open311.storage.desk import templates
from open311.storage.desk.templates import Template

EXAMPLE_DAYS = 14


def of_case(seen: SeenCase, language: str) -> dict[str, str]:
    """The values of a case; what it lacks is left out, so that the gap stays to be seen."""
    request, catalogue = seen.whole.request, seen.catalogue
    own = gaps.of_case(seen.whole.case, request.address, request.detailed_status, catalogue, language)
    return own | {"link": link(catalogue, request.service_request_id)} | _same_for_all(catalogue, language)


def with_what_all_share(text: str, catalogue: Catalogue) -> str:
    """A text for many cases of a city: what is the same for all is filled in, the link up to its number."""
    shared = _same_for_all(catalogue, catalogue.jurisdiction.languages[0])
    return gaps.filled(text, shared | {"link": link(catalogue, "{number}")})


def example(catalogue: Catalogue, language: str) -> dict[str, str]:
    """Values such as a case may have."""
    service = next(iter(catalogue.active_services()), None)
    unit = next(iter(catalogue.units), "")
    return {
        "number": "102000",
        "service": service.service_name.in_language(language) if service else "",
        "address": catalogue.site.address_example.in_language(language),
        "status": catalogue.published_status.label.in_language(language),
        "unit": catalogue.agency_name(unit, language),
        "due": day(current.core().now() + timedelta(days=EXAMPLE_DAYS)),
        "link": link(catalogue, 102000),
        **_same_for_all(catalogue, language),
    }


def previewed(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """A text as it will be read, and the gaps that nothing fills."""
    return gaps.filled(text, values), sorted(gaps.gaps(text) - set(values))


class FilledTemplate(NamedTuple):
    """A template with the values of a very report, and the gaps that it has no value for."""

    id: int
    title: str
    text: str
    lacks: list[str]
    status: str = ""


def offered(seen: SeenCase, *, public: bool = False) -> list[FilledTemplate]:
    """What staff may write with, in the language of who sent the report; `public` for words that all read."""
    whole, catalogue = seen.whole, seen.catalogue
    request = whole.request
    with current.core().database.read() as conn:
        fitting = templates.offered(
            conn, request.jurisdiction_id, service_code=request.service_code, unit=whole.case.unit
        )
    # What all read has one language; a letter has that of its recipient.
    language = (not public and whole.audience.language) or catalogue.jurisdiction.languages[0]
    values = of_case(seen, language)
    texts = [(template, _text(template, language, public=public)) for template in fitting]
    return [
        FilledTemplate(template.id, template.title, *previewed(text, values), template.status or "")
        for template, text in texts
        if text
    ]


def _text(template: Template, language: str, *, public: bool) -> str:
    if public:
        return template.page_text.get(language, "")
    return template.mail_text.get(language) or template.page_text.get(language) or ""


def _same_for_all(catalogue: Catalogue, language: str) -> dict[str, str]:
    contact = catalogue.jurisdiction.contact.in_language(language)
    answer = translate("desk.template.answer", language)
    return {"answer": answer} | ({"contact": contact} if contact else {})


def link(catalogue: Catalogue, number: int | str) -> str:
    """The address of a report for everybody."""
    city = f"/{catalogue.jurisdiction.jurisdiction_id}" if current.core().catalogues.several else ""
    return f"{current.base_url()}{city}/reports/{number}"
