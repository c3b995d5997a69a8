"""Following a report by mail, and one's own data. Nothing changes by opening a link: mail scanners open all of them."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.base.errors import Invalid, NotFound, TooManyRequests, problem
from open311.http import current
from open311.notifications import mail_subscriptions
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.form import abuse, form_input
from open311.site.form.steps import FORM
from open311.site.rendering import page
from open311.storage import service_requests
from open311.web.queries import REQUEST_ID

FOR_ONE_READER = "private, no-store"


@blueprint.page("/reports/<number>/follow", methods=("GET", "POST"), access=FORM)
def follow_report(number: str) -> AnyResponse:
    """Ask to be told of a report by mail."""
    if not (REQUEST_ID.fullmatch(number) and mail_subscriptions.possible(current.core())):
        raise NotFound(problem("error.path"))
    if request.method == "GET":
        return _follow_page(number)
    email = form_input.posted("email")
    try:
        _person()
        mail_subscriptions.follow(current.core(), city(), int(number), email, current.language())
    except Invalid as refused:
        return _follow_page(
            number, email=email, error=form_input.at_field(refused.problems[0]).words, status=400
        )
    except TooManyRequests as many:
        return _follow_page(
            number, email=email, error=form_input.at_field(many.problems[0]).words, status=429
        )
    return redirect(address("follow_report", number=number, done="1"), 303)


def _person() -> None:
    """Raise unless this may be a person who is not in a hurry."""
    if form_input.posted(abuse.TRAP):
        raise Invalid(problem("page.form.error.trap"))
    abuse.count("mails", abuse.MAILS_PER_HOUR)


def _follow_page(number: str, *, email: str = "", error: str = "", status: int = 200) -> Response:
    with current.core().database.read() as conn:
        found = service_requests.find(conn, int(number), city().jurisdiction.jurisdiction_id)
    if found is None or found.visibility == "hidden":
        raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    return page(
        "follow/ask.html",
        status=status,
        cache=FOR_ONE_READER,
        report=view_models.shown(found, city()),
        email=email,
        error=error,
        trap=abuse.TRAP,
        done=bool(request.args.get("done")),
    )


@blueprint.page("/follow/<token>", methods=("GET", "POST"), access=FORM)
def followed(token: str) -> AnyResponse:
    """Confirm, or stop: what a link in a mail leads to."""
    core = current.core()
    if request.method == "POST" and form_input.action()[0] == "stop":
        return _stopped(token)
    try:
        follower = mail_subscriptions.find(core, token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    if request.method == "POST":
        mail_subscriptions.confirm(core, token)
        return redirect(address("followed", token=token), 303)
    with core.database.read() as conn:
        found = service_requests.find(conn, follower.service_request_id, follower.jurisdiction_id)
    shown = view_models.shown(found, city()) if found and found.visibility != "hidden" else None
    return page("follow/manage.html", cache=FOR_ONE_READER, follower=follower, report=shown)


@blueprint.page("/follow/<token>/stop", methods=("POST",), access=FORM)
def stop_following(token: str) -> Response:
    """What mail programs call for their own button (RFC 8058)."""
    return _stopped(token)


def _stopped(token: str) -> Response:
    mail_subscriptions.stop(current.core(), token)
    return page("follow/stopped.html", cache=FOR_ONE_READER)


@blueprint.page("/my-data", methods=("GET", "POST"), access=FORM)
def my_data() -> AnyResponse:
    """Ask for a link to one's own data."""
    if not mail_subscriptions.possible(current.core()):
        return page("follow/data_ask.html", possible=False, email="", error="", done=False, trap=abuse.TRAP)
    email, error, status = form_input.posted("email") if request.method == "POST" else "", "", 200
    if request.method == "POST":
        try:
            _person()
            mail_subscriptions.ask_for_data(current.core(), city(), email, current.language())
            return redirect(address("my_data", done="1"), 303)
        except Invalid as refused:
            error, status = form_input.at_field(refused.problems[0]).words, 400
        except TooManyRequests as many:
            error, status = form_input.at_field(many.problems[0]).words, 429
    return page(
        "follow/data_ask.html",
        status=status,
        cache=FOR_ONE_READER,
        possible=True,
        email=email,
        error=error,
        done=bool(request.args.get("done")),
        trap=abuse.TRAP,
    )


@blueprint.page("/my-data/<token>", methods=("GET", "POST"), access=FORM)
def own_data(token: str) -> AnyResponse:
    """See all that is kept about oneself, and have it erased."""
    core = current.core()
    try:
        if request.method == "POST":
            mail_subscriptions.erase_own_data(core, city(), token)
            return page("follow/erased.html", cache=FOR_ONE_READER)
        found = mail_subscriptions.own_data(core, city(), token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    names = {
        each["service_code"]: city().service_name(each["service_code"], current.language())
        for each in found.reported
    }
    answers = {
        each["service_request_id"]: view_models.every_answer(
            city().services.get(each["service_code"]), each["attributes"]
        )
        for each in found.reported
    }
    return page("follow/data.html", cache=FOR_ONE_READER, data=found, names=names, answers=answers)
