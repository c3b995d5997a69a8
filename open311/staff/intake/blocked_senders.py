"""Who is blocked, and why; blocking and letting in again."""

from collections.abc import Mapping

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions.desk import blocking
from open311.base.errors import Invalid
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.staff import actor_names
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.own_cities import own_cities
from open311.staff.rendering import render
from open311.storage.mails import blocked_senders

MOST_SHOWN = 500
# Blocks end by themselves: nobody remembers to lift them.
USUAL_DAYS = 90
FIELDS = {
    "error.sender.unreadable": "sender",
    "error.sender.key": "sender",
    "error.sender.reason": "reason",
    "error.sender.days": "days",
}


@page("/senders", Right.BLOCK_SENDER, methods=("GET", "POST"))
def senders() -> ResponseReturnValue:
    """All who are blocked in the cities of this person, and a form to block another."""
    if request.method == "GET":
        return _page({}, {})
    form = request.form
    days = form.get("days", "")
    chosen = form.get("city", "")
    owner = chosen if chosen in _owners() else _owners()[0]
    try:
        blocking.block(
            current.core(),
            owner,
            form.get("kind", ""),
            form.get("sender", ""),
            form.get("reason", ""),
            whole_number(days, 4) or 0,
            staff().actor(owner),
        )
    except Invalid as refused:
        return _page(
            form, {FIELDS.get(problem.key, "sender"): in_words(problem) for problem in refused.problems}
        )
    return redirect_to("senders", done="saved")


@page("/senders/<id:sender_id>/unblock", Right.BLOCK_SENDER, methods=("POST",))
def unblock_sender(sender_id: int) -> ResponseReturnValue:
    with current.core().database.read() as conn:
        owner = blocked_senders.owner_of(conn, sender_id, _owners())
    blocking.unblock(current.core(), owner or _owners()[0], sender_id, staff().actor(owner or _owners()[0]))
    return redirect_to("senders", done="saved")


def _owners() -> tuple[str, ...]:
    return staff().jurisdictions(Right.BLOCK_SENDER)


def _page(form: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    core = current.core()
    with core.database.read() as conn:
        blocked = blocked_senders.listed(conn, _owners(), MOST_SHOWN)
    return render(
        "intake/blocked_senders.html",
        status=400 if errors else 200,
        errors=errors,
        blocked=blocked,
        names=actor_names.of_actors([sender.actor for sender in blocked]),
        form=form,
        kinds=blocking.KINDS,
        cities=own_cities(Right.BLOCK_SENDER),
        usual_days=USUAL_DAYS,
        now=core.now(),
    )
