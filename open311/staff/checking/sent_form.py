"""A form as it was sent: only what differs from the page as it was opened counts.

Each page carries the values it was opened with. So a form that comes late changes what its writer changed, and leaves
alone what a colleague has changed meanwhile.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from open311.base.text import tidy

Form = MultiDict[str, str]
Values = Mapping[str, str]

BASE_FIELD = "base"
LONGEST_BASE = 100_000
# The boxes on a photo: four number fields of this name each, or all of them in one text.
BOXES = re.compile(r"boxes-\d{1,18}")
SIDES = 4
ANSWER = re.compile(r"attribute\[([^\]]{1,64})\]")


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it was sent, beside the values that its page was opened with."""

    form: Form
    base: Values

    @classmethod
    def of(cls, form: Form, shown: Values) -> "SentForm":
        """The form of a request; one that does not say with what it was opened is held against what is `shown` now."""
        return cls(form, _unpacked(form.get(BASE_FIELD, "")) or shown)

    def value(self, name: str) -> str:
        """What was typed or chosen, several values in a line each; what was not sent is as it was."""
        if BOXES.fullmatch(name) and name in self.form:
            return joined_boxes(self.form.getlist(name))
        if name in self.form:
            return tidy("\n".join(self.form.getlist(name)))
        # Of boxes none of which is ticked, browsers send nothing.
        return "" if BASE_FIELD in self.form and ANSWER.fullmatch(name) else self.base.get(name, "")

    def changed(self, name: str) -> str | None:
        """The new value of a field; None for one that was left as it was."""
        value = self.value(name)
        return value if value != self.base.get(name, "") else None

    def typed(self, *, latest: bool = False) -> dict[str, str]:
        """The values to show again; with `latest` only those that were changed, upon what has become of the rest."""
        names = dict.fromkeys([*self.form, *self.base])
        kept = (
            name for name in names if not latest or name not in self.base or self.changed(name) is not None
        )
        return {name: self.value(name) for name in kept if name != BASE_FIELD}


def joined_boxes(typed: Sequence[str]) -> str:
    """The boxes that were typed as one text, four percentages each with `;` between; empty rows are none."""
    rows = [typed[at : at + SIDES] for at in range(0, len(typed), SIDES)]
    return "; ".join(", ".join(side.strip() for side in row) for row in rows if any(map(str.strip, row)))


def box_rows(text: str) -> list[list[str]]:
    """What stands in the number fields of boxes, a row each, and at the end an empty row for one more."""
    rows = [[side.strip() for side in part.split(",")][:SIDES] for part in text.split(";") if part.strip()]
    return [*([*row, *[""] * (SIDES - len(row))] for row in rows), [""] * SIDES]


def _unpacked(packed: str) -> dict[str, str]:
    try:
        # It went through the browser, so it may be anything.
        values = json.loads(packed[:LONGEST_BASE])
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}
