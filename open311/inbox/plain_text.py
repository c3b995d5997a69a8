"""Mail as plain text: HTML is converted, never shown; quotes and signature are split off."""

from typing import Any

import lxml.html
import quotequail
from lxml import etree

from open311.base.text import tidy
from open311.model.inbox import LONGEST_TEXT

# Mail programs send many times as much as they say.
LONGEST_HTML = 10 * LONGEST_TEXT
UNREAD = frozenset({"head", "script", "style", "template", "title", "noscript", "object", "svg"})
LINES = frozenset(
    {
        "p",
        "div",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "blockquote",
        "pre",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
    }
)
SIGNATURE = "\n-- \n"
QUOTED = "> "


def from_html(source: str) -> str:
    """The text of an HTML mail, a line a paragraph, URLs after their link text; empty if it cannot be parsed."""
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    # Encoded again, explicitly: a `meta` element may name the charset of before the mail was decoded.
    data = source[:LONGEST_HTML].encode("utf-8", "replace")
    try:
        document = lxml.html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError):
        return ""
    return _Lines().of(document)


class _Lines:
    """Collects the lines that a reader would see."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""
        self._quotes = 0
        self._unread = 0

    def of(self, document: Any) -> str:
        for event, element in etree.iterwalk(document, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                self._begin(tag, element)
            else:
                self._end(tag, element)
        self._break()
        return "\n".join(self._lines)

    def _begin(self, tag: str, element: Any) -> None:
        if tag in LINES or tag == "br":
            self._break()
        self._unread += tag in UNREAD
        self._quotes += tag == "blockquote"
        self._say(element.text)

    def _end(self, tag: str, element: Any) -> None:
        if tag == "a" and (href := (element.get("href") or "").strip()).startswith(("http://", "https://")):
            self._say("" if href in self._line else f" ({href})")
        if tag in LINES:
            self._break()
        self._unread -= tag in UNREAD
        self._quotes -= tag == "blockquote"
        self._say(element.tail)

    def _say(self, words: str | None) -> None:
        if words and not self._unread:
            self._line += words.replace("\n", " ").replace("\r", " ")

    def _break(self) -> None:
        line = " ".join(self._line.split())
        if line:
            self._lines.append(QUOTED * min(self._quotes, 3) + line)
        self._line = ""


def without_quotes(text: str) -> tuple[str, str]:
    """The new text of a mail, and the rest: quotes and signature. A mail that is all quote counts as new."""
    parts = quotequail.quote(text, quote_intro_line=True)
    new = "\n".join(words for is_new, words in parts if is_new).split("\n")
    # Quotes without an introductory line are known by their marks.
    own = "\n".join(line for line in new if not line.startswith(">"))
    marked = [line for line in new if line.startswith(">")]
    rest = "\n".join([*marked, *(words for is_new, words in parts if not is_new)])
    own, mark, signature = own.partition(SIGNATURE)
    if not own.strip():
        return tidy(text), ""
    return tidy(own), tidy(f"{signature}\n{rest}" if mark else rest)
