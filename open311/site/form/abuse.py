"""Who may send a report without a key: whoever shows some patience, by a little computing or by going slowly."""

import json
from datetime import timedelta

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution
from flask import request

from open311.base.errors import Problem, TooManyRequests, problem
from open311.http import current, limits
from open311.model.drafts import Draft
from open311.site.form import form_input

UNPROVEN = 3
MAILS_PER_HOUR = 10
# Nobody reads five pages in less.
TOO_QUICK = timedelta(seconds=4)
# A field that people do not see.
TRAP = "homepage"


def challenge(draft: Draft) -> str:
    """What a browser has to compute, as JSON; empty where nothing is asked."""
    most = current.core().settings.proof_of_work
    if not most:
        return ""
    asked = create_challenge(ChallengeOptions(hmac_key=draft.secret, max_number=most))
    return json.dumps(asked.to_dict())


def _proven(draft: Draft) -> bool:
    if not current.core().settings.proof_of_work:
        return True
    try:
        return verify_solution(form_input.posted("altcha"), draft.secret)[0]
    except (ValueError, TypeError, AttributeError, KeyError):
        return False


def hurdle(draft: Draft) -> Problem | None:
    """Why this draft may not be sent now; raises `TooManyRequests`."""
    if form_input.posted(TRAP):
        return problem("page.form.error.trap")
    proven = _proven(draft)
    if not proven and current.core().now() - draft.created_datetime < TOO_QUICK:
        return problem("page.form.error.too_quick")
    allowed = current.core().settings.reports_per_hour
    count("reports", allowed if proven else max(1, allowed // UNPROVEN))
    return None


def count(what: str, allowed: int) -> None:
    """Count something this address does in this hour; raises `TooManyRequests`."""
    counted = limits.limits()
    if counted is None:
        return
    if seconds := counted.hour.seconds_to_wait(f"{what} of {request.remote_addr}", allowed):
        raise TooManyRequests(problem("page.form.error.too_many", most=allowed), retry_after=seconds)
