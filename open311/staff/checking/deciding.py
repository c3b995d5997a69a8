"""Doing what a form about a report says, and showing the form again with what was refused."""

from collections.abc import Callable

from flask import Response, request

from open311.actions import casework
from open311.base.errors import Conflict, Invalid
from open311.http import current
from open311.http.errors import in_words
from open311.model.casework.decisions import Decision
from open311.staff.checking.check_page import FormState
from open311.staff.checking.decision_form import field_of, shown_values
from open311.staff.checking.sent_form import SentForm
from open311.staff.forms import posted_revision
from open311.staff.seen_case import SeenCase, find_case, require_original


def decide(
    seen: SeenCase,
    read: Callable[[SentForm, SeenCase], Decision],
    show: Callable[[SeenCase, FormState], Response],
) -> Decision | Response:
    """What was decided; else the page that `show` makes of the refusal, with all that was typed."""
    sent = SentForm.of(request.form, shown_values(seen))
    try:
        decision = read(sent, seen)
        if decision.parent_id is not None:
            require_original(decision.parent_id, reopen=decision.reopen_parent)
        casework.decide(
            current.core(), seen.number, decision, seen.actor, expected_revision=posted_revision()
        )
    except Conflict as conflict:
        latest = find_case(seen.number)
        return show(latest, FormState.of_conflict(sent, latest, conflict))
    except Invalid as refused:
        errors = {field_of(problem): in_words(problem) for problem in refused.problems}
        return show(seen, FormState.of_form(sent, posted_revision(), errors=errors))
    return decision
