"""My day: what waits for me."""

from flask import jsonify
from flask.typing import ResponseReturnValue

from open311.actions import second_factor
from open311.http import current
from open311.staff.blueprint import page, signed_in
from open311.staff.rendering import NOT_KEPT, render, seconds_left

FEW_CODES = 3
SOON_DAYS = 14


@page("/alive")
def alive() -> ResponseReturnValue:
    """Keep the session while somebody reads or writes for long; in how many seconds it would end."""
    response = jsonify(ends_in=seconds_left())
    response.headers["Cache-Control"] = NOT_KEPT
    return response


@page("")
def home() -> ResponseReturnValue:
    """What somebody sees first."""
    found = signed_in()
    core = current.core()
    ends = found.account.ends_datetime
    return render(
        "home.html",
        few_codes=found.account.second_factor and second_factor.codes_left(core, found) <= FEW_CODES,
        ends=ends if ends and (ends - core.now()).days < SOON_DAYS else None,
        roles=found.staff.memberships,
    )
