"""Atom feeds (RFC 4287) with the place of each entry as GeoRSS Simple."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from open311.base.datetimes import write_utc
from open311.base.text import XML_ILLEGAL
from open311.model.service_request import Location

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
ATOM = "http://www.w3.org/2005/Atom"
GEORSS = "http://www.georss.org/georss"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# An address, and the type of what is there.
Link = tuple[str, str]
ElementTree.register_namespace("", ATOM)
ElementTree.register_namespace("georss", GEORSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed; `link` is where people read it, `category` a code and its name."""

    id: str
    title: str
    updated: datetime
    published: datetime
    text: str
    link: Link
    category: tuple[str, str] | None = None
    place: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What is above the entries; `links` maps a relation to an address."""

    id: str
    title: str
    author: str
    updated: datetime
    language: str
    links: Mapping[str, str] = field(default_factory=dict)


def write(feed: Feed, entries: Iterable[Entry]) -> bytes:
    """The feed as XML; characters that XML cannot carry are left out."""
    root = Element(f"{{{ATOM}}}feed", {LANGUAGE: feed.language})
    _common(root, feed.id, feed.title, feed.updated)
    _add(_add(root, "author"), "name", feed.author)
    for relation, address in feed.links.items():
        _add(root, "link", rel=relation, href=address)
    for entry in entries:
        _entry(_add(root, "entry"), entry)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(element: Element, entry: Entry) -> None:
    _common(element, entry.id, entry.title, entry.updated)
    _add(element, "published", write_utc(entry.published))
    address, media_type = entry.link
    _add(element, "link", rel="alternate", type=media_type, href=address)
    _add(element, "content", entry.text, type="text")
    if entry.category:
        _add(element, "category", term=entry.category[0], label=entry.category[1])
    if entry.place:
        point = SubElement(element, f"{{{GEORSS}}}point")
        # Latitude first in GeoRSS Simple, longitude first in GeoJSON.
        point.text = f"{entry.place.lat:.7f} {entry.place.long:.7f}"


def _common(element: Element, iri: str, title: str, updated: datetime) -> None:
    _add(element, "id", iri)
    _add(element, "title", title, type="text")
    _add(element, "updated", write_utc(updated))


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    clean = {key: XML_ILLEGAL.sub("", value) for key, value in attributes.items()}
    element = SubElement(parent, f"{{{ATOM}}}{name}", clean)
    element.text = XML_ILLEGAL.sub("", text) or None
    return element
