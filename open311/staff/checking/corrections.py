"""The page on which a report is put right by who does not decide about it: category, place, texts, photos."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.model.access.actor import Right
from open311.model.desk.desk_catalogue import ReasonFor
from open311.staff import way_back
from open311.staff.blueprint import page, redirect_to
from open311.staff.checking.check_page import FormState, form_values
from open311.staff.checking.deciding import decide
from open311.staff.checking.decision_form import read_corrections
from open311.staff.rendering import render
from open311.staff.seen_case import SeenCase, find_case


@page("/reports/<number:number>/edit", Right.EDIT, methods=("GET", "POST"))
def report_edit(number: int) -> ResponseReturnValue:
    """Correct a report in one press, with a letter to who sent it."""
    seen = find_case(number)
    seen.actor.require(Right.EDIT, seen.whole.case.jurisdiction_id)
    if request.method == "GET":
        return _page(seen, FormState.of_case(seen, last=None))
    decision = decide(seen, read_corrections, _page)
    if isinstance(decision, Response):
        return decision
    return redirect_to("report", done="saved", number=number, **way_back.of_request().query)


def _page(seen: SeenCase, shown: FormState) -> Response:
    return render(
        "checking/correct_report.html",
        status=shown.status,
        reasons=seen.catalogue.desk.reasons_for(ReasonFor.EDIT),
        **form_values(seen, shown),
    )
