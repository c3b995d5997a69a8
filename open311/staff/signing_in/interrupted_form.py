"""What was typed when a session ended: it comes along through signing in, and is offered to be sent then."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, request

from open311.staff.blueprint import TOKEN_FIELD, here, own_path

FIELD = "kept"
# What must not be in a page, or is made again.
LEFT_OUT = frozenset(
    {TOKEN_FIELD, FIELD, "next", "password", "new_password", "old_password", "code", "sealed"}
)
# What comes along, but nobody has typed.
NOT_TYPED = frozenset({"base"})
MOST_FIELDS = 300
LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class InterruptedForm:
    """A form that was not sent: where to, and the fields. `files`: whether there were some, which are lost."""

    path: str
    fields: Sequence[tuple[str, str]]
    files: bool = False

    def packed(self) -> str:
        """As one hidden field holds it."""
        return json.dumps([self.path, list(self.fields), self.files])

    def shown(self) -> list[str]:
        """What somebody typed, to recognise it by."""
        typed = (value for name, value in self.fields if name not in NOT_TYPED and value.strip())
        return [value for value in typed if " " in value or len(value) > 20]


def of_request() -> InterruptedForm | None:
    """What this request wanted to send, or was carried along by it; None for nothing worth it."""
    if g.get("interrupted"):
        fields = [(name, value) for name, value in request.form.items(multi=True) if name not in LEFT_OUT]
        path = own_path(here())
        if path is None or len(fields) > MOST_FIELDS or sum(len(value) for _, value in fields) > LONGEST:
            return None
        return InterruptedForm(path, fields, any(file.filename for file in request.files.values()))
    return _unpacked(request.form.get(FIELD, ""))


def _unpacked(packed: str) -> InterruptedForm | None:
    try:
        # A hidden field of a page: whoever wrote it, it leads to pages of the desk only, and is sent by a press of
        # its reader.
        path, fields, files = json.loads(packed[: 2 * LONGEST])
        pairs = [(str(name), str(value)) for name, value in fields]
    except (ValueError, TypeError, RecursionError):
        return None
    own = own_path(path) if isinstance(path, str) else None
    if own is None or len(pairs) > MOST_FIELDS:
        return None
    return InterruptedForm(own, [pair for pair in pairs if pair[0] not in LEFT_OUT], bool(files))
