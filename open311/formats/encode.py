"""Documents as bytes, in the two formats of GeoReport v2 (the "Spark convention").

XML keeps the root element and names the entries of a list after `CHILDREN`; JSON drops both names. Each is
written from the value, never one from the other, so that an object with a single member stays an object.
Rendered entries can be kept and joined later: a list is its entries, and nothing else.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from open311.base.text import XML_ILLEGAL

DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'

CHILDREN = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "media_urls": "media_url",
    "media_url": "media_url",
    "notes": "note",
    "service_request_updates": "request_update",
}

_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NONCHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")
_ESCAPED_CONTROL = re.compile(rb"\\[ubf]")


@dataclass(frozen=True, slots=True)
class Document:
    """An answer before its format is chosen: the name of the XML root, and what is inside it."""

    root: str
    value: list[Any] | dict[str, Any]


def to_json(document: Document) -> bytes:
    """The document as JSON; characters that XML cannot carry are left out, so that both formats agree."""
    return _json(document.value)


def to_xml(document: Document) -> bytes:
    """The document as XML, with the declaration; characters illegal in XML 1.0 are left out."""
    return DECLARATION + _bytes(_element(document.root, document.value))


def item_to_json(root: str, item: Any) -> bytes:
    """One entry of the list in `root`, to be put together by `join_json`."""
    # A copy of the right size: orjson's own bytes keep the whole buffer alive that they were written into.
    return bytes(memoryview(_json(item)))


def item_to_xml(root: str, item: Any) -> bytes:
    """One entry of the list in `root` with its element, to be put together by `join_xml`."""
    return _bytes(_element(CHILDREN[root], item))


def join_json(root: str, items: Sequence[bytes]) -> bytes:
    """The whole JSON document of a list whose entries were written by `item_to_json`."""
    if not items:
        return b"[]"
    # A list may be as long as a megabyte, so its bytes are copied once and no more.
    ends = [b"[" + items[0], *items[1:]]
    ends[-1] += b"]"
    return b",".join(ends)


def join_xml(root: str, items: Sequence[bytes]) -> bytes:
    """The whole XML document of a list whose entries were written by `item_to_xml`."""
    name = root.encode()
    # Old dashboards stop paging only at a root without any child node, white space included.
    if not items:
        return DECLARATION + b"<%b/>" % name
    return b"".join([DECLARATION, b"<%b>" % name, *items, b"</%b>" % name])


def text_in_json(text: str) -> str:
    return orjson.dumps(text).decode()


def text_in_xml(text: str) -> str:
    """A text as it is inside an element."""
    return _escaped(text)


def clean_json(written: list[bytes]) -> list[bytes]:
    """Values in JSON that somebody else has written, without the characters that XML cannot carry.

    There hardly ever is one: so all are looked through at once.
    """
    if not _has_illegal(b"".join(written)):
        return written
    return [
        orjson.dumps(_cleaned(orjson.loads(value))) if _has_illegal(value) else value for value in written
    ]


def clean_xml(written: list[bytes]) -> list[bytes]:
    """Elements that somebody else has written, without the characters that XML cannot carry."""
    whole = b"".join(written)
    return written if _clean_xml(whole) == whole else [_clean_xml(element) for element in written]


def _clean_xml(written: bytes) -> bytes:
    written = written.translate(None, _CONTROLS)
    return _NONCHARACTER.sub(b"", written) if b"\xef" in written else written


def _json(value: Any) -> bytes:
    try:
        written = orjson.dumps(value)
    # For half of a letter.
    except orjson.JSONEncodeError:
        return orjson.dumps(_cleaned(value))
    return orjson.dumps(_cleaned(value)) if _has_illegal(written) else written


def _has_illegal(written: bytes) -> bool:
    """Every illegal character leaves one of these traces in the bytes, which are cheaper to scan than each text."""
    return bool(
        (b"\\" in written and _ESCAPED_CONTROL.search(written))
        or (b"\xef" in written and _NONCHARACTER.search(written))
    )


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return XML_ILLEGAL.sub("", value)
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def _bytes(xml: str) -> bytes:
    # Half of a letter, which a text from JSON may hold, has no bytes in UTF-8.
    return _clean_xml(xml.encode("utf-8", "ignore"))


def _element(name: str, value: Any) -> str:
    if value is None:
        return f"<{name}/>"
    if isinstance(value, str):
        # Four searches that mostly fail cost less than one regular expression or one call of a library.
        if "&" in value or "<" in value or ">" in value or "\r" in value:
            value = _escaped(value)
        return f"<{name}>{value}</{name}>" if value else f"<{name}/>"
    inner = _inner(name, value)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def _inner(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return "".join([_element(member, item) for member, item in value.items()])
    if isinstance(value, list | tuple):
        # entries are told apart by elements, never by attributes.
        child = CHILDREN[name]
        return "".join([_element(child, item) for item in value])
    # Before numbers: in Python `True` is one.
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value)


def _escaped(value: str) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # As it stands, a reader of XML would make a line feed of it (XML 1.0, 2.11).
    return value.replace("\r", "&#13;")


def _number(value: float) -> str:
    written = repr(value)
    if "e" in written:
        return format(Decimal(written), "f")
    return written if math.isfinite(value) else ""
