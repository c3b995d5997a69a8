"""Mails to contractors: an order with its link, what the city writes about it, a reminder, the end of it."""

from babel.dates import format_date

from open311.base.i18n import locale_of, translate
from open311.core import Core
from open311.model.access.secret_tokens import new_token
from open311.model.casework.orders import Order
from open311.model.catalogue import Catalogue
from open311.model.events import Event
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest
from open311.notifications.mails import sending
from open311.storage import events
from open311.storage.desk.outside import orders
from open311.storage.mails.sent_mails import SentKind
from open311.storage.requests import service_requests

KINDS = {
    EventKind.ORDER_SENT: ("mail.order.subject", "mail.order.text"),
    EventKind.ORDER_ANSWERED: ("mail.order_letter.subject", "mail.order_letter.text"),
    EventKind.ORDER_RETURNED: ("mail.order_returned.subject", "mail.order_returned.text"),
    EventKind.ORDER_REVOKED: ("mail.order_revoked.subject", "mail.order_revoked.text"),
    EventKind.REMINDED: ("mail.order_reminder.subject", "mail.order_reminder.text"),
}


def send(core: Core, event_id: int) -> None:
    """Send the mail of an event about an order. What was called off before it went out is not sent at all.

    The link gets its token only now: the clear word is nowhere but in the mail.
    """
    with core.database.read() as conn:
        event = events.find(conn, event_id)
        order = orders.find(conn, int(event.data.get("order_id", 0))) if event else None
        request = service_requests.find_any(conn, order.service_request_id) if order else None
    if event is None or order is None or request is None or not _is_due(event, order):
        return
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    contractor = catalogue.desk.contractors.get(order.contractor)
    if contractor is None or contractor.email is None:
        return
    language = catalogue.jurisdiction.languages[0]
    token = new_token()
    with core.database.begin() as conn:
        orders.add_link(conn, order.id, token)
        orders.change(conn, order.id, sent_datetime=order.sent_datetime or core.now())
    values = _values(catalogue, request, order, event, language)
    path = f"/order/{token}"
    sent = sending.send(core, catalogue, contractor.email, language, KINDS[event.kind], values, path)
    sending.record(core, order.service_request_id, sent, event_id=event_id, kind=SentKind.ORDER)


def _is_due(event: Event, order: Order) -> bool:
    if event.kind == EventKind.ORDER_REVOKED:
        return order.sent_datetime is not None
    return event.kind in KINDS and order.is_open


def _values(
    catalogue: Catalogue, request: ServiceRequest, order: Order, event: Event, language: str
) -> dict[str, str]:
    """What a mail says. Place, words and photos are on the page alone, which can be closed again."""
    zone = catalogue.jurisdiction.time_zone
    ends = order.ends_datetime.astimezone(zone)
    return {
        "order": str(order.id),
        "number": str(request.service_request_id),
        "service": catalogue.service_name(request.service_code, language),
        "text": str(event.data.get("text") or ""),
        "due": _due(order, language),
        "ends": format_date(ends, "long", locale=locale_of(language)),
    }


def _due(order: Order, language: str) -> str:
    if order.due_date is None:
        return translate("mail.order.no_due", language)
    return format_date(order.due_date, "long", locale=locale_of(language))
