"""What in a text may be about persons: suggestions for the staff who check it, never a decision."""

import re
from typing import NamedTuple

_NUMBER = r"\d{1,4}(?: ?[a-z])?\b"
_HOUSE = r"(?:Hausnummer|Hausnr\.|Haus|Nr\.|Nummer|house number|house|number|No\.)"
_SOMEBODY = (
    "Nachbarn?|Nachbarin|Nachbarinnen|Anwohnern?|Anwohnerin|Bewohnern?|Bewohnerin|Mietern?|Mieterin|Vermieter|"
    "Eigentümern?|Eigentümerin|[Nn]eighbours?|[Nn]eighbors?|[Tt]enants?|[Oo]wners?"
)
# Each without nesting, so that no text takes long.
PATTERNS = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00?)[1-9][\d ()/-]{5,18}\d(?!\w|\.\d)"),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?\b"),
    "plate": re.compile(r"\b[A-ZÄÖÜ]{1,3}[ -][A-Z]{1,2}[ -]?\d{1,4}[EH]?\b"),
    "name": re.compile(
        r"\b(?:Herrn?|Frau|Familie|Fam|Eheleute|Family|Mr|Mrs|Ms|Dr)\.? [A-ZÄÖÜ][\wäöüß-]{1,40}"
    ),
    # Who lives where: a house number names a person as soon as somebody stands beside it.
    "home": re.compile(
        rf"\b(?:{_SOMEBODY})(?: [A-ZÄÖÜ][\w-]{{1,40}})?"
        rf",? (?:aus|in|von|from|at|of)(?: [\wäöüß.-]{{1,40}}){{0,3}} {_NUMBER}"
        rf"|\b[A-ZÄÖÜ][\w-]{{1,40}},? (?:aus|wohnt in|lives at|from) {_HOUSE} {_NUMBER}"
        rf"|(?:{_HOUSE}|[\w-]{{2,40}}(?:straße|strasse|str\.|weg|gasse|allee|platz)) {_NUMBER}"
        r",? (?:wohnt|wohnen|bei|lives?)(?: (?:der|die|eine?|the|an?))? [A-ZÄÖÜ][\w-]{1,40}"
    ),
}
MOST = 20


class PersonalHint(NamedTuple):
    """A place in a text, and what it may be: a key of `PATTERNS`."""

    kind: str
    words: str


def personal_hints(text: str) -> list[PersonalHint]:
    """What may be personal, in the order of the text, each once."""
    hints = [
        (match.start(), kind, match[0])
        for kind, pattern in PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    return list(dict.fromkeys(PersonalHint(kind, words) for _, kind, words in sorted(hints)))[:MOST]
