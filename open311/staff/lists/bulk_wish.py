"""What is to be done with many cases: what can be chosen for them, and the choice as the form sends it."""

from collections.abc import Sequence
from datetime import date

from open311.actions import casework
from open311.base.errors import Invalid, problem
from open311.http import current
from open311.model.casework.bulk import NOBODY, BulkAct, BulkWish
from open311.model.casework.cases import Priority
from open311.model.casework.desk_filters import MINE
from open311.model.catalogue import Catalogue
from open311.model.service_request import Status
from open311.site.words import catalogue_text, words
from open311.staff import actor_names
from open311.staff.blueprint import signed_in, staff
from open311.staff.case import template_gaps
from open311.staff.forms import posted
from open311.storage.desk import colleagues, templates
from open311.storage.desk.colleagues import CasePeople
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.templates import Template

LONGEST_TEXT = 4_000


def act_of_form() -> BulkAct:
    if posted("act") not in set(BulkAct):
        raise Invalid(problem("desk.bulk.act"))
    return BulkAct(posted("act"))


def wish_of_form(rows: Sequence[CaseRow]) -> BulkWish:
    """What was chosen; raises `Invalid` with words for the field."""
    act, text = act_of_form(), posted("text").strip()[:LONGEST_TEXT]
    value = posted(f"bulk-{act}")
    if act is BulkAct.STATUS and (chosen := posted("template")):
        text = _from_template(rows, chosen, value, text)
    if act is BulkAct.NOTE:
        if not text:
            raise Invalid(problem("desk.bulk.text"))
        return BulkWish(act, "", text)
    if act is BulkAct.DEADLINE:
        return BulkWish(act, _day(rows, value), _with_reason(text))
    if value not in dict(choices(rows)[act]):
        raise Invalid(problem("desk.bulk.value"))
    statuses = (current.core().catalogues.owner(row.case.jurisdiction_id).statuses for row in rows)
    if act is BulkAct.STATUS and not text and any(known[value].status == Status.CLOSED for known in statuses):
        raise Invalid(problem("error.status.words"))
    return BulkWish(act, str(signed_in().account.id) if value == MINE else value, text)


def _day(rows: Sequence[CaseRow], value: str) -> str:
    """A day whose end is still to come in each of their cities."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Invalid(problem("desk.bulk.value")) from None
    for city in {row.case.jurisdiction_id for row in rows}:
        casework.end_of_day(current.core(), city, day)
    return day.isoformat()


def _with_reason(text: str) -> str:
    if not text:
        raise Invalid(problem("error.reason.required"))
    return text


def choices(rows: Sequence[CaseRow]) -> dict[BulkAct, list[tuple[str, str]]]:
    """To what each act can set something; of several cities, what all of them have."""
    core, language = current.core(), current.language()
    cities = [core.catalogues.owner(city) for city in sorted({row.case.jurisdiction_id for row in rows})]
    first = cities[0]
    people = people_of(rows)
    others = {
        str(account_id): name
        for account_id, name in actor_names.nameable(people.names, people.roles).items()
        if account_id != staff().account_id
    }
    statuses = [
        (code, catalogue_text(status.label))
        for code, status in first.statuses.items()
        if not status.is_for_duplicates and all(code in city.statuses for city in cities)
    ]
    units = [
        (code, first.agency_name(code, language))
        for code in first.units
        if all(code in city.units for city in cities)
    ]
    return {
        BulkAct.STATUS: statuses,
        BulkAct.UNIT: units,
        BulkAct.PERSON: [
            (MINE, words("desk.person.me")),
            (NOBODY, words("desk.person.nobody")),
            *sorted(others.items(), key=lambda colleague: colleague[1].casefold()),
        ],
        BulkAct.PRIORITY: [
            (str(int(priority)), words(f"desk.priority.{priority.name.lower()}")) for priority in Priority
        ],
    }


def people_of(rows: Sequence[CaseRow]) -> CasePeople:
    """Who may be given which of these cases."""
    core, cases = current.core(), [(row.case, row.visibility) for row in rows]
    with core.database.read() as conn:
        return colleagues.of_cases(conn, cases, core.catalogues.rights_of_role, core.now())


def offered_templates(rows: Sequence[CaseRow]) -> list[Template]:
    """The words that fit each of these cases; of several cities none, since each has its own."""
    cities = {row.case.jurisdiction_id for row in rows}
    if len(cities) != 1:
        return []
    with current.core().database.read() as conn:
        fitting = templates.offered(conn, cities.pop())
    services, units = {row.case.service_code for row in rows}, {row.case.unit for row in rows}
    return [
        template
        for template in fitting
        if _public_text(template)
        and (not template.services or services <= {*template.services})
        and (template.unit is None or units == {template.unit})
    ]


def _from_template(rows: Sequence[CaseRow], chosen: str, status: str, behind: str) -> str:
    """The words of a template, with what else was typed behind them; gaps are filled at each case."""
    template = next((known for known in offered_templates(rows) if str(known.id) == chosen), None)
    if template is None or template.status not in (None, status):
        raise Invalid(problem("desk.bulk.template"))
    text = template_gaps.with_what_all_share(_public_text(template), _city(template))
    return "\n\n".join(filter(None, (text, behind)))[:LONGEST_TEXT]


def _public_text(template: Template) -> str:
    # What all read has one language.
    return template.page_text.get(_city(template).jurisdiction.languages[0], "")


def _city(template: Template) -> Catalogue:
    return current.core().catalogues.owner(template.jurisdiction_id)
