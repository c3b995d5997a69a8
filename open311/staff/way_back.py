"""The page of the desk from which a case was opened: it travels along, and leads back to its filters and the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request

from open311.base.text import whole_number
from open311.model.casework.desk_search import PAGE_SIZE
from open311.site import addresses
from open311.staff.blueprint import here, own_path

LIST = "/staff/reports"
MAP = f"{LIST}/map"
# It is in the address of the case, encoded once more, and in that of each of its forms.
LONGEST = 1000
# What pages are called; of several that the path begins with, the first.
NAMES = (
    (MAP, "desk.back.map"),
    (f"{LIST}/", "desk.back.case"),
    (LIST, "desk.back.list"),
    ("/staff/check", "desk.back.check"),
    ("/staff/field", "desk.back.round"),
    ("/staff", "desk.home.title"),
)
# What a page says once, and not again to who comes back.
SAID_ONCE = ("done", "last")


@dataclass(frozen=True, slots=True)
class WayBack:
    """A page of the desk and, of a list, the row in which the case stood, from 1."""

    path: str = LIST
    row: int | None = None

    @property
    def query(self) -> Mapping[str, Any]:
        """What the address of a case carries along; nothing where the way leads to the whole list anyway."""
        return {} if self == WayBack() else {"back": self.path, "row": self.row}

    @property
    def name(self) -> str:
        """The message that says where it leads."""
        return next(name for path, name in NAMES if self.path.startswith(path))

    @property
    def is_through_list(self) -> bool:
        """Whether other cases are before and after this one."""
        return self.row is not None and urlsplit(self.path).path == LIST

    def address(self, number: int, *, done: str = "") -> str:
        """The link back, to the line of the case; `done` is what the page says on top."""
        query = f"{'&' if '?' in self.path else '?'}done={done}" if done else ""
        return f"{addresses.root()}{self.path}{query}#report-{number}"


def of_request() -> WayBack:
    """The way back that the address of this page carries; to the whole list if it carries none, or a foreign one."""
    path = own_path(request.args.get("back", "")[: LONGEST + 1])
    if not path or len(path) > LONGEST:
        return WayBack()
    row = whole_number(request.args.get("row", ""), 2)
    return WayBack(path, row if row and row <= PAGE_SIZE else None)


def to_here() -> WayBack:
    """The way back to this very page."""
    path, _, query = here().partition("?")
    values: dict[str, str] = {}
    for name, value in parse_qsl(query):
        if name not in SAID_ONCE:
            # Several values of a filter are one word.
            values[name] = f"{values[name]},{value}" if name in values else value
    return to(path, values)


def to(path: str, values: Mapping[str, str], row: int | None = None) -> WayBack:
    """The way back to a page with a query, which is left out where it is too long to travel."""
    query = urlencode({name: value for name, value in values.items() if value})
    whole = f"{path}?{query}" if query else path
    return WayBack(whole if len(whole) <= LONGEST else path, row)
