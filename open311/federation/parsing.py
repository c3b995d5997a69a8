"""Answers of other GeoReport servers as plain values: XML or JSON, whatever they call it, however they wrap it."""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

Item = Mapping[str, Any]

DEEPEST_WRAPPER = 4
DEEPEST = 50
# A field may be nonsense without spoiling the report that it stands in.
DEEPEST_JSON = 1000
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
DECODERS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Unreadable(Exception):
    """An answer that is neither XML nor JSON."""


def items(body: bytes, *marks: str) -> list[Item]:
    """The entries of a list: mappings that have one of the fields `marks`, found below any wrapper.

    A single object counts as a list of one, an empty body as none. Raises `Unreadable`.
    """
    return list(_marked(parse(body), marks, DEEPEST_WRAPPER))


def _marked(value: Any, marks: tuple[str, ...], depth: int) -> Iterator[Item]:
    if isinstance(value, Mapping):
        if any(value.get(mark) not in (None, "", [], {}) for mark in marks):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list) and depth:
        for each in value:
            yield from _marked(each, marks, depth - 1)


def parse(body: bytes) -> Any:
    """The value of a document; XML becomes mappings by element name, repeated ones lists. Raises `Unreadable`."""
    # Not orjson: real servers send line breaks inside of strings.
    text = _text(body).strip()
    if not text:
        return []
    try:
        return _xml(text) if text.startswith("<") else _json(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as reason:
        raise Unreadable(f"neither XML nor JSON: {reason}") from None


def _json(text: str) -> Any:
    # How deep the parser goes before it gives up depends on the release of Python.
    value = json.loads(text, strict=False)
    layer = [value]
    for _ in range(DEEPEST_JSON):
        layer = [inner for each in layer for inner in _inside(each)]
        if not layer:
            return value
    raise Unreadable("nested too deep")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _xml(text: str) -> Any:
    if "<!DOCTYPE" in text[:10_000] or "<!ENTITY" in text:
        raise Unreadable("not XML as GeoReport has it, but a document of another kind")
    # What was decoded already has no encoding of its own any more.
    rest = text.partition("?>")[2] if text.startswith("<?xml") else text
    return _value(ElementTree.fromstring(NOT_IN_XML.sub("", rest)), DEEPEST)


def _value(element: ElementTree.Element, depth: int) -> Any:
    if not len(element):
        return (element.text or "").strip() or None
    if not depth:
        raise Unreadable("nested too deep")
    found: dict[str, Any] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _value(child, depth - 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def unpacked(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """A body that came compressed although nobody asked for it; `Unreadable` beyond the bound."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in DECODERS:
        raise Unreadable(f"encoded as {name}")
    try:
        plain = zlib.decompressobj(DECODERS[name]).decompress(body, most_bytes + 1)
    except zlib.error as reason:
        raise Unreadable(str(reason)) from None
    if len(plain) > most_bytes:
        raise Unreadable(f"longer than {most_bytes} bytes")
    return plain
