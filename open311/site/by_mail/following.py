"""Following a report by mail. Nothing changes by opening a link: mail scanners open all of them."""

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.casework.publication import withdrawal
from open311.base.errors import Invalid, NotFound, TooManyRequests, problem
from open311.http import current
from open311.model.access.visibility import View
from open311.model.mailbox import hinted
from open311.notifications import mail_subscriptions
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.form import abuse, form_input
from open311.site.form.abuse import GuardedForm
from open311.site.form.steps import FORM
from open311.site.rendering import page
from open311.site.words import words
from open311.web import single_request
from open311.web.queries import REQUEST_ID

FOR_ONE_READER = "private, no-store"
FORM_NAME = "follow"


@blueprint.page("/reports/<number>/follow", methods=("GET", "POST"), access=FORM)
def follow_report(number: str) -> AnyResponse:
    """Ask to be told of a report by mail."""
    if not (REQUEST_ID.fullmatch(number) and mail_subscriptions.possible(current.core())):
        raise NotFound(problem("error.path"))
    if request.method == "GET":
        return _follow_page(number, abuse.new_form(FORM_NAME))
    email, form = form_input.posted("email"), abuse.posted_form(FORM_NAME)
    if form_input.other_language():
        return _follow_page(number, form, email=email)
    try:
        mail_subscriptions.follow(
            current.core(), city(), int(number), email, current.language(), form.mail_asker()
        )
    except (Invalid, TooManyRequests) as refused:
        return _follow_page(number, form, email=email, refused=refused)
    return redirect(address("follow_report", number=number, done="1"), 303)


def _follow_page(
    number: str, form: GuardedForm, *, email: str = "", refused: Invalid | TooManyRequests | None = None
) -> Response:
    service_request = single_request.find(current.core(), city(), number, least=View.REDACTED).request
    return mail_form(
        "follow/ask.html", form, email, refused, report=view_models.shown_report(service_request, city())
    )


def mail_form(
    template: str,
    form: GuardedForm,
    email: str = "",
    refused: Invalid | TooManyRequests | None = None,
    **values: Any,
) -> Response:
    """A page with a form that asks for a mail; what was refused is told at its field."""
    return guarded_page(
        template,
        form,
        is_refused=refused is not None,
        retry_after=refused.retry_after if isinstance(refused, TooManyRequests) else 0,
        email=email,
        error=form_input.at_field(refused.problems[0]).words if refused else "",
        **values,
    )


def guarded_page(
    template: str, form: GuardedForm, *, is_refused: bool, retry_after: int = 0, **values: Any
) -> Response:
    """A page with a form that is guarded against machines; after too many requests it says when to come again."""
    response = page(
        template,
        status=429 if retry_after else 400 if is_refused else 200,
        cache=FOR_ONE_READER,
        form=form,
        honeypot=abuse.HONEYPOT,
        done=bool(request.args.get("done")),
        later=bool(retry_after),
        **values,
    )
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


@blueprint.page("/follow/<token>", methods=("GET", "POST"), access=FORM)
def followed(token: str) -> AnyResponse:
    """Confirm, or stop: what a link in a mail leads to."""
    core = current.core()
    pressed = form_input.action()[0] if request.method == "POST" else ""
    if pressed == "stop":
        return _stopped(token)
    try:
        follower = mail_subscriptions.find(core, token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    # The link came by mail, and the mailbox is that of the report.
    mine = follower.is_reporter and follower.confirmed_datetime is not None
    if pressed == "withdraw" and mine:
        withdrawal.withdraw(core, follower.service_request_id, words("page.withdraw.words"))
        return redirect(address("followed", token=token, withdrawn="1"), 303)
    if pressed == "confirm":
        mail_subscriptions.confirm(core, token)
        return redirect(address("followed", token=token), 303)
    # A mail is passed on, and printed: its link shows no more of a report than everybody sees.
    try:
        service_request = single_request.find(core, city(), follower.service_request_id).request
        shown: view_models.ShownReport | None = view_models.shown_report(service_request, city())
    except NotFound:
        shown = None
    return page(
        "follow/manage.html",
        cache=FOR_ONE_READER,
        follower=follower,
        email=hinted(follower.email),
        report=shown,
        token=token,
        may_withdraw=mine,
        withdrawn=bool(request.args.get("withdrawn")),
    )


@blueprint.page("/follow/<token>/stop", methods=("POST",), access=FORM)
def stop_following(token: str) -> Response:
    """What mail programs call for their own button (RFC 8058)."""
    return _stopped(token)


def _stopped(token: str) -> Response:
    mail_subscriptions.stop(current.core(), token)
    return page("follow/stopped.html", cache=FOR_ONE_READER)
