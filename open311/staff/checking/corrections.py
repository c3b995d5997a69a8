"""The page on which a report is put right by who does not decide about it: category, place, texts, photos."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.base.errors import Conflict, Invalid
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.desk.desk_catalogue import ReasonFor
from open311.staff import way_back
from open311.staff.blueprint import page, redirect_to
from open311.staff.checking.check_page import FormState, form_values
from open311.staff.checking.decision_form import field_of, read_corrections, shown_values
from open311.staff.checking.sent_form import SentForm
from open311.staff.forms import posted_revision
from open311.staff.rendering import render
from open311.staff.seen_case import SeenCase, find_case


@page("/reports/<number:number>/edit", Right.EDIT, methods=("GET", "POST"))
def report_edit(number: int) -> ResponseReturnValue:
    """Correct a report in one press, with a letter to who sent it."""
    seen = find_case(number)
    seen.actor.require(Right.EDIT, seen.whole.case.jurisdiction_id)
    if request.method == "GET":
        return _page(seen, FormState.of_case(seen, last=None))
    sent = SentForm.of(request.form, shown_values(seen))
    try:
        corrections = read_corrections(sent, seen)
        casework.decide(current.core(), number, corrections, seen.actor, expected_revision=posted_revision())
    except Conflict as conflict:
        latest = find_case(number)
        return _page(latest, FormState.of_conflict(sent, latest, conflict))
    except Invalid as refused:
        errors = {field_of(problem): in_words(problem) for problem in refused.problems}
        return _page(seen, FormState.of_form(sent, posted_revision(), errors=errors))
    return redirect_to("report", done="saved", number=number, **way_back.of_request().query)


def _page(seen: SeenCase, shown: FormState) -> Response:
    return render(
        "checking/correct_report.html",
        status=shown.status,
        reasons=seen.catalogue.desk.reasons_for(ReasonFor.EDIT),
        **form_values(seen, shown),
    )
