"""Mails to those who follow a report: made from the stream of events, one job each, in the reader's language."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from babel.dates import format_date

from open311.base.errors import NotFound
from open311.base.i18n import locale_of
from open311.core import Core
from open311.model.access.actor import ActorKind
from open311.model.access.secret_tokens import new_token
from open311.model.access.visibility import original_of
from open311.model.catalogue import Catalogue
from open311.model.events import Event
from open311.model.service_request import ServiceRequest, Visibility
from open311.model.task_names import TaskName
from open311.notifications.mails import sending
from open311.notifications.model import audience
from open311.notifications.model.audience import MailKind
from open311.notifications.model.followers import Follower
from open311.notifications.model.mail_links import Purpose
from open311.notifications.privacy import own_data
from open311.notifications.storage import followers as storage
from open311.notifications.storage import mail_links
from open311.storage import events, jobs
from open311.storage.database import Connection
from open311.storage.desk.outside import ratings
from open311.storage.events import stream
from open311.storage.mails import mail_messages, sent_mails
from open311.storage.mails.sent_mails import SentKind
from open311.storage.requests import service_requests

log = structlog.get_logger()

READER = "mail"
TAKEN_AT_ONCE = 500
LONGEST_PLACE = 100
# What a mail says: its subject, its text.
CONFIRM = ("mail.confirm.subject", "mail.confirm.text")
DATA = ("mail.data.subject", "mail.data.text")


def read_events(core: Core) -> int:
    """Have mails sent for what happened since this was last called; returns how many. Each event is read once."""
    if core.settings.smtp_url is None:
        return 0
    with core.database.begin() as conn:
        stream.begin(conn, READER)
        lines = stream.take(conn, READER, TAKEN_AT_ONCE)
        delay = timedelta(seconds=core.settings.mail_delay_seconds)
        return sum(tell_all(conn, line.event_id, delay) for line in lines)


def tell_all(conn: Connection, event_id: int, delay: timedelta = timedelta()) -> int:
    """Have everybody told of an event who wants to know of it; returns how many.

    What staff do at the desk is told after `delay`, so that a slip can be taken back.
    """
    event = events.find(conn, event_id)
    request = service_requests.find_any(conn, event.service_request_id) if event else None
    if event is None or request is None or not audience.concerns_anybody(event):
        return 0
    followers = storage.of_request(conn, event.service_request_id)
    concerned = [follower.id for follower in followers if audience.kind_for(follower, event, request)]
    claimed = mail_messages.claim(conn, event.id, concerned)
    # Only people at the desk take back; a program that moved a status is told of at once.
    at = event.datetime + delay if event.actor.startswith(f"{ActorKind.STAFF}:") else None
    jobs.defer_all(
        conn,
        TaskName.TELL_FOLLOWER,
        [{"follower_id": follower_id, "event_id": event.id} for follower_id in claimed],
        at=at,
    )
    return len(claimed)


def send_confirmation(core: Core, follower_id: int) -> None:
    """Ask somebody whether it was they who wanted to follow a report."""
    with core.database.read() as conn:
        follower = storage.find(conn, follower_id)
        if follower is None or follower.confirmed_datetime is not None:
            return
        subject = _subject(core, conn, follower)
    if subject is None or subject[2].visibility == Visibility.HIDDEN:
        return
    catalogue, values, request = subject
    # A new one for each mail: its digest alone is kept, so the former one cannot be written again.
    with _token(core, follower, Purpose.CONFIRM) as token:
        sent = sending.send(
            core, catalogue, follower.email, follower.language, CONFIRM, values, f"/follow/{token}"
        )
    number = request.service_request_id
    sending.record(core, number, sent, kind=SentKind.CONFIRM, follower_id=follower_id)


def send_news(core: Core, follower_id: int, event_id: int) -> None:
    """Tell a follower what has happened; of a report that was hidden no more than that, whatever the reason."""
    with core.database.read() as conn:
        follower, event = storage.find(conn, follower_id), events.find(conn, event_id)
        if follower is None or follower.confirmed_datetime is None or event is None:
            return
        # A job that died behind its mail is done again.
        if mail_messages.is_sent(conn, follower_id, event_id):
            return
        subject = _subject(core, conn, follower, event)
    if subject is None:
        return
    catalogue, values, request = subject
    kind = audience.kind_for(follower, event, request)
    if kind is None:
        return
    if kind is MailKind.MERGED and not values["into"]:
        kind = audience.status_kind(request)
    if kind is MailKind.HIDDEN:
        # Why is nobody's business but the sender's.
        values["notes"] = ""
    if audience.asks_for_rating(follower, event) and request.visibility != Visibility.HIDDEN:
        values |= _rating(core, catalogue, request, event, follower.language)
    with _token(core, follower, Purpose.FOLLOW) as token:
        path = f"/follow/{token}"
        stop = sending.unsubscribing(core, catalogue, path)
        sent = sending.send(
            core, catalogue, follower.email, follower.language, kind.value, values, path, stop
        )
    with core.database.begin() as conn:
        mail_messages.mark_sent(conn, follower_id, event_id, core.now())
        if sent is not None:
            number = event.service_request_id
            sent_mails.add(conn, number, event_id, sent, core.now(), follower_id=follower_id)


@contextmanager
def _token(core: Core, follower: Follower, purpose: Purpose) -> Iterator[str]:
    """A token for one mail to a follower; it opens nothing if the mail could not be sent."""
    token = new_token()
    with core.database.begin() as conn:
        owner, language = follower.jurisdiction_id, follower.language
        link_id = mail_links.add(
            conn, purpose, owner, language, core.now(), follower_id=follower.id, token=token
        )
    try:
        yield token
    except Exception:
        with core.database.begin() as conn:
            mail_links.remove(conn, link_id)
        raise


def _rating(
    core: Core, catalogue: Catalogue, request: ServiceRequest, event: Event, language: str
) -> dict[str, str]:
    """The question how it ended, with a link of its own: it opens nothing else, and says of nobody who it was."""
    token = new_token()
    with core.database.begin() as conn:
        ratings.add(conn, token, request.service_request_id, event.id, core.now())
    ends = (core.now() + ratings.RATED_WITHIN).astimezone(catalogue.jurisdiction.time_zone)
    return {
        "rating": f"{sending.address_of(core, catalogue, f'/rating/{token}')}?locale={language}",
        "rating_ends": format_date(ends, "long", locale=locale_of(language)),
    }


def send_data_link(core: Core, link_id: int) -> None:
    """Send somebody the link to their data; whose data there are none is forgotten."""
    token = new_token()
    with core.database.begin() as conn:
        link = mail_links.find_by_id(conn, link_id, core.now())
        if link is None or link.email is None:
            return
        catalogue = core.catalogues.owner(link.jurisdiction_id)
        if own_data.of_mailbox(conn, catalogue, link.email).nothing:
            mail_links.remove(conn, link_id)
            return
        mail_links.give_token(conn, link_id, token)
    sending.send(core, catalogue, link.email, link.language, DATA, {}, f"/my-data/{token}")


def _subject(
    core: Core, conn: Connection, follower: Follower, event: Event | None = None
) -> tuple[Catalogue, dict[str, str], ServiceRequest] | None:
    """The city, what a mail says about a report, and the report; None for what is no longer there."""
    number = event.service_request_id if event else follower.service_request_id
    request = service_requests.find_any(conn, number)
    try:
        catalogue = core.catalogues.owner(follower.jurisdiction_id)
    except NotFound:
        return None
    if request is None:
        return None
    return catalogue, _values(core, catalogue, request, follower.language, event), request


def _values(
    core: Core, catalogue: Catalogue, request: ServiceRequest, language: str, event: Event | None
) -> dict[str, str]:
    data = event.data if event else {}
    code = str(data.get("detailed_status") or request.detailed_status)
    status = catalogue.statuses.get(code)
    # As it is now, not when the event was written: the other report may have been hidden since.
    number, into = request.service_request_id, str(original_of(request, catalogue.jurisdiction) or "")
    reason = catalogue.desk.reasons.get(str(data.get("reason") or ""))
    words = reason.to_reporter.in_language(language) if reason else ""
    return {
        "number": str(number),
        "service": catalogue.service_name(request.service_code, language),
        "place": _place(request),
        "status": status.label.in_language(language) if status else code,
        "notes": str(data.get("status_notes") or words),
        "into": into,
        "original": sending.address_of(core, catalogue, f"/reports/{into}") if into else "",
        "report": sending.address_of(core, catalogue, f"/reports/{number}"),
    }


def _place(request: ServiceRequest) -> str:
    """Where it is, for those who follow several; only what everybody can read on its page."""
    is_public = request.visibility == Visibility.PUBLISHED
    return (request.address or "").partition("\n")[0][:LONGEST_PLACE] if is_public else ""
