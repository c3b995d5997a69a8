"""Protection of forms that need no key: proof of work, a honeypot, a least time, and rate limits."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution
from flask import request
from itsdangerous import BadData, URLSafeSerializer

from open311.base.errors import Forbidden, Invalid, Problem, TooManyRequests, problem
from open311.http import current
from open311.http.limits import rate_limits
from open311.model.access.network import network_of
from open311.model.intake.drafts import Draft
from open311.notifications.model.mail_limits import MailAsker
from open311.site.form import form_input
from open311.storage.upkeep import instance

# Without scripts there is no proof of work: such forms get a third of the limit.
UNPROVEN = 3
# Two forms within seconds may be two people behind one address; more are a program.
SIDE_BY_SIDE = 2
LONGEST_NAME = 300
# Nobody reads a page with a form in less.
TOO_QUICK = timedelta(seconds=rate_limits.BRAKE_SECONDS)
# A honeypot: people do not see this field, programs fill in what they find.
HONEYPOT = "homepage"


@dataclass(frozen=True, slots=True)
class GuardedForm:
    """A form protected against bots: that of a draft, or one that stands alone and carries a ticket.

    `origin` tells one form from all others; `key` signs what browsers have to compute for it.
    """

    origin: str
    key: str
    began: datetime
    ticket: str = ""

    @property
    def challenge(self) -> str:
        """The proof of work that a browser does in place of a captcha, as JSON; empty where none is asked for."""
        most = current.core().settings.proof_of_work
        if not most:
            return ""
        puzzle = create_challenge(ChallengeOptions(hmac_key=self.key, max_number=most))
        return json.dumps(puzzle.to_dict())

    @property
    def proven(self) -> bool:
        """Whether this request carries a valid proof of work."""
        if not current.core().settings.proof_of_work:
            return True
        try:
            # A stranger wrote this field, and the library raises whatever its parts raise.
            return verify_solution(form_input.posted("altcha"), self.key)[0]
        except (ValueError, TypeError, AttributeError, KeyError):
            return False

    def problem(self) -> Problem | None:
        """Why this request looks like a bot's, if it does."""
        if form_input.posted(HONEYPOT):
            return problem("page.form.error.trap")
        if not self.proven and current.core().now() - self.began < TOO_QUICK:
            return problem("page.form.error.too_quick")
        return None

    def mail_asker(self) -> MailAsker:
        """Who asks for a mail by this form; raises `Invalid` for programs."""
        Invalid.unless_empty(filter(None, [self.problem()]))
        return MailAsker(network(), self.origin, self.proven)


def of_draft(draft: Draft) -> GuardedForm:
    """The form of a draft, all its steps together."""
    return GuardedForm(draft.token, draft.secret, draft.created_datetime)


def new_form(purpose: str) -> GuardedForm:
    """A form that stands alone; its ticket says when it began, and nobody but us can write one."""
    core, nonce, secret = current.core(), secrets.token_urlsafe(16), _secret()
    ticket = _signer(secret, purpose).dumps([nonce, int(core.now().timestamp())])
    return _form(secret, purpose, nonce, core.now(), str(ticket))


def posted_form(purpose: str) -> GuardedForm:
    """The form that this request was sent by; one that has no ticket of ours has begun only now."""
    secret, ticket = _secret(), form_input.posted("ticket")
    try:
        nonce, began = _signer(secret, purpose).loads(ticket)
    except BadData:
        return new_form(purpose)
    return _form(secret, purpose, str(nonce), datetime.fromtimestamp(began, UTC), ticket)


def _form(secret: str, purpose: str, nonce: str, began: datetime, ticket: str) -> GuardedForm:
    key = _signer(secret, f"{purpose} key").dumps(nonce)
    return GuardedForm(f"{purpose} {nonce}", str(key), began, ticket)


def _signer(secret: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=purpose)


def _secret() -> str:
    with current.core().database.read() as conn:
        return instance.secret(conn)


def hurdle(draft: Draft) -> Problem | None:
    """Why this draft may not be sent now; raises `TooManyRequests`."""
    form = of_draft(draft)
    if fault := form.problem():
        return fault
    allowed = current.core().settings.reports_per_hour
    count("reports", allowed if form.proven else max(1, allowed // UNPROVEN))
    # Drafts that were prepared side by side are all old enough at once.
    if (
        not form.proven
        and (counted := rate_limits.limits())
        and not counted.brake.take(network(), SIDE_BY_SIDE)
    ):
        return problem("page.form.error.too_quick")
    return None


def network() -> str:
    """The network of this request, as limits count it."""
    return network_of(request.remote_addr)


def device() -> str:
    """A fingerprint of the browser's own headers, to tell two devices behind one address apart."""
    return " ".join(
        request.headers.get(name, "")[:LONGEST_NAME] for name in ("User-Agent", "Accept-Language")
    )


def refuse_foreign() -> None:
    """Raise `Forbidden` for requests that browsers mark as sent by another site (CSRF)."""
    # Browsers that do not say are let through: they are old, and the counts still hold.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden(problem("error.foreign_page"))


def count(what: str, allowed: int) -> None:
    """Count something this address does in this hour; raises `TooManyRequests`."""
    counted = rate_limits.limits()
    if counted is None:
        return
    if seconds := counted.hour.seconds_to_wait(f"{what} of {network()}", allowed):
        raise TooManyRequests(problem("page.form.error.too_many", most=allowed), retry_after=seconds)
