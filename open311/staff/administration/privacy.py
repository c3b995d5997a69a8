"""What somebody asks to know, to get and to have erased: for whoever answers for the protection of data."""

from collections.abc import Mapping, Sequence

import orjson
from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.actions.addresses import look_ups
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy, whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.mailbox import mailbox
from open311.model.service_request import ServiceRequest
from open311.model.staff import rights
from open311.notifications.privacy import on_request, own_data
from open311.notifications.privacy.own_data import OwnData
from open311.staff.blueprint import account_actor, actor, page, redirect_to, staff
from open311.staff.forms import posted
from open311.staff.own_cities import chosen_city, own_cities
from open311.staff.rendering import NOT_KEPT, render
from open311.storage.desk.people import Involved
from open311.storage.desk.scope import erasure_scope
from open311.storage.mails.blocked_senders import DIGITS, phone_pattern
from open311.storage.requests import cases, service_requests

BOTH = (Right.EXPORT_PERSONAL, Right.ERASE)


@page("/admin/privacy", *BOTH, methods=("GET", "POST"), confirmed=True)
def privacy() -> ResponseReturnValue:
    """Ask for somebody by mail address or telephone number, or for a report. A form: no address keeps who it was."""
    if request.method == "GET":
        number = whole_number(request.args.get("number", ""), 15)
        return redirect_to("privacy_report", number=number) if number else _asked()
    contact, city = posted("contact").strip(), chosen_city(own_cities(*BOTH), posted("city"))
    try:
        if "@" not in contact:
            return _asked(contact, involved=_by_phone(contact))
        if posted("act") == "export":
            return _file(on_request.hand_out(current.core(), city, contact, _actor(city)))
        if posted("act") == "erase" and posted("sure"):
            on_request.erase(current.core(), city, contact, _actor(city))
            return redirect_to("privacy", done="forgotten")
        errors = {"sure": in_words(problem("desk.privacy.sure"))} if posted("act") == "erase" else {}
        data = on_request.look_up(current.core(), city, contact, _actor(city))
    except Invalid as refused:
        return _asked(contact, errors={"contact": in_words(refused.problems[0])})
    return _asked(contact, data=data, errors=errors, city=city)


def _asked(
    contact: str = "",
    *,
    data: OwnData | None = None,
    involved: Sequence[Involved] | None = None,
    errors: Mapping[str, str] | None = None,
    city: Catalogue | None = None,
) -> Response:
    cities = own_cities(*BOTH)
    return render(
        "administration/privacy.html",
        status=400 if errors else 200,
        errors=errors or {},
        contact=contact,
        email=mailbox(contact) if data else None,
        data=data,
        involved=involved,
        city=city,
        cities=cities,
        catalogues={city.jurisdiction.jurisdiction_id: city for city in cities},
        may_erase=Right.ERASE in staff().rights,
    )


def _actor(city: Catalogue) -> Actor:
    return actor(city.jurisdiction.jurisdiction_id)


def _by_phone(contact: str) -> Sequence[Involved]:
    """The reports of whoever left a telephone number: each has a page on which its people are forgotten."""
    if not phone_pattern(contact):
        raise Invalid(problem("desk.people.unreadable", digits=DIGITS))
    doer = account_actor()
    return look_ups.people(current.core(), erasure_scope(staff()), contact, doer, Right.ERASE)


def _file(data: OwnData) -> Response:
    response = Response(orjson.dumps(own_data.document(data), option=orjson.OPT_INDENT_2))
    response.content_type = "application/json; charset=utf-8"
    response.headers["Cache-Control"] = NOT_KEPT
    response.headers["Content-Disposition"] = 'attachment; filename="data.json"'
    return response


@page("/admin/privacy/<number:number>", Right.ERASE, methods=("GET", "POST"), confirmed=True)
def privacy_report(number: int) -> ResponseReturnValue:
    """Forget the people of one report, or erase the report, after a question."""
    report = _erasable(number)
    if request.method == "GET":
        return _report_page(report)
    doer, reason = actor(report.jurisdiction_id), tidy(posted("reason"))
    if not posted("sure"):
        return _report_page(report, {"sure": in_words(problem("desk.privacy.sure"))})
    if posted("act") == "people":
        on_request.forget_people_of(current.core(), number, doer)
        return redirect_to("privacy", done="forgotten")
    if posted("act") != "report" or not reason:
        return _report_page(report, {"reason": in_words(problem("desk.privacy.reason"))})
    casework.erase(current.core(), number, doer, reason)
    return redirect_to("privacy", done="erased")


def _erasable(number: int) -> ServiceRequest:
    """A report that this person may erase, whether or not they may read it."""
    with current.core().database.read() as conn:
        report = service_requests.find_any(conn, number)
        case = cases.find(conn, number) if report else None
    if report is None or case is None or not rights.is_granted(staff(), Right.ERASE, case, report.visibility):
        raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    return report


def _report_page(report: ServiceRequest, errors: Mapping[str, str] | None = None) -> Response:
    return render(
        "administration/privacy_report.html",
        status=400 if errors else 200,
        errors=errors or {},
        report=report,
        number=report.service_request_id,
        catalogue=current.core().catalogues.owner(report.jurisdiction_id),
        reason=posted("reason"),
        act=posted("act"),
    )
