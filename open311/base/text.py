"""Words in several languages, and what a text may consist of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

XML_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry: control characters, lone surrogates, U+FFFE and U+FFFF."""


def tidy(raw: str) -> str:
    """A text as it is kept: lines end in LF, nothing that XML cannot carry, no outer blanks, letters in one piece."""
    # What is printable throughout, as nearly all is, holds neither line ends nor what XML cannot carry.
    text = raw if raw.isprintable() else speakable(raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip()
    return text if text.isascii() else normalize("NFC", text)


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
    return f"{number} {one if number == 1 else many}"
