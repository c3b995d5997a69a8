"""Templates as a file: kept beside the catalogue, or taken from one city to another."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from open311.actions.desk import templates
from open311.actions.desk.templates import TemplateContents
from open311.base.errors import Invalid, Problem, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.storage.desk import templates as storage

# As many as somebody would choose from; a file of more is no file of templates.
MOST = 1000
TEXTS = ("page_text", "mail_text")


class BroughtIn(NamedTuple):
    """How many templates are new, written anew, and as they were."""

    added: int
    changed: int
    same: int


def exported(core: Core, catalogue: Catalogue) -> str:
    """The templates of a city that are offered, as JSON, by their titles."""
    with core.database.read() as conn:
        stored = storage.of_jurisdiction(conn, catalogue.jurisdiction.jurisdiction_id)
    return json.dumps(
        [_entry(template) for template in stored if template.active], ensure_ascii=False, indent=2
    )


def bring_in(core: Core, catalogue: Catalogue, text: str, actor: Actor) -> BroughtIn:
    """Keep the templates of such a file; what has the title of one takes its place.

    Nothing is stored unless all of it is right: raises `Invalid` with everything that is wrong.
    """
    owner = catalogue.jurisdiction.jurisdiction_id
    actor.require(Right.TEMPLATES, owner)
    checked = [templates.checked(catalogue, contents) for contents in _read(text)]
    with core.database.begin() as conn:
        storage.lock(conn, owner)
        by_title = {template.title: template for template in storage.of_jurisdiction(conn, owner)}
        added = changed = 0
        for values in checked:
            present = by_title.get(str(values["title"]))
            if present is None:
                storage.add(conn, jurisdiction_id=owner, **values)
                added += 1
            elif not present.active or _entry(present) != values:
                storage.change(conn, present.id, present.version, **values, active=True)
                changed += 1
    return BroughtIn(added, changed, len(checked) - added - changed)


def _entry(template: storage.Template) -> dict[str, Any]:
    return {
        "title": template.title,
        "page_text": dict(template.page_text),
        "mail_text": dict(template.mail_text),
        "status": template.status,
        "services": list(template.services),
        "unit": template.unit,
    }


def _read(text: str) -> list[TemplateContents]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(problem("error.template.json")) from None
    if not isinstance(entries, list) or len(entries) > MOST:
        raise Invalid(problem("error.template.list", most=MOST))
    Invalid.unless_empty(_problems(entries))
    return [TemplateContents(**entry) for entry in entries]


def _problems(entries: list[Any]) -> Iterator[Problem]:
    titles = set[str]()
    for number, entry in enumerate(entries, 1):
        if not _is_template(entry):
            yield problem("error.template.entry", number=number)
        elif entry["title"] in titles:
            yield problem("error.template.twice", title=entry["title"])
        else:
            titles.add(entry["title"])


def _is_template(entry: Any) -> bool:
    allowed = {"title", "status", "services", "unit", *TEXTS}
    if not isinstance(entry, dict) or not {"title", "page_text"} <= entry.keys() <= allowed:
        return False
    services = entry.get("services", [])
    words = (entry["title"], entry.get("status") or "", entry.get("unit") or "")
    return (
        all(isinstance(word, str) for word in words)
        and isinstance(services, list)
        and all(isinstance(code, str) for code in services)
        and all(_is_by_language(entry.get(name, {})) for name in TEXTS)
    )


def _is_by_language(texts: Any) -> bool:
    return isinstance(texts, Mapping) and all(isinstance(text, str) for text in texts.values())
