"""One act on many cases of the list: chosen, looked at, done, with what became of each."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from flask import redirect, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.actions.desk import bulk
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.casework.bulk import (
    AT_ONCE,
    MOST_CASES,
    NEEDED,
    NOBODY,
    BulkAct,
    BulkWish,
    ItemState,
    read_numbers,
    write_numbers,
)
from open311.model.casework.cases import Priority, Stage
from open311.model.casework.desk_filters import MINE
from open311.model.service_request import Status
from open311.model.staff import rights
from open311.site.words import calendar_day, catalogue_text, words
from open311.staff import actor_names
from open311.staff.blueprint import page, redirect_to, signed_in, staff
from open311.staff.forms import posted
from open311.staff.lists import filters
from open311.staff.rendering import render
from open311.storage.desk import bulk as storage
from open311.storage.desk import colleagues
from open311.storage.desk.colleagues import CasePeople
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import scope_of

# What can be made of a selection beside an act, and the page that makes it.
TAKEN_TO = {"csv": "reports_csv", "xlsx": "reports_xlsx", "pdf": "reports_pdf", "round": "field_plan"}
OF_TEXT = ("desk.bulk.text", "error.reason.required", "error.status.words")
FIELDS = {"desk.bulk.act": "act", **dict.fromkeys(OF_TEXT, "text")}
LONGEST_TEXT = 4_000


class PreviewLine(NamedTuple):
    """A case in the preview: what it would become, or why nothing would be done."""

    row: CaseRow
    before: str
    after: str
    why_not: str


@page("/reports/bulk", Right.BULK, methods=("GET", "POST"))
def bulk_act() -> ResponseReturnValue:
    """Choose an act for the cases that were ticked, look at what it would do, and do it."""
    if request.method == "GET":
        return redirect_to("reports")
    if posted("run"):
        return _begun()
    if "turn" in request.form:
        return redirect(filters.of_request().address(after=posted("turn"), picked=write_numbers(_ticked())))
    rows = _rows()
    if not rows:
        return redirect_to("reports", done="bulk_none", **filters.of_request().values)
    if (take := posted("take")) in TAKEN_TO:
        # By address, so that a file can be fetched again and a round be planned at leisure.
        return redirect_to(TAKEN_TO[take], picked=write_numbers(row.number for row in rows))
    if not posted("preview"):
        return _page(rows)
    try:
        wish = _wish(rows)
    except Invalid as refused:
        errors = {
            FIELDS.get(problem.key, f"bulk-{posted('act')}"): in_words(problem)
            for problem in refused.problems
        }
        return _page(rows, errors=errors)
    return _page(rows, wish)


@page("/reports/bulk/<id:run_id>", Right.BULK)
def bulk_result(run_id: int) -> ResponseReturnValue:
    """What became of an act at each case; while the worker is at it, how far it has come."""
    with current.core().database.read() as conn:
        run = storage.find(conn, run_id)
        items = storage.items(conn, run_id) if run else []
    if run is None or run.account_id != staff().account_id:
        raise NotFound(problem("error.path"))
    counts = {state: sum(item.state is state for item in items) for state in ItemState}
    refusals = {
        item.service_request_id: [
            in_words(Problem(stored["key"], dict(stored["values"]))) for stored in item.problems
        ]
        for item in items
    }
    return render("lists/bulk_result.html", run=run, items=items, counts=counts, told=refusals)


def _begun() -> ResponseReturnValue:
    """Do it at the cases and revisions of the preview."""
    # One more than may be, so that too many are refused and not cut off in silence.
    pairs = [pair.partition(":") for pair in request.form.getlist("chosen")[: MOST_CASES + 1]]
    read = [(whole_number(number), whole_number(revision, 9)) for number, _, revision in pairs]
    revisions = {number: revision for number, revision in read if number is not None and revision is not None}
    try:
        wish = BulkWish(_act(), posted("value"), posted("text")[:LONGEST_TEXT])
        run_id = bulk.begin(current.core(), staff(), wish, revisions, posted("key")[:64])
    except Invalid as refused:
        return _page(_rows(), errors={"act": in_words(refused.problems[0])})
    return redirect_to("bulk_result", run_id=run_id)


def _rows() -> list[CaseRow]:
    """The cases that were ticked, or all of the view, up to a limit."""
    core, scope = current.core(), scope_of(staff(), Right.SEE_REPORTS)
    with core.database.read() as conn:
        if posted("all"):
            search = replace(filters.search(filters.colleagues()), limit=MOST_CASES)
            return list(case_list.page(conn, scope, search, core.now()).rows)
        numbers = _ticked()[:MOST_CASES]
        return storage.chosen(conn, scope, numbers, core.now()) if numbers else []


def _ticked() -> list[int]:
    """The cases that were ticked on this page of the list or on others."""
    sent = [
        number.partition(":")[0] for name in ("number", "chosen") for number in request.form.getlist(name)
    ]
    read = (whole_number(number) for number in sent[:MOST_CASES])
    return [*read_numbers(posted("picked")), *(number for number in read if number is not None)]


def _act() -> BulkAct:
    if posted("act") not in set(BulkAct):
        raise Invalid(problem("desk.bulk.act"))
    return BulkAct(posted("act"))


def _wish(rows: Sequence[CaseRow]) -> BulkWish:
    """What was chosen; raises `Invalid` with words for the field."""
    act, text = _act(), posted("text").strip()[:LONGEST_TEXT]
    value = posted(f"bulk-{act}")
    if act is BulkAct.NOTE:
        if not text:
            raise Invalid(problem("desk.bulk.text"))
        return BulkWish(act, "", text)
    if act is BulkAct.DEADLINE:
        return BulkWish(act, _day(rows, value), _with_reason(text))
    if value not in dict(_choices(rows)[act]):
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


def _choices(rows: Sequence[CaseRow]) -> dict[BulkAct, list[tuple[str, str]]]:
    """To what each act can set something; of several cities, what all of them have."""
    core, language = current.core(), current.language()
    cities = [core.catalogues.owner(city) for city in sorted({row.case.jurisdiction_id for row in rows})]
    first = cities[0]
    people = _people(rows)
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


def _people(rows: Sequence[CaseRow]) -> CasePeople:
    """Who may be given which of these cases."""
    core, cases = current.core(), [(row.case, row.visibility) for row in rows]
    with core.database.read() as conn:
        return colleagues.of_cases(conn, cases, core.catalogues.rights_of_role, core.now())


def _preview(
    row: CaseRow,
    wish: BulkWish,
    choices: dict[BulkAct, list[tuple[str, str]]],
    nameable_of_case: Mapping[int, frozenset[int]],
) -> PreviewLine:
    case = row.case
    now: dict[BulkAct, str] = {
        BulkAct.STATUS: row.detailed_status,
        BulkAct.UNIT: case.unit or "",
        BulkAct.PERSON: str(case.assignee_id) if case.assignee_id else NOBODY,
        BulkAct.PRIORITY: str(int(case.priority)),
        BulkAct.DEADLINE: _local_day(row),
        BulkAct.NOTE: "",
    }
    named = dict(choices.get(wish.act, []))
    # Only of people: a priority may have the number of an account.
    own = {str(staff().account_id): words("desk.person.me")} if wish.act is BulkAct.PERSON else {}
    if wish.act is BulkAct.DEADLINE:
        named = {
            value: calendar_day(date.fromisoformat(value)) for value in (now[wish.act], wish.value) if value
        }
    before, after = ({**named, **own}.get(value, "") for value in (now[wish.act], wish.value))
    reason = _refusal(row, wish, now[wish.act], nameable_of_case)
    return PreviewLine(row, before, after, words(reason) if reason else "")


def _local_day(row: CaseRow) -> str:
    """The day on which a case is to be finished, in its city."""
    due, catalogue = row.case.due_datetime, current.core().catalogues.owner(row.case.jurisdiction_id)
    return due.astimezone(catalogue.jurisdiction.time_zone).date().isoformat() if due else ""


def _refusal(
    row: CaseRow, wish: BulkWish, present: str, nameable_of_case: Mapping[int, frozenset[int]]
) -> str | None:
    """The message that says why nothing would be done at a case; the act itself looks at it all once more."""
    somebody, needed = staff(), (NEEDED[wish.act], Right.BULK)
    if not all(rights.may(somebody, right, row.case, row.visibility) for right in needed):
        return "desk.bulk.no_right"
    if wish.act is not BulkAct.NOTE and present == wish.value:
        return "desk.bulk.same"
    if wish.act is BulkAct.DEADLINE and row.case.stage is Stage.DONE:
        return "desk.bulk.closed"
    if wish.act is not BulkAct.PERSON or wish.value == NOBODY:
        return None
    if row.case.stage is Stage.DONE:
        return "desk.bulk.closed"
    is_colleague = wish.value == str(somebody.account_id) or int(wish.value) in nameable_of_case[row.number]
    return None if is_colleague else "desk.bulk.other_unit"


def _page(
    rows: Sequence[CaseRow], wish: BulkWish | None = None, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    choices = _choices(rows) if rows else {}
    core = current.core()
    nameable_of_case = _people(rows).of_case if wish and wish.act is BulkAct.PERSON else {}
    return render(
        "lists/bulk.html",
        status=400 if errors else 200,
        errors=errors,
        rows=rows,
        wish=wish,
        seen=[_preview(row, wish, choices, nameable_of_case) for row in rows] if wish else [],
        choices=choices,
        acts=[(act.value, words(f"desk.bulk.act.{act}")) for act in BulkAct if NEEDED[act] in staff().rights],
        typed={name: posted(name) for name in ("act", "text", *(f"bulk-{act}" for act in BulkAct))},
        catalogues={city: core.catalogues.owner(city) for city in {row.case.jurisdiction_id for row in rows}},
        # Made with the page, so that a form which is sent twice is one act.
        key=secrets.token_urlsafe(24),
        at_once=AT_ONCE,
        most=MOST_CASES,
        chosen_filters=filters.of_request().values,
    )
