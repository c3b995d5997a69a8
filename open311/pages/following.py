"""Following a report by mail, and one's own data. Nothing changes by opening a link: mail scanners open all of them."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311 import web
from open311.actions import follow
from open311.errors import Invalid, NotFound, TooManyRequests, problem
from open311.pages import describe, guard, typed
from open311.pages.addresses import address
from open311.pages.answers import page
from open311.pages.blueprint import blueprint, city
from open311.pages.form import FORM
from open311.storage import service_requests
from open311.web.queries import REQUEST_ID

FOR_ONE_READER = "private, no-store"


@blueprint.page("/reports/<number>/follow", methods=("GET", "POST"), access=FORM)
def follow_report(number: str) -> AnyResponse:
    """Ask to be told of a report by mail."""
    if not (REQUEST_ID.fullmatch(number) and follow.possible(web.core())):
        raise NotFound(problem("error.path"))
    if request.method == "GET":
        return _follow_page(number)
    email = typed.posted("email")
    try:
        _person()
        follow.follow(web.core(), city(), int(number), email, web.language())
    except Invalid as refused:
        return _follow_page(number, email=email, error=typed.at_field(refused.problems[0]).words, status=400)
    except TooManyRequests as many:
        return _follow_page(number, email=email, error=typed.at_field(many.problems[0]).words, status=429)
    return redirect(address("follow_report", number=number, done="1"), 303)


def _person() -> None:
    """Raise unless this may be a person who is not in a hurry."""
    if typed.posted(guard.TRAP):
        raise Invalid(problem("page.form.error.trap"))
    guard.count("mails", guard.MAILS_PER_HOUR)


def _follow_page(number: str, *, email: str = "", error: str = "", status: int = 200) -> Response:
    with web.core().database.read() as conn:
        found = service_requests.find(conn, int(number), city().jurisdiction.jurisdiction_id)
    if found is None or found.visibility == "hidden":
        raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    return page(
        "follow/ask.html",
        status=status,
        cache=FOR_ONE_READER,
        report=describe.shown(found, city()),
        email=email,
        error=error,
        trap=guard.TRAP,
        done=bool(request.args.get("done")),
    )


@blueprint.page("/follow/<token>", methods=("GET", "POST"), access=FORM)
def followed(token: str) -> AnyResponse:
    """Confirm, or stop: what a link in a mail leads to."""
    core = web.core()
    if request.method == "POST" and typed.action()[0] == "stop":
        return _stopped(token)
    try:
        follower = follow.find(core, token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    if request.method == "POST":
        follow.confirm(core, token)
        return redirect(address("followed", token=token), 303)
    with core.database.read() as conn:
        found = service_requests.find(conn, follower.service_request_id, follower.jurisdiction_id)
    shown = describe.shown(found, city()) if found and found.visibility != "hidden" else None
    return page("follow/manage.html", cache=FOR_ONE_READER, follower=follower, report=shown)


@blueprint.page("/follow/<token>/stop", methods=("POST",), access=FORM)
def stop_following(token: str) -> Response:
    """What mail programs call for their own button (RFC 8058)."""
    return _stopped(token)


def _stopped(token: str) -> Response:
    follow.stop(web.core(), token)
    return page("follow/stopped.html", cache=FOR_ONE_READER)


@blueprint.page("/my-data", methods=("GET", "POST"), access=FORM)
def my_data() -> AnyResponse:
    """Ask for a link to one's own data."""
    if not follow.possible(web.core()):
        return page("follow/data_ask.html", possible=False, email="", error="", done=False, trap=guard.TRAP)
    email, error, status = typed.posted("email") if request.method == "POST" else "", "", 200
    if request.method == "POST":
        try:
            _person()
            follow.ask_for_data(web.core(), city(), email, web.language())
            return redirect(address("my_data", done="1"), 303)
        except Invalid as refused:
            error, status = typed.at_field(refused.problems[0]).words, 400
        except TooManyRequests as many:
            error, status = typed.at_field(many.problems[0]).words, 429
    return page(
        "follow/data_ask.html",
        status=status,
        cache=FOR_ONE_READER,
        possible=True,
        email=email,
        error=error,
        done=bool(request.args.get("done")),
        trap=guard.TRAP,
    )


@blueprint.page("/my-data/<token>", methods=("GET", "POST"), access=FORM)
def own_data(token: str) -> AnyResponse:
    """See all that is kept about oneself, and have it erased."""
    core = web.core()
    try:
        if request.method == "POST":
            follow.erase_own_data(core, city(), token)
            return page("follow/erased.html", cache=FOR_ONE_READER)
        found = follow.own_data(core, city(), token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    names = {
        each["service_code"]: city().service_name(each["service_code"], web.language())
        for each in found.reported
    }
    answers = {
        each["service_request_id"]: describe.every_answer(
            city().services.get(each["service_code"]), each["attributes"]
        )
        for each in found.reported
    }
    return page("follow/data.html", cache=FOR_ONE_READER, data=found, names=names, answers=answers)
