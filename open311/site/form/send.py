"""The end of the report form: review, send, and the page after sending."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.casework.publication import withdrawal
from open311.actions.reporting import drafts
from open311.base.errors import Invalid, TooManyRequests
from open311.http import current
from open311.model.access import visibility
from open311.model.access.visibility import View
from open311.model.catalogue import ServiceType
from open311.model.intake.drafts import Draft
from open311.model.service_request import Status, Visibility
from open311.notifications import form_reports, mail_subscriptions
from open311.notifications.form_reports import MailWish
from open311.site import view_models
from open311.site.blueprint import city
from open311.site.form import abuse, form_input, pages, questions
from open311.site.form.form_input import FieldProblem
from open311.site.form.nearby import nearby
from open311.site.form.next_steps import next_steps
from open311.site.words import degrees
from open311.site.words import words as messages
from open311.storage.requests import service_requests
from open311.web import single_request


def check(
    draft: Draft, *, faults: Sequence[FieldProblem] = (), changed: bool = False, status: int | None = None
) -> Response:
    """The review page: everything that was typed, before it is sent."""
    service = form_input.service(city(), draft.state)
    place, _ = form_input.position(draft.state)
    seen = draft.state.get("seen", ())
    return pages.step(
        "check",
        draft,
        faults=[*faults, *form_input.field_problems(city(), draft)],
        status=status or 200,
        service=service,
        answers=pages.answers_shown(draft, service) if service else [],
        position=degrees(place.lat, place.long) if place else "",
        nearby=[request for request in nearby(draft) if request.number not in seen],
        changed=changed,
        guarded_form=abuse.of_draft(draft),
    )


def send(draft: Draft) -> AnyResponse:
    """Send the report; if it cannot be sent, the review page says why."""
    pressed, value = form_input.action()
    if pressed == "me_too":
        return me_too(draft, value)
    service = form_input.service(city(), draft.state)
    if form_input.field_problems(city(), draft) or service is None:
        return check(draft, status=400)
    if service.stop_text and draft.text("no_danger") != service.service_code:
        return pages.to_step(draft, "danger")
    # The catalogue may have changed while the form lay open over night.
    print_of_questions = questions.fingerprint(service)
    if draft.text("asked") != print_of_questions:
        drafts.keep(current.core(), draft, {**draft.state, "asked": print_of_questions})
        return check(draft, changed=True, status=409)
    try:
        if hurdle := abuse.hurdle(draft):
            return check(draft, faults=[_on_top(hurdle)], status=400)
    except TooManyRequests as many:
        response = check(draft, faults=[_on_top(problem) for problem in many.problems], status=429)
        response.headers["Retry-After"] = str(many.retry_after)
        return response
    return _submit(draft)


def _on_top(fault: Any) -> FieldProblem:
    return FieldProblem("send", "check", form_input.at_field(fault).words)


def _submit(draft: Draft) -> AnyResponse:
    core, email, language = current.core(), draft.text("email"), current.language()
    follows = bool(draft.text("follow")) and mail_subscriptions.possible(core)
    whole, unread = form_input.submission(city(), draft)
    try:
        mail = MailWish(email, language, abuse.of_draft(draft).mail_asker(), follows)
        form_reports.send(core, city(), draft, whole, unread, mail)
    except Invalid as refused:
        return check(draft, faults=[form_input.at_field(problem) for problem in refused.problems], status=400)
    return pages.to_step(draft, "sent")


def me_too(draft: Draft, value: str) -> AnyResponse:
    """Count for a report that says the same, instead of sending another one; with an address, hear of it, too."""
    core, email, language = current.core(), draft.text("email"), current.language()
    number = single_request.find(core, city(), value).request.service_request_id
    follows = bool(email) and mail_subscriptions.possible(core)
    sender = (abuse.device(), abuse.network())
    try:
        mail = (
            MailWish(email, language, abuse.of_draft(draft).mail_asker(), follows=True) if follows else None
        )
        form_reports.join(core, city(), draft, number, sender, mail)
    except (Invalid, TooManyRequests) as refused:
        faults = [
            FieldProblem("email", "contact", form_input.at_field(problem).words)
            for problem in refused.problems
        ]
        return pages.contact(draft, faults=faults, retry_after=getattr(refused, "retry_after", 0))
    return pages.to_step(draft, "sent")


def sent_page(draft: Draft) -> Response:
    """The page after sending: number, link, and what happens next."""
    with current.core().database.read() as conn:
        owner = city().jurisdiction.jurisdiction_id
        service_request = service_requests.find(conn, draft.service_request_id or 0, owner)
    view = visibility.view_of(service_request, city().jurisdiction)
    held = bool(service_request and service_request.visibility == Visibility.HELD)
    # The sender may know the number even where others must not.
    shown = service_request and (held or view is not View.NONE) and _has_number(service_request.service_code)
    followed, joined = draft.text("followed") == drafts.FOLLOWED, draft.text("outcome") == "joined"
    steps = (
        next_steps(service_request, city(), has_number=bool(shown), mail=followed)
        if service_request and not joined
        else ()
    )
    return pages.step(
        "sent",
        draft,
        next_steps=list(steps),
        report=view_models.shown_report(service_request, city()) if service_request and shown else None,
        joined=joined,
        held=held,
        readable=view is not View.NONE,
        service=city().services.get(service_request.service_code) if service_request else None,
        followed=followed,
        receipt=draft.text("followed") == drafts.RECEIPT,
        may_withdraw=draft.text("outcome") == "sent"
        and bool(service_request and service_request.status == Status.OPEN),
        withdrawn=bool(service_request and service_request.visibility == Visibility.HIDDEN)
        or bool(request.args.get("withdrawn")),
        not_now=draft.text("followed") == drafts.NOT_NOW,
        mail=mail_subscriptions.possible(current.core()),
    )


def withdraw(draft: Draft) -> AnyResponse:
    """Withdraw the report of this draft, whose address its sender alone knows."""
    withdrawal.withdraw(current.core(), draft.service_request_id or 0, messages("page.withdraw.words"))
    return pages.to_step(draft, "sent", withdrawn="1")


def _has_number(service_code: str) -> bool:
    """Whether a sender is told the number: of a blackbox service nobody is (GeoReport v2, GET service list)."""
    service = city().services.get(service_code)
    return service is None or service.type is not ServiceType.BLACKBOX
