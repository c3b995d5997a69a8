"""The two bodies of a mail to citizens and contractors: plain text, and HTML that says the same in the same order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, Template

from open311.base.i18n import translate
from open311.model.catalogue import Catalogue
from open311.model.catalogue.site import COLOUR, COLOUR_DARK

BLANK_LINES = re.compile(r"\n\s*\n")
REPORT = re.compile(r".*/reports/(\d+)")
# What the link of a part is called; addresses of reports are known by their path.
LINK_WORDS = {
    "mail.confirm.text": "mail.link.confirm",
    "mail.alert.confirm.text": "mail.link.confirm",
    "mail.asked.text": "mail.link.answer",
    "mail.data.text": "mail.link.data",
    "mail.rating": "mail.link.rating",
    "mail.stop": "mail.link.stop",
}


class Link(NamedTuple):
    """An address of ours that stands alone on its line; `is_asked` where the mail asks its reader to open it."""

    address: str
    words: str
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What one message says, and by which key; `is_quoted` where somebody is cited."""

    key: str
    text: str
    is_quoted: bool = False


def text_body(parts: Sequence[Part]) -> str:
    """The parts as plain text; gaps that stayed empty leave no hole."""
    return "\n\n".join(paragraph for part in parts for paragraph in _paragraphs(part.text)) + "\n"


def html_body(
    catalogue: Catalogue, language: str, root: str, subject: str, parts: Sequence[Part], end: Part
) -> str:
    """The parts as HTML, with everything it needs in itself. All they say is escaped.

    Only addresses below `root` become links, so nobody's words can lay one into a mail of the city.
    """
    site, jurisdiction = catalogue.site, catalogue.jurisdiction
    return _template().render(
        language=language,
        subject=subject,
        city=jurisdiction.name.in_language(language),
        colour=site.colour or COLOUR,
        colour_dark=site.colour_dark or COLOUR_DARK,
        parts=[(part, _blocks(part, language, root)) for part in parts],
        end=[line for line in end.text.splitlines() if line.strip("- ")],
    )


def _paragraphs(text: str) -> list[str]:
    return [paragraph.strip("\n") for paragraph in BLANK_LINES.split(text) if paragraph.strip()]


def _blocks(part: Part, language: str, root: str) -> list[list[str | Link]]:
    return [
        [_line(line, part.key, language, root) for line in paragraph.splitlines()]
        for paragraph in _paragraphs(part.text)
    ]


def _line(line: str, key: str, language: str, root: str) -> str | Link:
    if not line.startswith(f"{root}/") or " " in line:
        return line
    if report := REPORT.fullmatch(urlsplit(line).path):
        return Link(line, translate("mail.link.report", language, number=report[1]), is_asked=False)
    words = LINK_WORDS.get(key, "mail.link.open")
    return Link(line, translate(words, language), is_asked=key != "mail.stop")


@cache
def _template() -> Template:
    return Environment(
        loader=PackageLoader("open311"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    ).get_template("mails/letter.html")


def parts_of(keys: Sequence[str], language: str, values: Mapping[str, Any]) -> list[Part]:
    """The parts of these messages, their gaps filled."""
    return [
        Part(key, translate(key, language, **values), is_quoted=key == "mail.status.notes") for key in keys
    ]
