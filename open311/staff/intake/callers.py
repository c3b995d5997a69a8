"""Reports by who sent or follows them, for staff who may see that: a caller asks what became of theirs."""

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.addresses import look_ups
from open311.base.errors import Invalid, problem
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.mailbox import mailbox
from open311.staff.blueprint import account_actor, page, staff
from open311.staff.forms import posted
from open311.staff.rendering import render
from open311.storage.desk.people import MOST, Involved
from open311.storage.desk.scope import scope_of
from open311.storage.mails.blocked_senders import DIGITS, phone_pattern


@page("/people", Right.SEE_REPORTER, methods=("GET", "POST"))
def people() -> ResponseReturnValue:
    """Ask for an address or a number. It is sent as a form, so that it is in no address and no history."""
    if request.method == "GET":
        return render("intake/callers.html", contact="", found=None)
    contact = posted("contact").strip()
    try:
        involved = _people(contact)
    except Invalid as refused:
        errors = {"contact": in_words(refused.problems[0])}
        return render("intake/callers.html", status=400, errors=errors, contact=contact, found=None)
    core = current.core()
    return render(
        "intake/callers.html",
        contact=contact,
        found=involved,
        most=MOST,
        catalogues={
            number.jurisdiction_id: core.catalogues.owner(number.jurisdiction_id) for number in involved
        },
    )


def _people(contact: str) -> list[Involved]:
    if mailbox(contact) is None and ("@" in contact or not phone_pattern(contact)):
        raise Invalid(problem("desk.people.unreadable", digits=DIGITS))
    scope = scope_of(staff(), Right.SEE_REPORTER)
    return look_ups.people(current.core(), scope, contact, account_actor())
