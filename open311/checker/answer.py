"""An answer of the server under test, read without trust."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from open311.checker.requirement import NotSeen


class Unreadable(NotSeen):
    """The answer is not what its format promises; told where that is looked at, elsewhere nothing is seen."""


@dataclass(frozen=True)
class Answer:
    """What came back. `failure` says why nothing did; the status is then 0."""

    asked: str
    suffix: str = ""
    status: int = 0
    headers: Mapping[str, str] = None  # type: ignore[assignment]
    body: bytes = b""
    failure: str = ""
    seconds: float = 0

    @property
    def summary(self) -> str:
        """What was asked and what came, in a few words."""
        return f"{self.asked}: {self.failure or self.status}"

    @property
    def content_type(self) -> str:
        return (self.headers or {}).get("content-type", "")

    @cached_property
    def _json(self) -> Any:
        try:
            return json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError) as reason:
            return Unreadable(f"{self.asked}: not JSON ({reason})"[:300])

    @cached_property
    def _xml(self) -> Element | Unreadable:
        # Entities can unfold to more than the memory holds, and GeoReport has none.
        if re.search(rb"<!(DOCTYPE|ENTITY)", self.body):
            return Unreadable(f"{self.asked}: XML with a document type")
        try:
            return ElementTree.fromstring(self.body)
        except (ElementTree.ParseError, ValueError, LookupError) as reason:
            return Unreadable(f"{self.asked}: not well-formed XML ({reason})"[:300])

    def json(self) -> Any:
        """The JSON value; raises `Unreadable`."""
        document = self._json
        if isinstance(document, Unreadable):
            raise document
        return document

    def xml(self) -> Element:
        """The XML root; raises `Unreadable`."""
        root = self._xml
        if isinstance(root, Unreadable):
            raise root
        return root

    def must_be_ok(self) -> "Answer":
        """Itself; raises `NotSeen` when its status is not 200."""
        if self.status != 200:
            raise NotSeen(self.summary)
        return self

    def rows(self) -> list[dict[str, Any]]:
        """The entries of a JSON list, also out of a wrapper, so that one defect does not hide the others."""
        value = self.json()
        if isinstance(value, dict):
            lists = [member for member in value.values() if isinstance(member, list)]
            value = lists[0] if lists else [value]
        return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []

    def elements(self) -> list[Element]:
        return list(self.xml())


def is_array_error(answer: Answer) -> str:
    """What is wrong with an error body; empty when it is as GeoReport has it (georeport.md, 4.1)."""
    try:
        return _wrong_json(answer) if answer.suffix == "json" else _wrong_xml(answer)
    except Unreadable as reason:
        return str(reason)


def _wrong_json(answer: Answer) -> str:
    value = answer.json()
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return f"{answer.summary}, not an array of errors"
    for error in value:
        if error.get("code") != answer.status or isinstance(error.get("code"), bool):
            return f"{answer.summary}, `code` is {error.get('code')!r}, not the number {answer.status}"
        if not isinstance(error.get("description"), str) or not error["description"].strip():
            return f"{answer.summary}, without a `description`"
    return ""


def _wrong_xml(answer: Answer) -> str:
    root = answer.xml()
    errors = root.findall("error")
    if root.tag != "errors" or not errors:
        return f"{answer.summary}, root `{root.tag}` instead of `errors/error`"
    if any(not (error.findtext("code") or "").strip() for error in errors):
        return f"{answer.summary}, an error without `code`"
    if any(not (error.findtext("description") or "").strip() for error in errors):
        return f"{answer.summary}, an error without `description`"
    return ""
