"""Letters that belong to one report: to its reporter, and to those who object to it."""

from babel.dates import format_date

from open311.base.i18n import locale_of
from open311.core import Core
from open311.model.access.secret_tokens import new_token
from open311.model.casework.objections import Verdict
from open311.model.events.event_kinds import EventKind
from open311.model.mailbox import mailbox
from open311.notifications.mails import sending
from open311.notifications.model.audience import MailKind
from open311.notifications.storage import followers
from open311.storage import events
from open311.storage.desk.outside import questions
from open311.storage.events import updates
from open311.storage.mails.sent_mails import SentKind
from open311.storage.requests import service_requests
from open311.storage.requests.cases import ANSWER_WITHIN

# What is written to those who object to a report.
OBJECTED = ("mail.objected.subject", "mail.objected.text")
VERDICTS = {
    Verdict.UPHELD: ("mail.objection.subject", "mail.objection.upheld.text"),
    Verdict.REJECTED: ("mail.objection.subject", "mail.objection.rejected.text"),
}
RECEIPT = ("mail.receipt.subject", "mail.receipt.text")
KINDS = {EventKind.ANSWERED: MailKind.ANSWERED, EventKind.ASKED: MailKind.ASKED}


def send(core: Core, event_id: int) -> None:
    """Send the letter of an event; what was taken back meanwhile, or has no address any more, is not sent.

    A question gets its token only now: the clear word is nowhere but in the mail.
    """
    with core.database.read() as conn:
        event = events.find(conn, event_id)
        if event is None or event.kind not in KINDS or event.data.get("taken_back"):
            return
        request = service_requests.find_any(conn, event.service_request_id)
        address = mailbox(service_requests.find_address(conn, event.service_request_id) or "")
        text = str(event.data.get("text") or "")
    if request is None or address is None or not text:
        return
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    with core.database.begin() as conn:
        # Of the form that was filled in, if it is known: the report itself has none.
        language = followers.language_of(conn, request.service_request_id, address)
        path, language = "", language or catalogue.jurisdiction.languages[0]
        if event.kind == EventKind.ASKED:
            token = new_token()
            questions.add(conn, token, request.service_request_id, event_id, core.now())
            path = f"/answer/{token}"
    ends = (core.now() + ANSWER_WITHIN).astimezone(catalogue.jurisdiction.time_zone)
    values = {
        "number": str(request.service_request_id),
        "service": catalogue.service_name(request.service_code, language),
        "text": text,
        "ends": format_date(ends, "long", locale=locale_of(language)),
    }
    sent = sending.send(core, catalogue, address, language, KINDS[event.kind].value, values, path)
    sending.record(core, request.service_request_id, sent, event_id=event_id)


def write_to_objector(core: Core, event_id: int, decided: bool = False) -> None:
    """Say that an objection has come in, or what was decided; not to a person forgotten meanwhile."""
    with core.database.read() as conn:
        event = events.find(conn, event_id)
        history = events.of_request(conn, event.service_request_id) if event else []
        request = service_requests.find_any(conn, event.service_request_id) if event else None
        address = updates.find_updater(conn, event_id).email
    decision = next((later for later in history if decided and later.claim_id == event_id), None)
    if event is None or request is None or not address or (decided and decision is None):
        return
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    language = str(event.data.get("language") or catalogue.jurisdiction.languages[0])
    values = {
        "number": str(request.service_request_id),
        "service": catalogue.service_name(request.service_code, language),
        "notes": str(decision.data.get("words") or "") if decision else "",
    }
    kind = VERDICTS[Verdict(decision.data["verdict"])] if decision else OBJECTED
    sent = sending.send(core, catalogue, address, language, kind, values, "/")
    number = request.service_request_id
    sending.record(core, number, sent, event_id=event_id, kind=SentKind.OBJECTION)


def send_receipt(core: Core, service_request_id: int, language: str) -> None:
    """Tell the reporter the number, and what happens next."""
    with core.database.read() as conn:
        request = service_requests.find_any(conn, service_request_id)
        address = mailbox(service_requests.find_address(conn, service_request_id) or "")
    if request is None or address is None:
        return
    catalogue = core.catalogues.owner(request.jurisdiction_id)
    service = catalogue.services.get(request.service_code)
    values = {
        "number": str(service_request_id),
        "service": catalogue.service_name(request.service_code, language),
        "notice": service.service_notice.in_language(language) if service else "",
    }
    path = f"/reports/{service_request_id}"
    sent = sending.send(core, catalogue, address, language, RECEIPT, values, path)
    sending.record(core, service_request_id, sent, kind=SentKind.RECEIPT)
