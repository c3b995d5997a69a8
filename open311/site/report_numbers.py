"""The number of a report as people write it: with a word before it, in groups, or as the address of its page."""

import re
from functools import cache

from open311.base.i18n import LANGUAGES, translate
from open311.base.text import composed

# A dot, a comma or an apostrophe counts as a separator of groups only before three digits.
_DIGITS = r"\d{1,15}|\d{1,3}(?:[ .,'\u2019_-]\d{3}){1,4}"
_ADDRESS = re.compile(r"(?:https?://)?[^\s?#]*/(?:reports|requests)/(\d{1,15})(?:[./?#].*)?", re.IGNORECASE)


def report_number(text: str) -> int | None:
    """The number that a text names and nothing beside it: `Nr. 102001`, `#102 001`, `Meldung 102.001`, an address."""
    # Full-width digits and hard blanks, as telephones and word processors copy them.
    tidy = " ".join(composed(text, "NFKC").split())
    if match := _ADDRESS.fullmatch(tidy):
        return int(match[1])
    match = _pattern().fullmatch(tidy)
    digits = re.sub(r"\D", "", match[1]) if match else ""
    return int(digits) if 0 < len(digits) <= 15 else None


@cache
def _pattern() -> re.Pattern[str]:
    # In each language: who reads English may copy the number out of a German mail.
    words = "|".join(
        re.escape(word) for language in LANGUAGES for word in translate("page.number.words", language).split()
    )
    before = rf"(?:(?:{words})\.?[ :]*){{0,3}}[#№]? ?"
    return re.compile(rf"[(\[„\"“]?{before}({_DIGITS})[)\]”\"“.!]?", re.IGNORECASE)
