"""XML read back by the rules of the Spark convention, written without a look at the server's own writer."""

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

LISTS = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "media_urls": "media_url",
    "notes": "note",
    "service_request_updates": "request_update",
}


def parse_xml(document: bytes) -> Any:
    """What is inside the root element: lists, objects, and leaves as text (an empty leaf is `""`)."""
    return _value(ElementTree.fromstring(document))


def as_text(value: Any) -> Any:
    """A value read from JSON with its leaves as XML would write them, to be compared with `parse_xml`."""
    if isinstance(value, dict):
        return {name: as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(str(value)), "f")
    return "" if value is None else str(value)


def _value(element: ElementTree.Element) -> Any:
    assert not element.attrib, f"{element.tag} has XML attributes"
    children = list(element)
    if element.tag in LISTS:
        assert {child.tag for child in children} <= {LISTS[element.tag]}, f"foreign element in {element.tag}"
        assert not (element.text or "").strip(), f"text in {element.tag}"
        return [_value(child) for child in children]
    if children and element.tag == children[0].tag == "media_url":
        return [_value(child) for child in children]
    if children:
        assert len({child.tag for child in children}) == len(children), f"repeated element in {element.tag}"
        return {child.tag: _value(child) for child in children}
    return element.text or ""
