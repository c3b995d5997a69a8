"""One mail to somebody outside: composed, sent, and recorded at its report."""

import hashlib
import secrets
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import urlsplit

import structlog

from open311.adapters.mail import mailers
from open311.base.i18n import translate
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.notifications.mails import mail_bodies
from open311.storage.mails import sent_mails
from open311.storage.mails.sent_mails import SentKind, SentMail

log = structlog.get_logger()

# In hexadecimal: the local part of an address is short, and servers may change its case.
TOKEN_BYTES = 12


def send(
    core: Core,
    catalogue: Catalogue,
    to: str,
    language: str,
    kind: tuple[str, str],
    values: Mapping[str, Any],
    path: str,
    headers: Mapping[str, str] | None = None,
    message_id: str | None = None,
) -> SentMail | None:
    """Send one mail; None where the settings name no mail server.

    `kind`: the messages of its subject and its text; `path`: the page it links to; `message_id`: of one that may be
    sent again. A permanent refusal is logged without the address, and is in what is returned.
    """
    mailer = mailers.for_settings(core.settings)
    if mailer is None:
        return None
    words = {
        **values,
        "city": catalogue.jurisdiction.name.in_language(language),
        "contact": catalogue.jurisdiction.contact.in_language(language),
        "link": f"{address_of(core, catalogue, path)}?locale={language}",
    }
    reply_to, token = _reply_address(core, catalogue)
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = " ".join(translate(kind[0], language, **words).split())
    _set_origin(core, message, reply_to, message_id or _new_message_id(core))
    for name, value in (headers or {}).items():
        message[name] = value
    _set_bodies(core, catalogue, message, language, _keys(kind[1], words, may_end=bool(headers)), words)
    sent = SentMail(str(message["Message-ID"]), to, token=token)
    try:
        mailer.send(message)
    except mailers.MailRefused as reason:
        log.warning("mail_refused", reason=str(reason))
        return sent._replace(refused=str(reason))
    return sent


def repeated_message_id(core: Core, about: str) -> str:
    """The same id for the same mail: a server or program that has it already drops the second."""
    # A digest, since a mail goes to people who know none of our ids.
    return f"<{hashlib.sha256(about.encode()).hexdigest()[:32]}@{_host(core)}>"


def _new_message_id(core: Core) -> str:
    return make_msgid(domain=_host(core))


def _host(core: Core) -> str | None:
    return urlsplit(core.settings.address).hostname


def _set_origin(core: Core, message: EmailMessage, reply_to: str, message_id: str) -> None:
    """Say where a mail comes from, when, and that a program wrote it."""
    message["From"] = core.settings.mail_from
    message["Date"] = formatdate(core.now().timestamp(), localtime=False)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if reply_to:
        message["Reply-To"] = reply_to


def _keys(text: str, words: Mapping[str, Any], *, may_end: bool) -> list[str]:
    """The messages of a mail in their order; how to unsubscribe comes last."""
    optional = {
        "mail.status.notes": words.get("notes"),
        "mail.rating": words.get("rating"),
        "mail.stop": may_end,
    }
    return [text, *(key for key, is_said in optional.items() if is_said), "mail.end"]


def _set_bodies(
    core: Core,
    catalogue: Catalogue,
    message: EmailMessage,
    language: str,
    keys: list[str],
    words: Mapping[str, Any],
) -> None:
    *parts, end = mail_bodies.parts_of(keys, language, words)
    message.set_content(mail_bodies.text_body([*parts, end]))
    root = address_of(core, catalogue, "")
    html = mail_bodies.html_body(catalogue, language, root, str(message["Subject"]), parts, end)
    message.add_alternative(html, subtype="html")
    # Last: setting contents drops the headers about them.
    message["Content-Language"] = language


def _reply_address(core: Core, catalogue: Catalogue) -> tuple[str, str]:
    """Where replies to a mail go, and the token in it that tells which mail it was; empty where none are read."""
    owner = catalogue.jurisdiction.jurisdiction_id
    account = next(
        (mailbox for mailbox in core.settings.imap_url if mailbox.jurisdiction_id in (None, owner)), None
    )
    if account is None or account.reply_to is None:
        return "", ""
    local, _, domain = account.reply_to.rpartition("@")
    token = secrets.token_hex(TOKEN_BYTES) if local.endswith("+") else ""
    return f"{local}{token}@{domain}", token


def unsubscribing(core: Core, catalogue: Catalogue, path: str) -> dict[str, str]:
    """Headers by which a mail program offers to stop with one click, behind the page of a subscription (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{address_of(core, catalogue, f'{path}/stop')}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def address_of(core: Core, catalogue: Catalogue, path: str) -> str:
    """The whole address of a page of a city."""
    city = f"/{catalogue.jurisdiction.jurisdiction_id}" if core.catalogues.several else ""
    return f"{core.settings.address}{city}{path}"


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
