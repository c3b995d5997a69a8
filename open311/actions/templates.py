"""Words that staff use again and again: written, changed, retired."""

import re
from collections.abc import Mapping, Sequence

from open311.base.errors import Conflict, Invalid, NotFound, Problem, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.storage.desk import templates as storage

TITLE_LENGTH = 100
TEXT_LENGTH = 4000
# What a text may leave open; filled from the case when it is used.
GAPS = ("number", "service", "address", "status", "unit", "due", "contact", "link", "answer")
GAP = re.compile(r"\{([^{}]*)\}")


def add(
    core: Core,
    catalogue: Catalogue,
    actor: Actor,
    title: str,
    *,
    page_text: Mapping[str, str],
    mail_text: Mapping[str, str] | None = None,
    status: str | None = None,
    services: Sequence[str] = (),
    unit: str | None = None,
) -> int:
    """Keep a template; returns its id. Raises `Invalid` with everything that is wrong with it."""
    actor.require(Right.TEMPLATES, catalogue.jurisdiction.jurisdiction_id)
    values = _checked(catalogue, title, page_text, mail_text or {}, status, services, unit)
    with core.database.begin() as conn:
        return storage.add(conn, jurisdiction_id=catalogue.jurisdiction.jurisdiction_id, **values)


def change(
    core: Core,
    template_id: int,
    version: int,
    actor: Actor,
    title: str,
    *,
    page_text: Mapping[str, str],
    mail_text: Mapping[str, str] | None = None,
    status: str | None = None,
    services: Sequence[str] = (),
    unit: str | None = None,
    active: bool = True,
) -> None:
    """Write a template anew; `Conflict` when somebody else has done so since `version`."""
    with core.database.begin() as conn:
        template = storage.find(conn, template_id)
        if template is None:
            raise NotFound(problem("error.template.unknown", template_id=template_id))
        actor.require(Right.TEMPLATES, template.jurisdiction_id)
        catalogue = core.catalogues.owner(template.jurisdiction_id)
        values = _checked(catalogue, title, page_text, mail_text or {}, status, services, unit)
        if not storage.change(conn, template_id, version, **values, active=active):
            raise Conflict(problem("error.template.changed", title=template.title), revision=template.version)


def gaps(text: str) -> set[str]:
    return set(GAP.findall(text))


def require_filled(text: str | None) -> None:
    """Raise `Invalid` for words with a gap that was to be filled before anybody reads them."""
    if lacking := gaps(text or "") & set(GAPS):
        raise Invalid(problem("error.letter.gap", gaps=", ".join(f"{{{gap}}}" for gap in sorted(lacking))))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its gaps filled; one that nobody fills stays open, for the eye to see."""
    return GAP.sub(lambda gap: values.get(gap[1], gap[0]), text)


def _checked(
    catalogue: Catalogue,
    title: str,
    page_text: Mapping[str, str],
    mail_text: Mapping[str, str],
    status: str | None,
    services: Sequence[str],
    unit: str | None,
) -> dict[str, object]:
    problems: list[Problem] = []
    words = tidy(title)
    if not words or len(words) > TITLE_LENGTH:
        problems.append(problem("error.edit.length", field="title", most=TITLE_LENGTH))
    texts = {field: _texts(text) for field, text in (("page_text", page_text), ("mail_text", mail_text))}
    if not texts["page_text"] and not texts["mail_text"]:
        problems.append(problem("error.letter.empty"))
    for text in (text for by_language in texts.values() for text in by_language.values()):
        problems += [
            problem("error.template.gap", gap=gap, known=", ".join(GAPS)) for gap in gaps(text) - set(GAPS)
        ]
        if len(text) > TEXT_LENGTH:
            problems.append(problem("error.edit.length", field="text", most=TEXT_LENGTH))
    if status is not None and status not in catalogue.statuses:
        known = ", ".join(catalogue.statuses)
        problems.append(problem("error.status.unknown", status=status, known=known))
    if unit is not None and unit not in catalogue.units:
        problems.append(problem("error.agency.unknown", agency=unit, known=", ".join(catalogue.units)))
    for code in services:
        if code not in catalogue.services:
            problems.append(problem("error.service_code.unknown", service_code=code))
    Invalid.unless_empty(problems)
    return {"title": words, **texts, "status": status, "services": list(services), "unit": unit}


def _texts(by_language: Mapping[str, str]) -> dict[str, str]:
    words = {language: tidy(text) for language, text in by_language.items()}
    return {language: text for language, text in words.items() if text}
