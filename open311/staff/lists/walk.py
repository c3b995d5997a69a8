"""From case to case through the list that one came from, without going back to it."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from flask import redirect
from flask.typing import ResponseReturnValue

from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework import desk_filters
from open311.model.casework.desk_search import PAGE_SIZE, CaseSearch, Page, Position
from open311.staff import way_back
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.lists import filters
from open311.staff.seen_case import find_case
from open311.staff.way_back import LIST, WayBack
from open311.storage.database import Connection
from open311.storage.desk.lists import case_list
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import scope_of


@page("/reports/<number:number>/next", Right.SEE_REPORTS)
def report_next(number: int) -> ResponseReturnValue:
    """The case after this one in the list that it was opened from."""
    return _beside(number, 1)


@page("/reports/<number:number>/previous", Right.SEE_REPORTS)
def report_previous(number: int) -> ResponseReturnValue:
    """The case before it."""
    return _beside(number, -1)


def _beside(number: int, step: int) -> ResponseReturnValue:
    find_case(number)
    way = way_back.of_request()
    with current.core().database.read() as conn:
        beside = Walk(way).step(conn, number, step) if way.is_through_list else None
    if beside is None:
        return redirect(way.address(number, done="list_end"), 303)
    other, way_from_there = beside
    return redirect_to("report", number=other, **way_from_there.query)


class Walk:
    """Through the list that a case was opened from, one case at a time."""

    def __init__(self, way: WayBack) -> None:
        values = dict(parse_qsl(urlsplit(way.path).query))
        self._row = way.row or 1
        self._values = desk_filters.recognised(values)
        self._search = desk_filters.search_of(self._values, filters.asker(filters.colleagues()))
        self._after = filters.position(self._search, values.get("after", ""))

    def step(self, conn: Connection, number: int, by: int) -> tuple[int, WayBack] | None:
        """The case before (-1) or after (1) this one, with the way back from there; None beyond the ends.

        A case that has left the list, since somebody acted on it, has left its row to the next one.
        """
        page = self._page(conn, self._search, self._after)
        numbers = [row.number for row in page.rows]
        place = numbers.index(number) + by if number in numbers else self._row - 1 + min(by, 0)
        if place < 0:
            return self._before(conn, page.positions[0]) if page.positions else None
        if place < len(numbers):
            return numbers[place], self._way(self._after, place + 1)
        if page.next is None:
            return None
        following = self._page(conn, replace(self._search, limit=1), page.next).rows
        return (following[0].number, self._way(page.next, 1)) if following else None

    def _before(self, conn: Connection, first: Position) -> tuple[int, WayBack] | None:
        """The last case of the page before the one that begins at `first`."""
        if self._after is None:
            return None
        # One more than the page has is the last of the page before that.
        wanted = replace(self._search, limit=PAGE_SIZE + 1)
        before = self._page(conn, wanted, first, -1)
        if not before.rows:
            return None
        after = before.positions[PAGE_SIZE] if len(before.rows) > PAGE_SIZE else None
        return before.rows[0].number, self._way(after, min(len(before.rows), PAGE_SIZE))

    def _page(
        self, conn: Connection, search: CaseSearch, after: Position | None, by: int = 1
    ) -> Page[CaseRow]:
        scope, now = scope_of(staff(), Right.SEE_REPORTS), current.core().now()
        return case_list.page(conn, scope, search, now, after, backwards=by < 0)

    def _way(self, after: Position | None, row: int) -> WayBack:
        return way_back.to(LIST, {**self._values, "after": after.write() if after else ""}, row)
