"""Administration: the words that staff use again and again."""

from typing import NamedTuple

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.desk import templates
from open311.actions.desk.templates import TemplateContents
from open311.base.errors import Conflict, Forbidden, Invalid, NotFound, Problem, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.casework.gaps import GAPS
from open311.model.catalogue import Catalogue
from open311.site.list.listing import services_by_group
from open311.site.report_numbers import report_number
from open311.site.words import catalogue_text
from open311.staff.blueprint import actor, page, redirect_to, staff
from open311.staff.case import template_gaps
from open311.staff.forms import posted
from open311.staff.own_cities import own_cities
from open311.staff.rendering import render
from open311.staff.seen_case import SeenCase, find_case
from open311.storage.desk import templates as storage
from open311.storage.desk.templates import Template

FIELDS = {
    "error.edit.length": "title",
    "error.status.unknown": "status",
    "error.agency.unknown": "unit",
    "error.service_code.unknown": "services",
}
KINDS = ("page_text", "mail_text")


class Preview(NamedTuple):
    """A text with its gaps filled, and the gaps that stay open."""

    kind: str
    language: str
    text: str
    open: list[str]


@page("/admin/templates", Right.TEMPLATES)
def templates_list() -> ResponseReturnValue:
    """All templates of the cities that somebody may write them for, retired ones too."""
    core, cities = current.core(), own_cities(Right.TEMPLATES)
    with core.database.read() as conn:
        by_city = [
            (city, storage.of_jurisdiction(conn, city.jurisdiction.jurisdiction_id)) for city in cities
        ]
    return render("administration/templates.html", cities=by_city)


@page("/admin/templates/new", Right.TEMPLATES, methods=("GET", "POST"))
def template_new() -> ResponseReturnValue:
    city = _city(request.values.get("city", ""))
    if request.method == "GET" or posted("preview"):
        return _page(city)
    try:
        template_id = templates.add(
            current.core(),
            city,
            _contents(_typed_template(city)),
            actor(city.jurisdiction.jurisdiction_id),
        )
    except Invalid as refused:
        return _page(city, refused=refused)
    return redirect_to("template", template_id=template_id, done="saved")


@page("/admin/templates/<id:template_id>", Right.TEMPLATES, methods=("GET", "POST"))
def template(template_id: int) -> ResponseReturnValue:
    """One template: its texts, where it fits, how it reads; whether it is still offered."""
    stored = _stored(template_id)
    city = _city(stored.jurisdiction_id)
    if request.method == "GET" or posted("preview"):
        return _page(city, stored)
    version = posted("version")
    try:
        templates.change(
            current.core(),
            template_id,
            whole_number(version, 9) or 0,
            _contents(_typed_template(city)),
            actor(stored.jurisdiction_id),
            active=bool(posted("active")),
        )
    except Invalid as refused:
        return _page(city, stored, refused=refused)
    except Conflict as conflict:
        return _page(city, stored, conflict=conflict)
    return redirect_to("template", template_id=template_id, done="saved")


def _stored(template_id: int) -> Template:
    with current.core().database.read() as conn:
        stored = storage.find(conn, template_id)
    if stored is None or stored.jurisdiction_id not in staff().jurisdictions(Right.TEMPLATES):
        raise NotFound(problem("error.template.unknown", template_id=template_id))
    return stored


def _city(jurisdiction_id: str) -> Catalogue:
    """The city a template is for: the one named, else the only one."""
    cities = own_cities(Right.TEMPLATES)
    for city in cities:
        if city.jurisdiction.jurisdiction_id == jurisdiction_id or (not jurisdiction_id and len(cities) == 1):
            return city
    raise Forbidden(problem("error.right.elsewhere", jurisdiction_id=jurisdiction_id))


def _typed_template(city: Catalogue) -> Template:
    texts = {
        kind: {language: posted(f"{kind}-{language}") for language in city.jurisdiction.languages}
        for kind in KINDS
    }
    return Template(
        id=0,
        jurisdiction_id=city.jurisdiction.jurisdiction_id,
        title=posted("title"),
        status=posted("status") or None,
        services=request.form.getlist("services"),
        unit=posted("unit") or None,
        active=bool(posted("active")),
        version=0,
        **texts,
    )


def _contents(typed: Template) -> TemplateContents:
    names = ("title", *KINDS, "status", "services", "unit")
    return TemplateContents(**{name: getattr(typed, name) for name in names})


def _page(
    city: Catalogue,
    stored: Template | None = None,
    *,
    refused: Invalid | None = None,
    conflict: Conflict | None = None,
) -> ResponseReturnValue:
    empty = Template(0, city.jurisdiction.jurisdiction_id, "", None, (), None, {}, {}, True, 0)
    shown = _typed_template(city) if request.method == "POST" else stored or empty
    return render(
        "administration/template.html",
        status=409 if conflict else 400 if refused else 200,
        errors={_field(problem, shown): in_words(problem) for problem in refused.problems}
        if refused
        else None,
        conflict=conflict,
        city=city,
        stored=stored,
        shown=shown,
        # Whoever is told that it was changed meanwhile, and saves all the same, means it.
        version=stored.version if stored and (conflict or request.method == "GET") else posted("version"),
        sample=posted("number"),
        previews=_previews(city, shown),
        gaps=GAPS,
        kinds=KINDS,
        statuses=[(status.code, catalogue_text(status.label)) for status in city.statuses.values()],
        groups=services_by_group(city),
        units=[(code, city.agency_name(code, current.language())) for code in city.units],
    )


def _previews(city: Catalogue, shown: Template) -> list[Preview]:
    """Each text with the values of the case that was named, or with examples."""
    number = report_number(posted("number"))
    seen, previews = _case(number) if number is not None else None, list[Preview]()
    for field, text in _texts(shown).items():
        if text.strip():
            kind, _, language = field.partition("-")
            values = template_gaps.of_case(seen, language) if seen else template_gaps.example(city, language)
            previews.append(Preview(kind, language, *template_gaps.previewed(text, values)))
    return previews


def _case(number: int) -> SeenCase | None:
    try:
        return find_case(number)
    except NotFound:
        return None


def _texts(shown: Template) -> dict[str, str]:
    kinds = (("page_text", shown.page_text), ("mail_text", shown.mail_text))
    return {f"{kind}-{language}": text for kind, texts in kinds for language, text in texts.items()}


def _field(fault: Problem, shown: Template) -> str:
    """The field that a problem is about: of the texts, the first that is too long or has the gap."""
    texts = _texts(shown)
    if fault.key == "error.template.gap":
        gap = f"{{{fault.values['gap']}}}"
        return next((field for field, text in texts.items() if gap in text), "title")
    if fault.key == "error.edit.length" and fault.values["field"] == "text":
        return next((field for field, text in texts.items() if len(text) > templates.TEXT_LENGTH), "title")
    if fault.key == "error.letter.empty":
        return next(iter(texts), "title")
    return FIELDS.get(fault.key, "title")
