"""Objections to public reports, decided on the page on which reports are checked."""

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.reporting import objections
from open311.base.errors import Invalid, problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.objections import Verdict
from open311.model.intake.submission import DESCRIPTION_LENGTH
from open311.staff.blueprint import page, redirect_to
from open311.staff.forms import posted_revision
from open311.staff.seen_case import find_case


@page("/check/<number:number>/objections/<number:event_id>", Right.CHECK, methods=("POST",))
def check_objection(number: int, event_id: int) -> ResponseReturnValue:
    """The report goes, or it stays; the objector hears why."""
    seen = find_case(number)
    chosen = request.form.get("verdict", "")
    if chosen not in set(Verdict):
        raise Invalid(problem("error.objection.verdict"))
    objections.decide(
        current.core(),
        event_id,
        Verdict(chosen),
        request.form.get(f"words-{event_id}", "")[:DESCRIPTION_LENGTH],
        seen.actor,
        expected_revision=posted_revision(),
    )
    return redirect_to("check_report", done="decided", number=number)
