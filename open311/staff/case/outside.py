"""What hangs outside: orders to contractors, reports with another server, mails; one page a case, one for all."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from urllib.parse import urlsplit

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.base.errors import Invalid, problem
from open311.base.text import whole_number
from open311.federation.forwarding import in_doubt, release
from open311.federation.storage import forwards
from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework.cases import Flag
from open311.model.casework.desk_search import CaseSearch
from open311.model.casework.orders import may_leave
from open311.model.events.event_kinds import EventKind
from open311.model.forwards import IN_TROUBLE
from open311.model.service_request import Status, Visibility
from open311.staff import way_back
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.case import timeline
from open311.staff.rendering import render
from open311.staff.seen_case import NOTHING_REFUSED, Act, Refusal, SeenCase, attempt, find_case, render_case
from open311.storage.desk.lists import case_list
from open311.storage.desk.outside import orders, unanswered
from open311.storage.desk.scope import scope_of
from open311.webhooks import storage as subscriptions

MOST = 200
LOST_MAILS_SHOWN = timedelta(days=30)
ABOUT_ORDERS = tuple(kind for kind in EventKind if kind.startswith("order_"))


@page("/outside", Right.SEE_REPORTS)
def outside_list() -> ResponseReturnValue:
    """Everything that hangs outside, within what somebody may see."""
    scope, now = scope_of(staff()), current.core().now()
    with current.core().database.read() as conn:
        open_orders = orders.unsettled(conn, scope, MOST)
        in_trouble = forwards.in_trouble(conn, scope, MOST)
        questions = unanswered.open_questions(conn, scope, now, MOST)
        lost = unanswered.lost_mails(conn, scope, now - LOST_MAILS_SHOWN, MOST)
        hooks = subscriptions.hindered(conn, staff().jurisdictions(Right.CHECK))
        [elsewhere] = case_list.counted(conn, scope, [CaseSearch(flags=(Flag.FORWARDED,))], now)
    names = {
        code: catalogue.unit_name(code, current.language())
        for catalogue in current.core().catalogues.in_force
        for code in catalogue.desk.contractors
    }
    return render(
        "case/outside_list.html",
        orders=open_orders,
        forwards=in_trouble,
        names=names,
        elsewhere=elsewhere,
        hooks=[(hook, urlsplit(hook.url).hostname) for hook in hooks],
        questions=questions,
        lost=lost,
        lost_days=LOST_MAILS_SHOWN.days,
    )


@page("/reports/<number:number>/outside", Right.SEE_REPORTS)
def report_outside(number: int) -> ResponseReturnValue:
    return _page(find_case(number))


@page("/reports/<number:number>/outside/<act>", Right.SEE_REPORTS, methods=("POST",))
def outside_act(number: int, act: str) -> ResponseReturnValue:
    """Order, or do something about what hangs outside."""
    seen = find_case(number)
    if (refused := attempt(seen, act, ACTS, _page)) is not None:
        return refused
    return redirect_to("report_outside", done="saved", number=number, **way_back.of_request().query)


def _page(seen: SeenCase, refusal: Refusal = NOTHING_REFUSED) -> Response:
    whole, catalogue = seen.whole, seen.catalogue
    report = whole.request
    with current.core().database.read() as conn:
        orders_of_case = orders.of_request(conn, report.service_request_id)
        forward = forwards.find(conn, report.service_request_id)
    happened = {event.id: event for event in whole.history}
    letters = [event for event in whole.history if event.kind in ABOUT_ORDERS]
    answers = {
        order.id: [event for event in letters if event.data.get("order_id") == order.id]
        for order in orders_of_case
    }
    checked = report.visibility in (Visibility.PUBLISHED, Visibility.WITHHELD)
    return render_case(
        "case/outside.html",
        seen,
        refusal,
        orders=list(reversed(orders_of_case)),
        lines={number: timeline.lines(events, catalogue) for number, events in answers.items()},
        photos_of={
            order.id: [
                photo
                for photo in whole.photos
                if photo.update_id in {answer.id for answer in answers[order.id]}
            ]
            for order in orders_of_case
        },
        forward=forward,
        in_trouble=IN_TROUBLE,
        releasable=release.RELEASABLE,
        mails=[(happened.get(mail.event_id or 0), mail) for mail in reversed(whole.mails)],
        event_words=timeline.what,
        firms=list(catalogue.desk.contractors),
        may_order=checked and report.status == Status.OPEN and seen.may(Right.ORDER),
        photos=[photo for photo in whole.photos if may_leave(photo)],
        others=sum(not may_leave(photo) for photo in whole.photos),
        closed=[status for status in catalogue.statuses.values() if status.status == Status.CLOSED],
    )


def _number(form: Mapping[str, str], name: str) -> int:
    number = whole_number(form.get(name, ""))
    if number is None:
        raise Invalid(problem("error.path"))
    return number


def _order_id(seen: SeenCase, form: Mapping[str, str]) -> int:
    """The order that a form is about, which must be one of this very case: for that the right was looked at."""
    order_id = _number(form, "order")
    with current.core().database.read() as conn:
        order = orders.find(conn, order_id)
    if order is None or order.service_request_id != seen.number:
        raise Invalid(problem("error.order.unknown", order_id=order_id))
    return order_id


def _photos() -> list[int]:
    sent = map(whole_number, request.form.getlist("photo"))
    return [media_id for media_id in sent if media_id is not None]


def _order(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    word = form.get("due", "")
    try:
        due = date.fromisoformat(word) if word else None
    except ValueError:
        raise Invalid(problem("desk.error.day")) from None
    casework.order(
        current.core(),
        seen.number,
        form.get("contractor", ""),
        form.get("text", ""),
        seen.actor,
        photos=_photos(),
        due=due,
        expected_revision=revision,
    )


def _about_order(act: Callable[..., object]) -> Act:
    return lambda seen, form, revision: act(
        current.core(), _order_id(seen, form), seen.actor, expected_revision=revision
    )


def _letter(act: Callable[..., object]) -> Act:
    return lambda seen, form, revision: act(
        current.core(), _order_id(seen, form), form.get("text", ""), seen.actor, expected_revision=revision
    )


def _confirm(seen: SeenCase, form: Mapping[str, str], revision: int | None) -> None:
    casework.confirm_order(
        current.core(),
        _order_id(seen, form),
        seen.actor,
        status=form.get("status") or None,
        status_notes=form.get("status_notes", "").strip() or None,
        photos=_photos(),
        expected_revision=revision,
    )


def _retry_forward(seen: SeenCase, _: Mapping[str, str], __: int | None) -> None:
    in_doubt.retry(current.core(), seen.number, seen.actor)


def _link_forward(seen: SeenCase, form: Mapping[str, str], _: int | None) -> None:
    foreign_id = form.get("foreign_id", "").strip()
    if not 0 < len(foreign_id) <= 500:
        raise Invalid(problem("error.forward.id"))
    in_doubt.link(current.core(), seen.number, foreign_id, seen.actor)


def _take_back(seen: SeenCase, _: Mapping[str, str], __: int | None) -> None:
    release.take_back(current.core(), seen.number, seen.actor)


ACTS: Mapping[str, Act] = {
    "order": _order,
    "revoke": _about_order(casework.revoke_order),
    "settle": _about_order(casework.settle_order),
    "write": _letter(casework.answer_contractor),
    "return": _letter(casework.return_order),
    "confirm": _confirm,
    "retry": _retry_forward,
    "link": _link_forward,
    "take_back": _take_back,
}
