"""A form as it was sent: only what differs from the page as it was opened counts.

Each page carries the values it was opened with. So a form that comes late changes what its writer changed, and leaves
alone what a colleague has changed meanwhile.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from open311.base.text import tidy

Form = MultiDict[str, str]
Values = Mapping[str, str]

BASE_FIELD = "base"
LONGEST_BASE = 100_000
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


def _unpacked(packed: str) -> dict[str, str]:
    try:
        # It went through the browser, so it may be anything.
        values = json.loads(packed[:LONGEST_BASE])
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}
