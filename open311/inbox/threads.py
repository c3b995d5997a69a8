"""Threading: which report a mail belongs to, by ids of our own mails alone, never by a number in its text."""

from typing import Any

from open311.actions.casework.conversation.correspondence import receive
from open311.actions.casework.outside.order_answers import receive_from_contractor
from open311.actions.photos.media import Files
from open311.core import Core
from open311.inbox.automatic import Bounce, Writer
from open311.inbox.reading import Letter
from open311.inbox.tokens import tokens_in
from open311.model.catalogue import Catalogue
from open311.model.inbox import InboxState
from open311.model.mailbox import spelt
from open311.model.service_request import ServiceRequest, Visibility
from open311.storage.database import Connection
from open311.storage.mails import blocked_senders, sent_mails
from open311.storage.mails import inbox as storage
from open311.storage.mails.sent_mails import AnsweredMail, SentKind
from open311.storage.requests import service_requests


def settle(core: Core, conn: Connection, catalogue: Catalogue, letter: Letter, files: Files) -> None:
    """Store a mail, and do what it asks for if that is certain: answer a question, or say more about a report.

    What no person wrote changes nothing but the state of a mail of ours that did not arrive. Who writes from another
    address than the one we wrote to is a stranger, whatever ids they know.
    """
    owner = catalogue.jurisdiction.jurisdiction_id
    if letter.bounce is not None:
        _note_bounce(conn, letter.bounce)
    if letter.writer is not Writer.PERSON:
        _store(core, conn, catalogue, letter, InboxState.AUTOMATIC)
        return
    if blocked_senders.is_blocked(conn, owner, core.now(), email=letter.from_address):
        _store(core, conn, catalogue, letter, InboxState.SPAM)
        return
    sent = sent_mails.find(conn, letter.answered, tokens_in(letter.to))
    request = service_requests.find_any(conn, sent.service_request_id) if sent else None
    if sent is None or request is None or request.jurisdiction_id != owner:
        leave_to_staff(core, conn, catalogue, letter, files)
    elif _may_say_more(sent, letter, request) and _say_more(core, conn, sent, letter, files):
        _store(core, conn, catalogue, letter, InboxState.LINKED, service_request_id=sent.service_request_id)
    else:
        leave_to_staff(core, conn, catalogue, letter, files, about_id=sent.service_request_id)


def leave_to_staff(
    core: Core, conn: Connection, catalogue: Catalogue, letter: Letter, files: Files, **more: Any
) -> None:
    """Keep a mail until somebody decides about it, with its pictures."""
    _store(core, conn, catalogue, letter, InboxState.NEW, files, **more)


def _store(
    core: Core,
    conn: Connection,
    catalogue: Catalogue,
    letter: Letter,
    state: InboxState,
    files: Files | None = None,
    **more: Any,
) -> None:
    now = core.now()
    values = {
        "jurisdiction_id": catalogue.jurisdiction.jurisdiction_id,
        "digest": letter.digest,
        "state": state,
        "received_datetime": now,
        "decided_datetime": None if state is InboxState.NEW else now,
        "from_address": letter.from_address,
        "from_name": letter.from_name,
        "subject": letter.subject,
        "text": letter.text,
        "rest": letter.rest,
        "left_out": list(letter.left_out),
        "problem": letter.problem,
    }
    # What is settled already needs no proposal.
    if letter.place and state is InboxState.NEW:
        values |= dict(zip(("lat", "long"), letter.place, strict=True))
    stored = storage.add(conn, values | more, files.kept if files else ())
    if files and stored is not None:
        files.attached = True


def _may_say_more(sent: AnsweredMail, letter: Letter, request: ServiceRequest) -> bool:
    says_something = bool(letter.text or letter.pictures) and request.visibility != Visibility.HIDDEN
    return says_something and sent.is_to(spelt(letter.from_address))


def _say_more(core: Core, conn: Connection, sent: AnsweredMail, letter: Letter, files: Files) -> bool:
    """Attach a mail to the report as what its writer said; False where somebody has to read it first.

    Whoever answers the question whether it was they who wrote has not shown that it was.
    """
    if sent.kind is SentKind.ORDER and sent.event_id is not None:
        return receive_from_contractor(core, conn, sent.event_id, letter.text, files)
    if sent.kind in (SentKind.NEWS, SentKind.RECEIPT):
        receive(core, conn, sent.service_request_id, letter.text, files, event_id=sent.event_id)
        return True
    return False


def _note_bounce(conn: Connection, bounce: Bounce) -> None:
    """What became of the mail is shown at the event it told of, to staff."""
    sent = sent_mails.find(conn, bounce.message_ids)
    if sent is not None:
        sent_mails.record_bounce(conn, sent.message_id, bounce.status)
