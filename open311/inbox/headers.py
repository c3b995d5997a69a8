"""Lenient reading of mail headers, which strangers write: it never fails."""

import re
from collections.abc import Mapping
from email import message_from_bytes
from email.charset import UNKNOWN8BIT
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

from open311.base.charsets import LenientMessage, text_codec
from open311.base.text import speakable, tidy

# No honest header is longer.
LONGEST = 4000
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
MOST_IDS, MOST_ADDRESSES = 30, 50
Headers = Message | Mapping[str, Any]


def message_of(data: bytes) -> Message:
    """A mail, or only its headers."""
    # The newer policies parse headers, and raise at what strangers write into them.
    return message_from_bytes(data, LenientMessage, policy=compat32)


def inner_parts(message: Message) -> list[Message]:
    """The parts that a message consists of; none for one that is a single thing."""
    # Of a single thing the library would decode the text, by whatever charset it names.
    payload = message.get_payload() if message.is_multipart() else []
    return [part for part in payload if isinstance(part, Message)]


def word(message: Headers, name: str) -> str:
    """A header as it is there, the first of its name, without what no text of ours may hold."""
    return speakable(str(message.get(name) or "")[:LONGEST])


def readable(message: Headers, name: str) -> str:
    """A header as people read it, in one line."""
    raw = word(message, name)
    try:
        words = [(word, _charset(name)) for word, name in decode_header(raw)]
        text = str(make_header(words))
    except (HeaderParseError, LookupError, ValueError, UnicodeError):
        text = raw
    return " ".join(tidy(text.encode("utf-8", "replace").decode()).split())


def _charset(name: str | None) -> str | None:
    """The charset of an encoded word; the library reads those that are unknown as ASCII."""
    return name if name is None or text_codec(name) else UNKNOWN8BIT


def message_ids(message: Headers, *names: str) -> list[str]:
    """The ids of mails that these headers name, the last first: what is answered is at the end."""
    ids = [message_id for name in names for message_id in MESSAGE_ID.findall(word(message, name))]
    return list(dict.fromkeys(reversed(ids)))[:MOST_IDS]


def addresses(message: Message, *names: str) -> list[tuple[str, str]]:
    raw = [speakable(str(value)[:LONGEST]) for name in names for value in message.get_all(name, [])]
    try:
        pairs = getaddresses(raw[:MOST_ADDRESSES])
    except (ValueError, IndexError):
        return []
    return [(name, address) for name, address in pairs[:MOST_ADDRESSES] if "@" in address]
