"""Answers of other GeoReport servers as plain values: XML or JSON, whatever they call it, however they wrap it.

A strict parser comes first. What it refuses is mended as old servers need it, and read once more.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from open311.federation.client import repair
from open311.federation.client.encodings import decoded

Item = Mapping[str, Any]

DEEPEST_WRAPPER = 5
DEEPEST = 50
# A field may be nonsense without spoiling the report that it is in.
DEEPEST_JSON = 1000
LONGEST_NUMBER = 40
DECODERS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
# What a server says in place of a list when something went wrong there, or in front of it.
ERRORS = {"error", "errors", "exception", "fault", "html"}
FAILURES = {"error", "fail", "failed", "failure"}
COUNTS = {"count", "total", "total_count", "totalcount", "numfound"}
BLOCKS = {"p", "br", "div", "li", "tr"}
INLINE = {"a", "b", "em", "font", "i", "small", "span", "strong", "sub", "sup", "td", "u", "ul", "ol"}
MARKUP = BLOCKS | INLINE


class Unreadable(Exception):
    """An answer that is neither XML nor JSON, or not what was asked for."""


def items(body: bytes, *marks: str, content_type: str = "") -> list[Item]:
    """The entries of a list: mappings that have one of the fields `marks`, found below any wrapper.

    A single object counts as a list of one, an empty body as none. Raises `Unreadable`.
    """
    return items_in(parse(body, content_type), *marks)


def items_in(value: Any, *marks: str) -> list[Item]:
    """The same of a document that was parsed."""
    return list(_marked(value, marks, DEEPEST_WRAPPER))


def entries(value: Any, *marks: str) -> list[Item]:
    """The entries of what must be a list; an error document or a page for people is none, and `Unreadable`."""
    entries = items_in(value, *marks)
    if not entries and not _is_empty(value, marks, DEEPEST_WRAPPER):
        raise Unreadable(f"no list, but {json.dumps(value, ensure_ascii=False, default=str)[:200]}")
    return entries


def _marked(value: Any, marks: tuple[str, ...], depth: int) -> Iterator[Item]:
    if isinstance(value, Mapping):
        if any(value.get(mark) not in (None, "", [], {}) for mark in marks):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list) and depth:
        for inner in value:
            yield from _marked(inner, marks, depth - 1)


def _is_empty(value: Any, marks: tuple[str, ...], depth: int) -> bool:
    """Whether a value without entries is an empty list, in whatever wrapper, or one of entries without an id."""
    if value is None or not depth:
        return value is None
    if isinstance(value, list):
        return all(_is_empty(inner, marks, depth - 1) for inner in value)
    if not isinstance(value, Mapping) or is_error(value):
        return False
    if not value or any(mark in value for mark in marks):
        return True
    names = {str(name).lower(): inner for name, inner in value.items()}
    containers = [inner for name, inner in names.items() if name not in ERRORS and not isinstance(inner, str)]
    return any(str(names.get(name)) == "0" for name in COUNTS) or any(
        _is_empty(inner, marks, depth - 1) for inner in containers
    )


def is_error(value: Item) -> bool:
    """Whether a mapping tells that something went wrong."""
    names = {str(name).lower(): inner for name, inner in value.items()}
    code, status = str(names.get("code", names.get("status"))), str(names.get("status")).lower()
    refused = len(code) == 3 and code.isdigit() and code[0] in "45"
    has_words = any(names.get(name) for name in ERRORS)
    return has_words or refused or status in FAILURES or names.get("success") is False


def parse(body: bytes, content_type: str = "") -> Any:
    """The value of a document; XML becomes mappings by element name, its root's first, repeated ones lists.

    Raises `Unreadable`.
    """
    # Not orjson: real servers send line breaks inside of strings.
    text = decoded(body, content_type).strip()
    if not text:
        return []
    try:
        return _xml(text) if text.startswith("<") else _json(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as reason:
        raise Unreadable(f"neither XML nor JSON: {reason}") from None


def _json(text: str) -> Any:
    try:
        value = _loaded(text)
    except ValueError:
        value = _loaded(repair.repaired_json(text))
    # How deep the parser goes before it gives up depends on the release of Python.
    layer = [value]
    for _ in range(DEEPEST_JSON):
        layer = [inner for item in layer for inner in _inside(item)]
        if not layer:
            # Half of a pair cannot be written anywhere again.
            return _whole(value) if repair.HALF_PAIR.search(text) else value
    raise Unreadable("nested too deep")


def _loaded(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=_number)


def _number(raw: str) -> int | str:
    # Python refuses to read more than 4,300 digits, by an error that would cost the whole list.
    return int(raw) if len(raw) <= LONGEST_NUMBER else raw


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return repair.SURROGATES.sub("", value)
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return value


def _xml(text: str) -> Any:
    text = repair.without_prolog(text)
    if repair.is_page(text):
        raise Unreadable("neither XML nor JSON, but a page for people")
    # Entities that name each other grow without bound ("billion laughs"), and expat resolves them.
    if "<!DOCTYPE" in text[:10_000] or "<!ENTITY" in text:
        raise Unreadable("not XML as GeoReport has it, but a document of another kind")
    text = repair.without_controls(text)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        root = ElementTree.fromstring(repair.repaired_xml(text))
    return {_name(root): _value(root, DEEPEST)}


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: ElementTree.Element, depth: int) -> Any:
    if not len(element):
        return (element.text or "").strip() or None
    if not depth:
        raise Unreadable("nested too deep")
    if _is_text(element):
        return "".join(_text_of(element, depth)).strip() or None
    values: dict[str, Any] = {}
    for child in element:
        name, value = _name(child), _value(child, depth - 1)
        if name not in values:
            values[name] = value
        elif isinstance(values[name], list):
            values[name].append(value)
        else:
            values[name] = [values[name], value]
    return values


def _is_text(element: ElementTree.Element) -> bool:
    """Whether what looks like fields is a text with markup in it."""
    if any(piece and piece.strip() for piece in (element.text, *(child.tail for child in element))):
        return True
    return all(_name(child).lower() in MARKUP for child in element)


def _text_of(element: ElementTree.Element, depth: int) -> Iterator[str]:
    if not depth:
        raise Unreadable("nested too deep")
    yield element.text or ""
    for child in element:
        yield "\n" if _name(child).lower() in BLOCKS else ""
        yield from _text_of(child, depth - 1)
        yield child.tail or ""


def unpacked(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """A body that came compressed although nobody asked for it; `Unreadable` beyond the bound."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in DECODERS:
        raise Unreadable(f"encoded as {name}")
    try:
        plain = _inflated(body, DECODERS[name], most_bytes)
    except zlib.error as reason:
        raise Unreadable(str(reason)) from None
    if len(plain) > most_bytes:
        raise Unreadable(f"longer than {most_bytes} bytes")
    return plain


def _inflated(body: bytes, window: int, most_bytes: int) -> bytes:
    decoder = zlib.decompressobj(window)
    plain = decoder.decompress(body, most_bytes + 1)
    if len(plain) <= most_bytes and not decoder.eof:
        raise Unreadable("cut off")
    return plain
