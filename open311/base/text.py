"""Words in several languages, and what a text may consist of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal
from unicodedata import combining, normalize

XML_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry: control characters, lone surrogates, U+FFFE and U+FFFF."""


def tidy(raw: str) -> str:
    """A text as it is kept: lines end in LF, nothing that XML cannot carry, no outer blanks, letters in one piece."""
    return composed(trimmed(raw))


# Blanks, controls of the direction, fillers: where nothing else stands, a reader sees an empty place.
_UNSEEN = re.compile(
    r"[\s\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)


def trimmed(raw: str) -> str:
    """A text as it is kept, its letters as they came; `""` where nobody would see anything."""
    # What is printable throughout, as nearly all is, holds neither line ends nor what XML cannot carry.
    text = raw if raw.isprintable() else speakable(raw.replace("\r\n", "\n").replace("\r", "\n"))
    return "" if _UNSEEN.fullmatch(text) else text.strip()


# No script puts so many marks on one letter (UAX 15, 13: Stream-Safe Text Format).
_MOST_MARKS = 30
_JOINER = "\u034f"
_SHORT = 1000
_BEYOND_MARKS = 0x20000
# Neither letters nor digits, as marks are; found forty times as fast as marks themselves.
_ODD_ROW = re.compile(rf"[^\w\0-\u02ff][^\w\0-\u02ff]{{{_MOST_MARKS},}}")


def composed(text: str, form: Literal["NFC", "NFD", "NFKC"] = "NFC") -> str:
    """Letters in one piece, as Unicode spells them (UAX 15), in a time that grows with the length alone.

    To order the marks on a letter takes the square of their number: some 100,000 would stop a process for minutes.
    A long row of them is parted by joiners, which nobody sees.
    """
    if text.isascii():
        return text
    if len(text) > _SHORT:
        text = _ODD_ROW.sub(lambda row: _marks_in_a_row().sub(rf"\g<0>{_JOINER}", row[0]), text)
    return normalize(form, text)


@cache
def _marks_in_a_row() -> re.Pattern[str]:
    # A few letters are marks only once they are taken apart.
    letters = map(chr, range(0x300, _BEYOND_MARKS))
    marks = "".join(letter for letter in letters if combining(normalize("NFD", letter)[0]))
    return re.compile(f"[{marks}]{{{_MOST_MARKS}}}(?=[{marks}])")


def speakable(raw: str) -> str:
    """A text without what XML cannot carry."""
    return raw if raw.isprintable() else XML_ILLEGAL.sub("", raw)


# What databases, geographic programs and calculations write where there is nothing.
_NOTHING = frozenset(("null", "(null)", "<null>", "[null]", "\\n", "nan", "#n/a"))
_LONGEST_NOTHING = max(map(len, _NOTHING))


def stands_for_nothing(text: str) -> bool:
    """Whether a cell of a file, or a text of another server, says that there is none."""
    return len(text) <= _LONGEST_NOTHING and text.lower() in _NOTHING


SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(words: str) -> str:
    """Words as any keyboard can write them, in small letters: `MÜLL` and `muell` become the same."""
    return words.casefold().translate(SPELLED_OUT)


def whole_number(word: str, digits: int = 18) -> int | None:
    """The number that a form or an address names, of at most so many digits; None for anything else."""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= digits else None


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in several languages; the first language stands in for a missing one."""

    by_language: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """The words in `language`, else in the first language; `""` when there are none."""
        if language in self.by_language:
            return self.by_language[language]
        return next(iter(self.by_language.values()), "")

    def __bool__(self) -> bool:
        return any(self.by_language.values())


NO_TEXT = Text({})


def how_many(number: int, one: str, many: str) -> str:
    """In English, for commands: `1 job is`, `2 jobs are`; what pages and mails say goes by `translations/`."""
    return f"{number:,} {one if number == 1 else many}"
