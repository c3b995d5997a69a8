"""Parsing of mails: nothing that a stranger can send makes it fail, or take long."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from open311.base.charsets import text_codec
from open311.base.text import speakable, tidy
from open311.inbox import plain_text
from open311.inbox.automatic import Bounce, Writer, bounce_of, writer_of
from open311.inbox.headers import addresses, inner_parts, message_ids, message_of, readable, word
from open311.inbox.tokens import TO
from open311.model.inbox import LONGEST_SUBJECT, LONGEST_TEXT

# More parts than that are made by hand, to be expensive.
MOST_PARTS = 100
# What a parser pays for is lines and parts, far more than bytes: a mail of 30 MB that is one photo has 400,000 lines,
# and one of two million empty parts would keep it busy for minutes.
MOST_LINES, MOST_BOUNDARIES, LONGEST_HEAD = 450_000, 2_000, 256 * 1024
HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
# Smaller pictures are logos in signatures, or tracking pixels.
LEAST_PICTURE_BYTES = 5 * 1024
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".gif")
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says. `answered` are ids of mails it names, `to` whom it was sent to, `pictures` files as they came,
    `place` where one of them was taken.

    `digest` is the same for all copies of a mail that were delivered by several ways.
    """

    digest: str
    writer: Writer = Writer.PERSON
    answered: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    from_address: str = ""
    from_name: str = ""
    subject: str = ""
    text: str = ""
    rest: str = ""
    pictures: tuple[bytes, ...] = ()
    place: tuple[float, float] | None = None
    left_out: tuple[str, ...] = ()
    bounce: Bounce | None = None
    problem: str | None = None


@dataclass(slots=True)
class _Contents:
    """The parts of a mail, sorted."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read(data: bytes, *, is_whole: bool, most_pictures: int) -> Letter:
    """The contents of a mail; of one that cannot be parsed as a whole, what can be, marked as such."""
    try:
        return _read(data, is_whole=is_whole, most_pictures=most_pictures)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        # A part within a part within a part, or what the parser of the library stumbles over.
        text = tidy(data[:LONGEST_TEXT].decode("utf-8", "replace"))
        return Letter(digest=_sha256(data), text=text, problem="desk.inbox.problem.unreadable")


def _read(data: bytes, *, is_whole: bool, most_pictures: int) -> Letter:
    bearable = _bearable(data)
    is_whole = is_whole and len(bearable) == len(data)
    message = message_of(bearable)
    sender = next(iter(addresses(message, "From")), ("", ""))
    contents = _contents(message)
    whole = "\n\n".join(contents.plain) or plain_text.from_html("\n".join(contents.html))
    text, rest = plain_text.without_quotes(tidy(whole)[:LONGEST_TEXT])
    pictures = contents.pictures[:most_pictures] if is_whole else []
    left_out = [*contents.left_out, *("…" for _ in contents.pictures[len(pictures) :])]
    return Letter(
        digest=_digest(message, data),
        writer=writer_of(message),
        answered=tuple(message_ids(message, "References", "In-Reply-To")),
        to=tuple(address for _, address in addresses(message, *TO)),
        from_address=tidy(sender[1])[:254],
        from_name=readable({"From": sender[0]}, "From")[:LONGEST_NAME],
        subject=readable(message, "Subject")[:LONGEST_SUBJECT],
        text=text,
        rest=rest,
        pictures=tuple(pictures),
        left_out=tuple(left_out[:MOST_PARTS]),
        bounce=bounce_of(message),
        problem=None if is_whole else "desk.inbox.problem.too_large",
    )


def _bearable(data: bytes) -> bytes:
    """The beginning of a mail, as far as it can be parsed in a few seconds."""
    if HEAD_ENDS.search(data, 0, LONGEST_HEAD) is None:
        data = data[:LONGEST_HEAD]
    for mark, most in ((b"\n", MOST_LINES), (b"\n--", MOST_BOUNDARIES)):
        if data.count(mark) > most:
            end = -1
            for _ in range(most):
                end = data.index(mark, end + 1)
            data = data[: end + 1]
    return data


def _contents(message: Message) -> _Contents:
    contents = _Contents()
    for part in _parts(message):
        kind, name = speakable(part.get_content_type()), readable({"name": part.get_filename() or ""}, "name")
        attached = part.get_content_disposition() == "attachment" or bool(name)
        if kind == "text/plain" and not attached:
            contents.plain.append(_text(part))
        elif kind == "text/html" and not attached:
            contents.html.append(_text(part))
        elif kind.startswith("image/") or name.lower().endswith(PICTURES):
            data = part.get_payload(decode=True)
            if isinstance(data, bytes) and len(data) >= LEAST_PICTURE_BYTES:
                contents.pictures.append(data)
        else:
            contents.left_out.append(name[:LONGEST_NAME] or kind[:LONGEST_NAME])
    return contents


def _parts(message: Message) -> Iterator[Message]:
    """The parts that hold something; not those of a mail that was attached, which somebody else wrote."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting = [*inner_parts(part)[:MOST_PARTS], *waiting]
        else:
            yield part


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    data = data[: plain_text.LONGEST_HTML]
    try:
        return data.decode(text_codec(part.get_content_charset() or "") or "utf-8")
    except UnicodeError:
        return data.decode("utf-8", "replace")


def _digest(message: Message, data: bytes) -> str:
    """A mail that came by two ways differs in the lines of its way alone; one without an id of its own is its bytes."""
    ids = message_ids(message, "Message-ID")
    if not ids:
        return _sha256(data)
    about = [ids[0], *(word(message, name) for name in ("From", "Date", "Subject"))]
    return _sha256("\n".join(about).encode("utf-8", "surrogateescape"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
