"""One act on many cases of the list: chosen, looked at, done, with what became of each."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from flask import redirect, request
from flask.typing import ResponseReturnValue

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
    BulkAct,
    BulkWish,
    ItemState,
    read_numbers,
    write_numbers,
)
from open311.site.words import words
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.forms import posted
from open311.staff.lists import filters
from open311.staff.lists.bulk_preview import preview
from open311.staff.lists.bulk_wish import (
    LONGEST_TEXT,
    act_of_form,
    choices,
    offered_templates,
    people_of,
    wish_of_form,
)
from open311.staff.rendering import render
from open311.storage.desk import bulk as storage
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import scope_of

# What can be made of a selection beside an act, and the page that makes it.
TAKEN_TO = {"csv": "reports_csv", "xlsx": "reports_xlsx", "pdf": "reports_pdf", "round": "field_plan"}
OF_TEXT = ("desk.bulk.text", "error.reason.required", "error.status.words")
FIELDS = {"desk.bulk.act": "act", "desk.bulk.template": "template", **dict.fromkeys(OF_TEXT, "text")}


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
        wish = wish_of_form(rows)
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
    return render("lists/bulk_result.html", run=run, items=items, counts=counts, refusals=refusals)


def _begun() -> ResponseReturnValue:
    """Do it at the cases and revisions of the preview."""
    # One more than may be, so that too many are refused and not cut off in silence.
    pairs = [pair.partition(":") for pair in request.form.getlist("chosen")[: MOST_CASES + 1]]
    read = [(whole_number(number), whole_number(revision, 9)) for number, _, revision in pairs]
    revisions = {number: revision for number, revision in read if number is not None and revision is not None}
    try:
        wish = BulkWish(act_of_form(), posted("value"), posted("text")[:LONGEST_TEXT])
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


def _page(
    rows: Sequence[CaseRow], wish: BulkWish | None = None, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    offered = choices(rows) if rows else {}
    core = current.core()
    nameable_of_case = people_of(rows).of_case if wish and wish.act is BulkAct.PERSON else {}
    return render(
        "lists/bulk.html",
        status=400 if errors else 200,
        errors=errors,
        rows=rows,
        wish=wish,
        seen=[preview(row, wish, offered, nameable_of_case) for row in rows] if wish else [],
        choices=offered,
        templates=offered_templates(rows),
        acts=[(act.value, words(f"desk.bulk.act.{act}")) for act in BulkAct if NEEDED[act] in staff().rights],
        typed={
            name: posted(name) for name in ("act", "text", "template", *(f"bulk-{act}" for act in BulkAct))
        },
        catalogues={city: core.catalogues.owner(city) for city in {row.case.jurisdiction_id for row in rows}},
        # Made with the page, so that a form which is sent twice is one act.
        key=secrets.token_urlsafe(24),
        at_once=AT_ONCE,
        most=MOST_CASES,
        chosen_filters=filters.of_request().values,
    )
