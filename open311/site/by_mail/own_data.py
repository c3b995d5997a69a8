"""One's own data: see them, take them along, have them erased, by a link that only the owner of a mailbox has."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.base.errors import Invalid, NotFound, TooManyRequests
from open311.http import current
from open311.model.mailbox import readable
from open311.notifications import mail_subscriptions
from open311.notifications.privacy import own_data
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.by_mail.following import FOR_ONE_READER, mail_form
from open311.site.form import abuse, form_input
from open311.site.form.steps import FORM
from open311.site.rendering import HEADERS, page

FORM_NAME = "own data"


@blueprint.page("/my-data", methods=("GET", "POST"), access=FORM)
def my_data() -> AnyResponse:
    """Ask for a link to one's own data."""
    possible = mail_subscriptions.possible(current.core())
    if request.method == "GET" or not possible:
        return mail_form("follow/data_ask.html", abuse.new_form(FORM_NAME), possible=possible)
    email, form = form_input.posted("email"), abuse.posted_form(FORM_NAME)
    if form_input.other_language():
        return mail_form("follow/data_ask.html", form, email, possible=True)
    try:
        own_data.request_link(current.core(), city(), email, current.language(), form.mail_asker())
    except (Invalid, TooManyRequests) as refused:
        return mail_form("follow/data_ask.html", form, email, refused, possible=True)
    return redirect(address("my_data", done="1"), 303)


@blueprint.page("/my-data/<token>", methods=("GET", "POST"), access=FORM)
def show_own_data(token: str) -> AnyResponse:
    """See all that is kept about oneself, and have it erased."""
    core = current.core()
    try:
        if request.method == "POST":
            # By a press alone: programs that look through mails open every link.
            own_data.erase(core, city(), token)
            return page("follow/erased.html", cache=FOR_ONE_READER)
        data = own_data.find(core, city(), token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    shown = replace(
        data,
        email=readable(data.email),
        reported=[_readable(report) for report in data.reported],
        updated=[_readable(update) for update in data.updated],
    )
    names = {
        report["service_code"]: city().service_name(report["service_code"], current.language())
        for report in data.reported
    }
    answers = {
        report["service_request_id"]: view_models.every_answer(
            city().services.get(report["service_code"]), report["attributes"]
        )
        for report in data.reported
    }
    return page(
        "follow/data.html", cache=FOR_ONE_READER, data=shown, names=names, answers=answers, token=token
    )


def _readable(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**kept, "email": readable(kept["email"])}


@blueprint.page("/my-data/<token>/export", access=FORM)
def export_own_data(token: str) -> AnyResponse:
    """The same as a file."""
    try:
        data = own_data.find(current.core(), city(), token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    response = Response(orjson.dumps(own_data.document(data), option=orjson.OPT_INDENT_2), headers=HEADERS)
    response.content_type = "application/json; charset=utf-8"
    response.headers["Cache-Control"] = FOR_ONE_READER
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response
