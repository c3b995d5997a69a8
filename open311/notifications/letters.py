"""Letters of staff to whoever sent a report: an answer, or a question with a link to answer it."""

from babel.dates import format_date

from open311.core import Core
from open311.model.event_kinds import EventKind
from open311.model.mailbox import mailbox
from open311.model.secret_tokens import new_token
from open311.notifications import messages
from open311.notifications.audience import MailKind
from open311.notifications.storage import followers
from open311.storage import events, sent_mails, service_requests
from open311.storage.cases import ANSWER_WITHIN
from open311.storage.desk import questions

KINDS = {EventKind.ANSWERED: MailKind.ANSWERED, EventKind.ASKED: MailKind.ASKED}


def send(core: Core, event_id: int) -> None:
    """Send the letter of an event; what was taken back meanwhile, or has no address any more, is not sent.

    A question gets its token only now: the clear word stands nowhere but in the mail.
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
        "ends": format_date(ends, "long", locale=language.replace("-", "_")),
    }
    sent = messages.send(core, catalogue, address, language, KINDS[event.kind].value, values, path)
    if sent is not None:
        with core.database.begin() as conn:
            number = request.service_request_id
            sent_mails.add(conn, number, event_id, sent, core.now())
