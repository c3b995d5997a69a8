"""Words that staff use again and again: written, changed, retired."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from open311.base.errors import Conflict, Invalid, NotFound, Problem, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.casework.gaps import GAPS, gaps
from open311.model.catalogue import Catalogue
from open311.storage.desk import templates as storage

TITLE_LENGTH = 100
TEXT_LENGTH = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContents:
    """What somebody writes into a template: texts for the page and for the mail, by language, and where it fits."""

    title: str
    page_text: Mapping[str, str]
    mail_text: Mapping[str, str] = field(default_factory=dict)
    status: str | None = None
    services: Sequence[str] = ()
    unit: str | None = None


def add(core: Core, catalogue: Catalogue, contents: TemplateContents, actor: Actor) -> int:
    """Keep a template; returns its id. Raises `Invalid` with everything that is wrong with it.

    A form that is sent twice makes one; a title that another has is refused.
    """
    owner = catalogue.jurisdiction.jurisdiction_id
    actor.require(Right.TEMPLATES, owner)
    values = checked(catalogue, contents)
    with core.database.begin() as conn:
        storage.lock(conn, owner)
        same = storage.titled(conn, owner, str(values["title"]))
        if same is None:
            return storage.add(conn, jurisdiction_id=owner, **values)
        if not same.active or any(getattr(same, name) != value for name, value in values.items()):
            raise Invalid(problem("error.template.title", title=same.title))
    return same.id


def change(
    core: Core,
    template_id: int,
    version: int,
    contents: TemplateContents,
    actor: Actor,
    *,
    active: bool = True,
) -> None:
    """Rewrite a template; `Conflict` when somebody else has done so since `version`."""
    with core.database.begin() as conn:
        template = storage.find(conn, template_id)
        if template is None:
            raise NotFound(problem("error.template.unknown", template_id=template_id))
        actor.require(Right.TEMPLATES, template.jurisdiction_id)
        values = checked(core.catalogues.owner(template.jurisdiction_id), contents)
        title = str(values["title"])
        storage.lock(conn, template.jurisdiction_id)
        if title != template.title and storage.titled(conn, template.jurisdiction_id, title):
            raise Invalid(problem("error.template.title", title=title))
        if not storage.change(conn, template_id, version, **values, active=active):
            raise Conflict(problem("error.template.changed", title=template.title), revision=template.version)


def checked(catalogue: Catalogue, contents: TemplateContents) -> dict[str, object]:
    """The columns of a template as it is stored; raises `Invalid` with everything that is wrong with it."""
    title = tidy(contents.title)
    texts = {"page_text": _texts(contents.page_text), "mail_text": _texts(contents.mail_text)}
    problems: list[Problem] = []
    if not title or len(title) > TITLE_LENGTH:
        problems.append(problem("error.edit.length", field="title", most=TITLE_LENGTH))
    if not texts["page_text"] and not texts["mail_text"]:
        problems.append(problem("error.letter.empty"))
    for text in (text for by_language in texts.values() for text in by_language.values()):
        problems += _problems_of_text(text)
    problems += _unknown(catalogue, contents)
    Invalid.unless_empty(problems)
    place = {"status": contents.status, "services": list(contents.services), "unit": contents.unit}
    return {"title": title, **texts, **place}


def _problems_of_text(text: str) -> Iterator[Problem]:
    for gap in gaps(text) - set(GAPS):
        yield problem("error.template.gap", gap=gap, known=", ".join(GAPS))
    if len(text) > TEXT_LENGTH:
        yield problem("error.edit.length", field="text", most=TEXT_LENGTH)


def _unknown(catalogue: Catalogue, contents: TemplateContents) -> Iterator[Problem]:
    """What the catalogue does not have of where a template is to fit."""
    if contents.status is not None and contents.status not in catalogue.statuses:
        known = ", ".join(catalogue.statuses)
        yield problem("error.status.unknown", status=contents.status, known=known)
    if contents.unit is not None and contents.unit not in catalogue.units:
        yield problem("error.agency.unknown", agency=contents.unit, known=", ".join(catalogue.units))
    for code in contents.services:
        if code not in catalogue.services:
            yield problem("error.service_code.unknown", service_code=code)


def _texts(by_language: Mapping[str, str]) -> dict[str, str]:
    words = {language: tidy(text) for language, text in by_language.items()}
    return {language: text for language, text in words.items() if text}
