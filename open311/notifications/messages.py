"""Mails to those who follow a report: made from the stream of events, one job each, in the reader's language."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import urlsplit

import structlog

from open311.adapters import mail
from open311.base.errors import NotFound
from open311.base.i18n import translate
from open311.core import Core
from open311.model import event_kinds
from open311.model.catalogue import Catalogue
from open311.model.event_kinds import EventKind
from open311.model.events import Event
from open311.model.secret_tokens import new_token
from open311.model.service_request import ServiceRequest, Visibility
from open311.model.task_names import TaskName
from open311.notifications import own_data
from open311.notifications.followers import Follower
from open311.notifications.mail_links import Purpose
from open311.notifications.storage import followers as storage
from open311.notifications.storage import mail_links
from open311.storage import events, jobs, mail_messages, service_requests, stream
from open311.storage.database import Connection

log = structlog.get_logger()

READER = "mail"
TAKEN_AT_ONCE = 500
# What a mail says: its subject, its text.
CONFIRM = ("mail.confirm.subject", "mail.confirm.text")
STATUS = ("mail.status.subject", "mail.status.text")
HIDDEN = ("mail.hidden.subject", "mail.hidden.text")
DATA = ("mail.data.subject", "mail.data.text")


def read_events(core: Core) -> int:
    """Have mails sent for what happened since this was last called; returns how many. Each event is read once."""
    if core.settings.smtp_url is None:
        return 0
    with core.database.begin() as conn:
        stream.begin(conn, READER)
        lines = stream.take(conn, READER, TAKEN_AT_ONCE)
        return sum(tell_all(conn, line.event_id) for line in lines)


def tell_all(conn: Connection, event_id: int) -> int:
    """Have everybody told of an event who wants to know of it; returns how many."""
    event = events.find(conn, event_id)
    if event is None or not _concerns_followers(event):
        return 0
    told = mail_messages.claim(conn, event.id, storage.of_request(conn, event.service_request_id))
    for follower_id in told:
        jobs.defer(conn, TaskName.TELL_FOLLOWER, follower_id=follower_id, event_id=event.id)
    return len(told)


def _concerns_followers(event: Event) -> bool:
    """Updates that everybody may read; and that a report is hidden, so that nobody waits for more."""
    return event_kinds.RULES[event.kind].is_mailed and (event.public or event.kind == EventKind.HIDDEN)


def ask(core: Core, follower_id: int) -> None:
    """Ask somebody whether it was they who wanted to follow a report."""
    follower = _follower(core, follower_id)
    if follower is None or follower.confirmed_datetime is not None:
        return
    found = _subject(core, follower)
    if found is None:
        return
    catalogue, values = found
    with _token(core, follower, Purpose.CONFIRM) as token:
        _send(core, catalogue, follower.email, follower.language, CONFIRM, values, f"/follow/{token}")


def tell(core: Core, follower_id: int, event_id: int) -> None:
    """Tell a follower what has happened; of a report that was hidden no more than that, whatever the reason."""
    follower = _follower(core, follower_id)
    with core.database.read() as conn:
        event = events.find(conn, event_id)
        if mail_messages.is_sent(conn, follower_id, event_id):
            return
    if follower is None or follower.confirmed_datetime is None or event is None:
        return
    if not _concerns_followers(event):
        return
    found = _subject(core, follower, event)
    if found is None:
        return
    catalogue, values = found
    kind = HIDDEN if event.kind == EventKind.HIDDEN else STATUS
    with _token(core, follower, Purpose.FOLLOW) as token:
        path = f"/follow/{token}"
        stop = {"List-Unsubscribe": f"<{_address(core, catalogue, path + '/stop')}>"}
        stop["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        _send(core, catalogue, follower.email, follower.language, kind, values, path, stop)
    with core.database.begin() as conn:
        mail_messages.sent(conn, follower_id, event_id, core.now())


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
    _send(core, catalogue, link.email, link.language, DATA, {}, f"/my-data/{token}")


def _follower(core: Core, follower_id: int) -> Follower | None:
    with core.database.read() as conn:
        return storage.find(conn, follower_id)


def _subject(
    core: Core, follower: Follower, event: Event | None = None
) -> tuple[Catalogue, dict[str, str]] | None:
    """The city, and what a mail says about a report; None for what is no longer so."""
    with core.database.read() as conn:
        request = service_requests.find_any(
            conn, event.service_request_id if event else follower.service_request_id
        )
    try:
        catalogue = core.catalogues.owner(follower.jurisdiction_id)
    except NotFound:
        return None
    told_hidden = event is not None and event.kind == EventKind.HIDDEN
    if request is None or (request.visibility == Visibility.HIDDEN) != told_hidden:
        return None
    return catalogue, _values(core, catalogue, request, follower.language, event)


def _values(
    core: Core, catalogue: Catalogue, request: ServiceRequest, language: str, event: Event | None
) -> dict[str, str]:
    said = event.data if event else {}
    code = str(said.get("detailed_status") or request.detailed_status)
    status = catalogue.statuses.get(code)
    number = request.service_request_id
    return {
        "number": str(number),
        "service": catalogue.service_name(request.service_code, language),
        "status": status.label.in_language(language) if status else code,
        "notes": str(said.get("status_notes") or ""),
        "report": _address(core, catalogue, f"/reports/{number}"),
    }


def _address(core: Core, catalogue: Catalogue, path: str) -> str:
    settings = core.settings
    root = settings.base_url or f"http://{settings.host}:{settings.port}"
    return f"{root}{'/' + catalogue.jurisdiction.jurisdiction_id if core.catalogues.several else ''}{path}"


def _send(
    core: Core,
    catalogue: Catalogue,
    to: str,
    language: str,
    kind: tuple[str, str],
    values: dict[str, Any],
    path: str,
    headers: dict[str, str] | None = None,
) -> None:
    """Send one mail; what the server refuses for good is written to the log without the address."""
    mailer = mail.for_settings(core.settings)
    if mailer is None:
        return
    city = catalogue.jurisdiction.name.in_language(language)
    link = f"{_address(core, catalogue, path)}?locale={language}"
    given = values | {"city": city, "link": link}
    given["contact"] = catalogue.jurisdiction.contact.in_language(language)
    message = EmailMessage()
    message["From"] = core.settings.mail_from
    message["To"] = to
    message["Subject"] = " ".join(translate(kind[0], language, **given).split())
    message["Date"] = formatdate(core.now().timestamp(), localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(link).hostname)
    message["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        message[name] = value
    parts = [translate(kind[1], language, **given)]
    if given.get("notes"):
        parts.insert(1, translate("mail.status.notes", language, **given))
    message.set_content("\n\n".join([*parts, translate("mail.end", language, **given)]) + "\n")
    # Only now: new contents take the headers about the former ones away.
    message["Content-Language"] = language
    try:
        mailer.send(message)
    except mail.Refused as reason:
        log.warning("mail_refused", reason=str(reason))
