"""Work sheets as PDF/UA-1, which the compiler refuses to write when something in it is not accessible."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from unicodedata import category

import segno

from open311.base.text import composed

MEDIA_TYPE = "application/pdf"
# What the fonts of the compiler have letters for, so that a sheet looks the same on every machine.
COVERED = (
    (0x20, 0x24F),
    (0x2B0, 0x2FF),
    (0x370, 0x4FF),
    (0x1E00, 0x1FFF),
    (0x2010, 0x2040),
    (0x20A0, 0x20BF),
    (0x2190, 0x21FF),
    (0x25A0, 0x25FF),
)
NO_LETTER = "\u25a1"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A case on paper: facts as pairs of words, sections of paragraphs (without any: room to write by hand)."""

    title: str
    address: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class StopLine:
    """A stop of a round on paper: what and where, and the address behind its code."""

    title: str
    place: str
    text: str
    address: str


def round_list(title: str, language: str, head: Sequence[str], stops: Sequence[StopLine]) -> bytes:
    """The stops of a round in their order as a list; `head` names its columns: number, stop, what was found, code."""
    lines = [{**asdict(stop), "code": _code(stop.address)} for stop in stops]
    return _compiled("round.typ", {"title": title, "language": language, "head": head, "stops": lines})


def written(title: str, language: str, head: tuple[str, str], sheets: Sequence[Sheet]) -> bytes:
    """The sheets as one document; `head` names the columns of the facts."""
    data = {
        "title": title,
        "language": language,
        "head": head,
        "sheets": [{**asdict(sheet), "code": _code(sheet.address)} for sheet in sheets],
    }
    return _compiled("cases.typ", data)


def _compiled(template: str, data: Mapping[str, object]) -> bytes:
    # Few processes ever write one, and it takes 7 MB.
    import typst

    return bytes(
        typst.compile(
            _source(template),
            # As data, never as a part of the source: Typst is a language, and a description could be a program in it.
            sys_inputs={"data": json.dumps(_printable(data))},
            format="pdf",
            pdf_standards="ua-1",
            ignore_system_fonts=True,
        )
    )


def printable(text: str) -> str:
    """A text in letters that the fonts have; one that they lack leaves a box."""
    return "".join(letter if _has_letter(letter) else NO_LETTER for letter in composed(text))


def _has_letter(letter: str) -> bool:
    covered = any(first <= ord(letter) <= last for first, last in COVERED)
    return letter == "\n" or (covered and category(letter) not in ("Cc", "Cf", "Cn"))


def _printable(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    return [_printable(item) for item in value] if isinstance(value, list | tuple) else value


def _code(address: str) -> str:
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", xmldecl=False, border=0)
    return picture.getvalue().decode()


@cache
def _source(template: str) -> bytes:
    return (files("open311") / "templates" / "sheets" / template).read_bytes()
