"""Values of both formats, compared without regard to how each writes them."""

from collections.abc import Iterator
from typing import Any


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every named leaf of a JSON value."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, dict):
            stack += value.items()
        elif isinstance(value, list):
            stack += [(name, item) for item in value]
        else:
            yield name, value


def same(text: str, value: Any) -> bool:
    """Whether the text of an XML element says the same as a JSON value."""
    if value is None or value == "":
        return not text.strip()
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, (int, float)):
        return as_number(text) == float(value)
    return text.replace("\r\n", "\n").strip() == str(value).replace("\r\n", "\n").strip()


def as_number(text: Any) -> float | None:
    """The number a text or value stands for, if any."""
    if isinstance(text, bool) or text is None:
        return None
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
