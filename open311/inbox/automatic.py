"""Mail that no person wrote: answers by programs (RFC 3834), lists, and reports about mails of ours (RFC 3464)."""

from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from open311.inbox.headers import addresses, inner_parts, message_ids, word

PROGRAMS = ("mailer-daemon", "postmaster")
OF_LISTS = ("List-Id", "List-Unsubscribe", "Feedback-ID")
BY_PROGRAMS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
PRECEDENCES = ("bulk", "junk", "list", "auto_reply")
# What a report says was done; `delayed`, `delivered` and `relayed` leave everything as it is.
FAILED = "failed"


class Writer(StrEnum):
    PERSON = "person"
    PROGRAM = "program"
    MAIL_SERVER = "mail server"


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server says about a mail that did not arrive: ids it names, and a status such as 5.1.1."""

    message_ids: tuple[str, ...]
    status: str


def writer_of(message: Message) -> Writer:
    """Who wrote it, by what its headers say; a mail with an empty sender must never be answered, nor believed."""
    if message.get_content_type() == "multipart/report":
        return Writer.MAIL_SERVER
    submitted = word(message, "Auto-Submitted").partition(";")[0].strip().lower()
    senders = addresses(message, "From")
    if (
        (submitted and submitted != "no")
        or word(message, "Return-Path").strip() == "<>"
        or word(message, "Precedence").strip().lower() in PRECEDENCES
        or any(message.get(name) is not None for name in (*OF_LISTS, *BY_PROGRAMS))
        or any(address.partition("@")[0].lower() in PROGRAMS for _, address in senders)
    ):
        return Writer.PROGRAM
    return Writer.PERSON


def bounce_of(message: Message) -> Bounce | None:
    """The mail that did not arrive, by what a mail server reports; None where it reports anything else."""
    parts = inner_parts(message)
    if message.get_content_type() != "multipart/report":
        return None
    status = next(
        (_status(part) for part in parts if part.get_content_type() == "message/delivery-status"), None
    )
    ids = [message_id for part in parts[1:] for message_id in _ids_within(part)]
    if status is None or not ids:
        return None
    return Bounce(tuple(ids), status)


def _status(part: Message) -> str | None:
    """The status of the first recipient whom a mail did not reach; blocks of fields are read as messages."""
    for block in inner_parts(part):
        if word(block, "Action").strip().lower() == FAILED:
            return word(block, "Status").strip()[:20]
    return None


def _ids_within(part: Message) -> list[str]:
    """The Message-ID of the mail that a report brings along, whole or its headers alone."""
    if part.get_content_type() == "message/rfc822":
        return [message_id for inner in inner_parts(part) for message_id in message_ids(inner, "Message-ID")]
    if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
        text = part.get_payload(decode=True)
        lines = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(part.get_payload())
        named = [line for line in lines.splitlines() if line.lower().startswith("message-id:")]
        return [
            message_id
            for line in named
            for message_id in message_ids({"Message-ID": line.partition(":")[2]}, "Message-ID")
        ]
    return []
