"""A GeoReport server with one bad habit of real servers."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.adapters.strangers import Question, Reply, Stranger, a_stranger

NEWEST = datetime(2026, 3, 28, 12, tzinfo=UTC)
Row = dict[str, Any]
Query = dict[str, str]


def rows(count: int, **more: Any) -> list[Row]:
    """Requests two hours apart, the newest first."""
    return [a_row(number) | more for number in range(count)]


def a_row(number: int) -> Row:
    """One of them."""
    moment = (NEWEST - timedelta(hours=2 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "service_request_id": f"SR-{number}",
        "status": "open",
        "service_code": "WASTE",
        "description": f"Number {number}",
        "requested_datetime": moment,
        "updated_datetime": moment,
        "lat": 49.48,
        "long": 8.44,
    }


@dataclass
class Habit:
    """What the server does; a habit replaces one of its parts."""

    requests: list[Row] = field(default_factory=lambda: rows(12))
    select: Callable[["Habit", Query], list[Row]] = lambda habit, query: habit.in_time(query)
    page: Callable[["Habit", list[Row], Query], Reply] = lambda habit, found, query: habit.reply(
        habit.numbered(found, query)
    )
    write: Callable[[list[Row]], Reply] = lambda found: Reply(json.dumps(found))
    services: Reply = field(
        default_factory=lambda: Reply(json.dumps([{"service_code": "WASTE", "service_name": "Waste"}]))
    )
    most: int = 1000
    asked: list[Query] = field(default_factory=list)

    def answer(self, question: Question) -> Reply:
        """What comes back."""
        parts = urlsplit(question.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/services.json":
            return self.services
        if parts.path != "/requests.json":
            return Reply("<html><p>Nothing here", 404)
        self.asked.append(query)
        assert len(self.asked) < 400, "it never ends"
        return self.page(self, self.select(self, query), query)

    def reply(self, found: list[Row]) -> Reply:
        """A list as this server writes it."""
        return self.write(found)

    def in_time(self, query: Query) -> list[Row]:
        """The requests of a span."""
        start, end = query.get("start_date", ""), query.get("end_date", "9")
        return [row for row in self.requests if start <= row["requested_datetime"] <= end]

    def numbered(self, found: list[Row], query: Query, first: int = 1) -> list[Row]:
        """A page by its number."""
        size = min(self.most, int(query.get("page_size", 1000)))
        place = (int(query.get("page", first)) - first) * size
        return found[place : place + size] if place >= 0 else []


@contextmanager
def playing(habit: Habit) -> Iterator[Stranger]:
    """The server, on a port."""
    with a_stranger(habit.answer) as stranger:
        yield stranger


def from_zero(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Pages are counted from 0."""
    return habit.reply(habit.numbered(found, query, first=0))


def refused_beyond(habit: Habit, found: list[Row], query: Query) -> Reply:
    """The page behind the last one is an error."""
    part = habit.numbered(found, query)
    return habit.reply(part) if part or not found else Reply('{"detail": "Invalid page."}', 404)


def refused_zero(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Page 0 is a fault of the server."""
    return Reply("oops", 500) if query.get("page") == "0" else habit.reply(habit.numbered(found, query))


def linked(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Thirty rows, and a link to the next offset; `page` means nothing."""
    place = int(query.get("offset", 0))
    reply = habit.reply(found[place : place + 30])
    if place + 30 < len(found):
        address = "/v2/requests.json?" + urlencode({**query, "offset": place + 30})
        reply.headers = {"Link": f'<{address}>; rel="next", </>; rel=first'}
    return reply


def linked_for_ever(habit: Habit, found: list[Row], query: Query) -> Reply:
    """The link leads on although nothing new comes."""
    reply = habit.reply(found[:30])
    reply.headers = {"Link": "<?offset=30>; rel=next"}
    return reply


def named_in_the_list(habit: Habit, found: list[Row], query: Query) -> Reply:
    """The next address stands in the document."""
    place = int(query.get("offset", 0))
    more = f"https://x.example/v2/requests?{urlencode({**query, 'offset': place + 30})}"
    following = more if place + 30 < len(found) else None
    return Reply(json.dumps({"count": len(found), "next": following, "results": found[place : place + 30]}))


def newest_only(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Twenty rows, whatever page is asked for."""
    return habit.reply(found[:20])


def oldest_only(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Twenty rows, the oldest first."""
    return habit.reply(found[::-1][:20])


def everything(habit: Habit, found: list[Row], query: Query) -> Reply:
    """All rows on every page."""
    return habit.reply(found)


def last_again(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Behind the end the last page comes again."""
    return habit.reply(habit.numbered(found, query) or found[-7:])


def around(habit: Habit, found: list[Row], query: Query) -> Reply:
    """Behind the end it begins anew, for ever."""
    number, size = int(query.get("page", 1)), 5
    turn = [found[(place + (number - 1) * size) % len(found)] for place in range(size)] if found else []
    return habit.reply(turn)


def shuffled(habit: Habit, found: list[Row], query: Query) -> Reply:
    """All rows on every page, each time in another order."""
    return habit.reply(random.Random(len(habit.asked)).sample(found, len(found)))


def nothing_is_404(habit: Habit, found: list[Row], query: Query) -> Reply:
    """An empty list is told as an error of GeoReport."""
    part = habit.numbered(found, query)
    return habit.reply(part) if part else Reply('[{"code": 404, "description": "No requests found"}]', 404)


def undated(habit: Habit, query: Query) -> list[Row]:
    """Dates are ignored."""
    return habit.requests


def as_xml(change: Callable[[str], str] = str, encoding: str = "utf-8", kind: str = "text/xml") -> Any:
    """XML as a template wrote it: nothing escaped."""

    def write(found: list[Row]) -> Reply:
        inner = "".join(
            "<request>" + "".join(f"<{name}>{value}</{name}>" for name, value in row.items()) + "</request>"
            for row in found
        )
        body = change(f"<service_requests>{inner}</service_requests>")
        return Reply(body.encode(encoding), headers={"Content-Type": kind})

    return write


def dated(form: Callable[[datetime], Any]) -> Callable[[list[Row]], Reply]:
    """Moments in another form."""

    def write(found: list[Row]) -> Reply:
        moments = ("requested_datetime", "updated_datetime")
        return Reply(
            json.dumps(
                [
                    row
                    | {
                        name: form(datetime.fromisoformat(row[name].replace("Z", "+00:00")))
                        for name in moments
                    }
                    for row in found
                ]
            )
        )

    return write
