"""Mails to those who follow a report: made from the stream of events, one job each, in the reader's language."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import urlsplit

import structlog
from babel.dates import format_date

from open311.adapters.mail import mailers
from open311.base.errors import NotFound
from open311.base.i18n import translate
from open311.core import Core
from open311.model.actor import ActorKind
from open311.model.catalogue import Catalogue
from open311.model.events import Event
from open311.model.secret_tokens import new_token
from open311.model.service_request import ServiceRequest, Visibility
from open311.model.task_names import TaskName
from open311.notifications import audience, mail_bodies, own_data
from open311.notifications.audience import MailKind
from open311.notifications.followers import Follower
from open311.notifications.mail_links import Purpose
from open311.notifications.storage import followers as storage
from open311.notifications.storage import mail_links
from open311.storage import events, jobs, service_requests, stream
from open311.storage.database import Connection
from open311.storage.desk.outside import ratings
from open311.storage.mails import mail_messages, sent_mails
from open311.storage.mails.sent_mails import SentKind, SentMail

log = structlog.get_logger()

READER = "mail"
TAKEN_AT_ONCE = 500
# What a mail says: its subject, its text.
CONFIRM = ("mail.confirm.subject", "mail.confirm.text")
DATA = ("mail.data.subject", "mail.data.text")
# In an address whose length is limited, and whose case nobody keeps.
TOKEN_BYTES = 12


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
    at = event.datetime + delay if event.actor.startswith(f"{ActorKind.STAFF}:") else None
    jobs.defer_all(
        conn,
        TaskName.TELL_FOLLOWER,
        [{"follower_id": follower_id, "event_id": event.id} for follower_id in claimed],
        at=at,
    )
    return len(claimed)


def ask(core: Core, follower_id: int) -> None:
    """Ask somebody whether it was they who wanted to follow a report."""
    with core.database.read() as conn:
        follower = storage.find(conn, follower_id)
        if follower is None or follower.confirmed_datetime is not None:
            return
        subject = _subject(core, conn, follower)
    if subject is None or subject[2].visibility == Visibility.HIDDEN:
        return
    catalogue, values, request = subject
    with _token(core, follower, Purpose.CONFIRM) as token:
        sent = send(core, catalogue, follower.email, follower.language, CONFIRM, values, f"/follow/{token}")
    number = request.service_request_id
    record(core, number, sent, kind=SentKind.CONFIRM, follower_id=follower_id)


def tell(core: Core, follower_id: int, event_id: int) -> None:
    """Tell a follower what has happened; of a report that was hidden no more than that, whatever the reason."""
    with core.database.read() as conn:
        follower, event = storage.find(conn, follower_id), events.find(conn, event_id)
        if follower is None or follower.confirmed_datetime is None or event is None:
            return
        if mail_messages.is_sent(conn, follower_id, event_id):
            return
        subject = _subject(core, conn, follower, event)
    if subject is None:
        return
    catalogue, values, request = subject
    kind = audience.kind_for(follower, event, request)
    if kind is None:
        return
    if kind is MailKind.HIDDEN:
        # Why is nobody's business but the sender's.
        values["notes"] = ""
    if audience.asks_for_rating(follower, event) and request.visibility != Visibility.HIDDEN:
        values |= _rating(core, catalogue, request, event, follower.language)
    with _token(core, follower, Purpose.FOLLOW) as token:
        path = f"/follow/{token}"
        stop = {"List-Unsubscribe": f"<{address_of(core, catalogue, path + '/stop')}>"}
        stop["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        sent = send(core, catalogue, follower.email, follower.language, kind.value, values, path, stop)
    with core.database.begin() as conn:
        mail_messages.sent(conn, follower_id, event_id, core.now())
        if sent is not None:
            number = event.service_request_id
            sent_mails.add(conn, number, event_id, sent, core.now(), follower_id=follower_id)


def record(
    core: Core,
    service_request_id: int,
    sent: SentMail | None,
    *,
    event_id: int | None = None,
    kind: SentKind = SentKind.NEWS,
    follower_id: int | None = None,
) -> None:
    """Remember a mail about a report, so that the desk can say what became of it and answers find their way."""
    if sent is not None:
        with core.database.begin() as conn:
            now = core.now()
            sent_mails.add(conn, service_request_id, event_id, sent, now, kind=kind, follower_id=follower_id)


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
        "rating": f"{address_of(core, catalogue, f'/rating/{token}')}?locale={language}",
        "rating_ends": format_date(ends, "long", locale=language.replace("-", "_")),
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
    send(core, catalogue, link.email, link.language, DATA, {}, f"/my-data/{token}")


def _answers_to(core: Core, catalogue: Catalogue) -> tuple[str, str] | None:
    """Where answers to a mail go, and the token in it that tells which mail it was; None where no answers are read."""
    owner = catalogue.jurisdiction.jurisdiction_id
    account = next(
        (mailbox for mailbox in core.settings.imap_url if mailbox.jurisdiction_id in (None, owner)), None
    )
    if account is None or account.reply_to is None:
        return None
    local, _, domain = account.reply_to.rpartition("@")
    token = secrets.token_hex(TOKEN_BYTES) if local.endswith("+") else ""
    return f"{local}{token}@{domain}", token


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
    number, into = request.service_request_id, str(data.get("into") or "")
    reason = catalogue.desk.reasons.get(str(data.get("reason") or ""))
    words = reason.to_reporter.in_language(language) if reason else ""
    return {
        "number": str(number),
        "service": catalogue.service_name(request.service_code, language),
        "status": status.label.in_language(language) if status else code,
        "notes": str(data.get("status_notes") or words),
        "into": into,
        "original": address_of(core, catalogue, f"/reports/{into}") if into else "",
        "report": address_of(core, catalogue, f"/reports/{number}"),
    }


def address_of(core: Core, catalogue: Catalogue, path: str) -> str:
    """The whole address of a page of a city."""
    settings = core.settings
    root = settings.base_url or f"http://{settings.host}:{settings.port}"
    return f"{root}{'/' + catalogue.jurisdiction.jurisdiction_id if core.catalogues.several else ''}{path}"


def send(
    core: Core,
    catalogue: Catalogue,
    to: str,
    language: str,
    kind: tuple[str, str],
    values: dict[str, Any],
    path: str,
    headers: dict[str, str] | None = None,
) -> SentMail | None:
    """Send one mail; what the server refuses for good is written to the log without the address.

    None where no mail is sent at all.
    """
    mailer = mailers.for_settings(core.settings)
    if mailer is None:
        return None
    city = catalogue.jurisdiction.name.in_language(language)
    link = f"{address_of(core, catalogue, path)}?locale={language}"
    all_values = values | {"city": city, "link": link}
    all_values["contact"] = catalogue.jurisdiction.contact.in_language(language)
    message = EmailMessage()
    message["From"] = core.settings.mail_from
    message["To"] = to
    message["Subject"] = " ".join(translate(kind[0], language, **all_values).split())
    message["Date"] = formatdate(core.now().timestamp(), localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(link).hostname)
    message["Auto-Submitted"] = "auto-generated"
    answers_to = _answers_to(core, catalogue)
    if answers_to:
        message["Reply-To"] = answers_to[0]
    for name, value in (headers or {}).items():
        message[name] = value
    keys = [kind[1]]
    if all_values.get("notes"):
        keys.append("mail.status.notes")
    if all_values.get("rating"):
        keys.append("mail.rating")
    if headers:
        # Behind all that is said: how to hear no more.
        keys.append("mail.stop")
    *parts, end = mail_bodies.parts_of([*keys, "mail.end"], language, all_values)
    message.set_content(mail_bodies.text_body([*parts, end]))
    root = address_of(core, catalogue, "")
    html = mail_bodies.html_body(catalogue, language, root, str(message["Subject"]), parts, end)
    message.add_alternative(html, subtype="html")
    # Only now: new contents take the headers about the former ones away.
    message["Content-Language"] = language
    sent = SentMail(str(message["Message-ID"]), to, token=answers_to[1] if answers_to else "")
    try:
        mailer.send(message)
    except mailers.Refused as reason:
        log.warning("mail_refused", reason=str(reason))
        return sent._replace(refused=str(reason))
    return sent
