"""Gaps in the words of a template, such as `{number}`, and what fills them."""

import re
from collections.abc import Mapping

from open311.base.errors import Invalid, problem

# What a text may leave open; filled from the case when it is used.
GAPS = ("number", "service", "address", "status", "unit", "due", "contact", "link", "answer")
GAP = re.compile(r"\{([^{}]*)\}")


def gaps(text: str) -> set[str]:
    return set(GAP.findall(text))


def require_filled(text: str | None) -> None:
    """Raise `Invalid` for words with a gap that was to be filled before anybody reads them."""
    if lacking := gaps(text or "") & set(GAPS):
        raise Invalid(problem("error.letter.gap", gaps=", ".join(f"{{{gap}}}" for gap in sorted(lacking))))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its gaps filled; one that nobody fills stays open, for the eye to see."""
    return GAP.sub(lambda gap: values.get(gap[1], gap[0]), text)
