"""News of an area by mail: asked for by a form, begun and ended by the links in the mails."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.addresses import geocoding
from open311.base.errors import Invalid, NotFound, TooManyRequests, problem
from open311.http import current
from open311.model.mailbox import hinted
from open311.notifications import alerts, mail_subscriptions
from open311.notifications.model.alert import RADII, Alert
from open311.site import options
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.by_mail.following import FOR_ONE_READER, guarded_page
from open311.site.form import abuse, form_input
from open311.site.form.abuse import GuardedForm
from open311.site.form.steps import FORM
from open311.site.list import listing
from open311.site.rendering import page
from open311.site.words import words

FIELDS = ("where", "address", "radius", "area", "service_code", "often", "email")
FORM_NAME = "alerts"
LONGEST_PLACE = 200


@blueprint.page("/alerts", methods=("GET", "POST"), access=FORM)
def area_alerts() -> AnyResponse:
    """Ask for mails about new reports around an address, in an area or in the whole city."""
    if not mail_subscriptions.possible(current.core()):
        raise NotFound(problem("error.path"))
    if request.method == "GET":
        typed = {
            "where": "around",
            "radius": "500",
            "address": request.args.get("address", "")[:LONGEST_PLACE],
        }
        return _form(abuse.new_form(FORM_NAME), typed, {})
    typed, form = {name: form_input.posted(name) for name in FIELDS}, abuse.posted_form(FORM_NAME)
    if form_input.other_language():
        return _form(form, typed, {})
    wish, errors = _wish(typed)
    if errors:
        return _form(form, typed, errors)
    try:
        alerts.subscribe(current.core(), wish, form.mail_asker())
    except (Invalid, TooManyRequests) as refused:
        fault = form_input.at_field(refused.problems[0])
        field = "email" if fault.field == "email" else "send"
        return _form(form, typed, {field: fault.words}, getattr(refused, "retry_after", 0))
    # By another address, so that loading the page again does not send the form again.
    return redirect(address("area_alerts", done="1"), 303)


def _wish(typed: dict[str, str]) -> tuple[Alert, dict[str, str]]:
    """What was asked for, and what is wrong with it, by field."""
    catalogue, errors = city(), dict[str, str]()
    place, lat, long, radius, area = words("page.alerts.city"), None, None, None, None
    if typed["where"] == "around":
        places = geocoding.search(current.core(), catalogue, typed["address"], current.language())
        radius = int(typed["radius"]) if typed["radius"] in map(str, RADII) else RADII[1]
        if places:
            lat, long = places[0].lat, places[0].long
            place = words("page.alerts.place", metres=radius, address=places[0].address[:LONGEST_PLACE])
        else:
            errors["address"] = words("page.alerts.error.address")
    elif typed["where"] == "area":
        # An area that the catalogue does not know would match no report, and nobody would notice.
        area = typed["area"] if typed["area"] in catalogue.desk.areas.by_code else None
        place = catalogue.desk.areas.name(area or "", current.language())
        if area is None:
            errors["area"] = words("page.alerts.error.area")
    elif typed["where"] != "city":
        errors["where"] = words("page.alerts.error.where")
    service = catalogue.find_service(typed["service_code"])
    wish = Alert(
        jurisdiction_id=catalogue.jurisdiction.jurisdiction_id,
        email=typed["email"].strip(),
        language=current.language(),
        place=place,
        lat=lat,
        long=long,
        radius=radius,
        area=area,
        service_code=service.service_code if service else None,
        weekly=typed["often"] == "week",
        created_datetime=current.core().now(),
    )
    return wish, errors


def _form(form: GuardedForm, typed: dict[str, str], errors: dict[str, str], retry_after: int = 0) -> Response:
    return guarded_page(
        "part/alerts.html",
        form,
        is_refused=bool(errors),
        retry_after=retry_after,
        typed=typed,
        errors=errors,
        radii=[(radius, words("page.alerts.metres", metres=radius)) for radius in RADII],
        areas=options.areas(city()),
        groups=listing.services_by_group(city()),
    )


@blueprint.page("/alerts/<token>", methods=("GET", "POST"), access=FORM)
def area_alert(token: str) -> AnyResponse:
    """Confirm, or stop: what a link in a mail leads to; opening it changes nothing."""
    core = current.core()
    pressed = form_input.action()[0] if request.method == "POST" else ""
    # Before the link is looked up: stopping is never refused, also by a link that has ended.
    if pressed == "stop":
        return _stopped(token)
    try:
        alert = alerts.find(core, city(), token)
    except NotFound:
        return page("follow/unknown.html", status=404, cache=FOR_ONE_READER)
    if pressed == "confirm":
        alerts.confirm(core, token)
        return redirect(address("area_alert", token=token), 303)
    return page("part/alert.html", cache=FOR_ONE_READER, alert=alert, email=hinted(alert.email), token=token)


@blueprint.page("/alerts/<token>/stop", methods=("POST",), access=FORM)
def stop_area_alert(token: str) -> Response:
    """What mail programs call for their own button (RFC 8058)."""
    return _stopped(token)


def _stopped(token: str) -> Response:
    alerts.stop(current.core(), token)
    return page("follow/stopped.html", cache=FOR_ONE_READER)
