"""Servers with the bad habits of real ones are read to the end, over real HTTP (faults B3 to B12, B27)."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from open311.federation.client import reader
from open311.federation.client.answers import RemoteError
from open311.federation.client.client import Client
from open311.federation.client.dates import Dates
from open311.federation.client.foreign import ForeignRequest
from open311.model.service_request import Status
from tests.adapters.strangers import Reply
from tests.federation import habits
from tests.federation.habits import NEWEST, Habit, a_row, as_xml, dated, playing, rows

NOW = datetime(2026, 4, 11, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def read(habit: Habit, state: Mapping[str, Any] | None = None, stop_after: int | None = None) -> Any:
    """What a first reading brings, by id, and the state behind it."""
    found: dict[str, ForeignRequest] = {}
    state = dict(state or {})
    with playing(habit) as stranger:
        client = Client(stranger.url, dates=Dates(BERLIN), seconds=60)
        assert client.services()
        for number, part in enumerate(reader.parts(client, state, NOW, lambda question: question()), 1):
            found |= {request.service_request_id: request for request in part.requests}
            state = part.state
            if number == stop_after:
                break
    return found, state


PAGING: dict[str, Callable[[], Habit]] = {
    "from 0": lambda: Habit(rows(450), page=habits.from_zero),
    "from 0, less than a page": lambda: Habit(rows(7), page=habits.from_zero),
    "from 0, in small pages": lambda: Habit(rows(60), page=habits.from_zero, most=20),
    "page 0 is a fault": lambda: Habit(rows(250), page=habits.refused_zero),
    "an error behind the last page": lambda: Habit(rows(250), page=habits.refused_beyond),
    "links with an offset": lambda: Habit(rows(70), page=habits.linked),
    "links that never end": lambda: Habit(rows(30), page=habits.linked_for_ever),
    "addresses in the list": lambda: Habit(rows(70), page=habits.named_in_the_list),
    "pages of twenty": lambda: Habit(rows(60), most=20),
    "the newest twenty": lambda: Habit(rows(60), page=habits.newest_only),
    "the oldest twenty": lambda: Habit(rows(60), page=habits.oldest_only),
    "all rows on every page": lambda: Habit(rows(100), page=habits.everything),
    "the last page again": lambda: Habit(rows(45), page=habits.last_again),
    "round and round": lambda: Habit(rows(23), page=habits.around),
    "another order each time": lambda: Habit(rows(23), page=habits.shuffled),
    "nothing is 404": lambda: Habit(rows(23), page=habits.nothing_is_404),
    "no dates": lambda: Habit(rows(250), select=habits.undated),
    "no dates and no pages": lambda: Habit(rows(120), select=habits.undated, page=habits.everything),
}


@pytest.mark.parametrize("name", PAGING)
def test_every_way_to_page_brings_all_requests(name: str) -> None:
    habit = PAGING[name]()
    found, state = read(habit)
    assert found.keys() == {row["service_request_id"] for row in habit.requests}
    assert state["idle"]


@pytest.mark.parametrize("name", ["from 0", "links with an offset", "pages of twenty", "the newest twenty"])
def test_a_reading_interrupted_after_any_part_goes_on(name: str) -> None:
    habit = PAGING[name]()
    with playing(habit) as stranger:
        client = Client(stranger.url, seconds=60)

        def parts(state: Mapping[str, Any]) -> Iterator[tuple[set[str], Any]]:
            for part in reader.parts(client, state, NOW, lambda question: question()):
                yield {request.service_request_id for request in part.requests}, json.dumps(part.state)

        everything = {row["service_request_id"] for row in habit.requests}
        before: set[str] = set()
        for number, (ids, state) in enumerate(list(parts({})), 1):
            before |= ids
            if before == everything:
                break
            habit.asked.clear()
            rest = {row for ids, _ in parts(json.loads(state)) for row in ids}
            assert before | rest == everything, f"after part {number}"
        assert before == everything


def test_a_long_list_goes_on_at_the_page_where_it_stopped() -> None:
    habit = PAGING["pages of twenty"]()
    _, state = read(habit, stop_after=2)
    rest, _ = read(habit, state)
    assert len(rest) == 20


def test_more_requests_at_one_moment_than_a_list_holds_are_told() -> None:
    habit = Habit([a_row(0) | {"service_request_id": str(number)} for number in range(25)])
    habit.page = lambda habit, found, query: habit.reply(found[len(habit.asked) % 6 : 20])
    with playing(habit) as stranger:
        parts = list(reader.parts(Client(stranger.url), {}, NOW, lambda question: question()))
    assert parts[-1].state["idle"]


ODD = "Müll & Schrott"


def written(habit: Habit) -> set[str]:
    """The descriptions that are read."""
    return {request.description for request in read(habit)[0].values()}


WRITING: dict[str, tuple[Any, str]] = {
    "ISO-8859-1 in XML": (
        as_xml(lambda text: f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}', "iso-8859-1"),
        ODD,
    ),
    "Greek by its header": (as_xml(encoding="iso-8859-7", kind="text/xml; charset=iso-8859-7"), "Σκουπίδια"),
    "UTF-16": (as_xml(encoding="utf-16"), ODD),
    "a reference to a control character": (as_xml(), "eins&#11;zwei"),
    "markup in a text": (as_xml(), "eins<br/>zwei"),
    "entities of HTML": (as_xml(), "M&uuml;ll &ndash; hier"),
    "a section of characters": (as_xml(), "<![CDATA[a < b & c]]>"),
    "a call around it": (lambda found: Reply(f"jsonp1({json.dumps(found)});"), ODD),
    "a comma too many": (lambda found: Reply(json.dumps(found).replace("}]", "},]")), ODD),
    "compressed unasked": (
        lambda found: Reply(gzip.compress(json.dumps(found).encode()), headers={"Content-Encoding": "gzip"}),
        ODD,
    ),
    "a wrapper": (lambda found: Reply(json.dumps({"service_requests": [{"request": found}]})), ODD),
    "one object alone": (lambda found: Reply(json.dumps(found[0] if len(found) == 1 else found)), ODD),
}
READ = {
    "eins&#11;zwei": "einszwei",
    "eins<br/>zwei": "eins\nzwei",
    "M&uuml;ll &ndash; hier": "Müll \u2013 hier",
    "<![CDATA[a < b & c]]>": "a < b & c",
}


@pytest.mark.parametrize("name", WRITING)
def test_every_way_to_write_is_read(name: str) -> None:
    write, text = WRITING[name]
    assert written(Habit(rows(1, description=text), write=write)) == {READ.get(text, text)}


DATES: dict[str, Callable[[datetime], Any]] = {
    "American": lambda at: at.astimezone(BERLIN).strftime("%m/%d/%Y %I:%M:%S %p"),
    ".NET": lambda at: f"/Date({int(at.timestamp()) * 1000})/",
    "milliseconds": lambda at: int(at.timestamp()) * 1000,
    "local": lambda at: at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M"),
    "mail": lambda at: at.astimezone(BERLIN).strftime("%a, %d %b %Y %H:%M:%S"),
    "ISO basic": lambda at: at.strftime("%Y%m%dT%H%M%SZ"),
    "German": lambda at: at.astimezone(BERLIN).strftime("%d.%m.%Y %H:%M"),
}


@pytest.mark.parametrize("name", DATES)
def test_every_way_to_write_a_moment_is_read(name: str) -> None:
    found, _ = read(Habit(rows(3), write=dated(DATES[name])))
    moments = {request.requested_datetime for request in found.values()}
    assert moments == {NEWEST - timedelta(hours=2 * number) for number in range(3)}


@pytest.mark.parametrize(
    "word",
    [
        "Completed - Dup",
        "Canceled",
        "CLOSED (duplicate)",
        "resolved, no action",
        "Erledigt",
        "fixed - council",
    ],
)
def test_closed_is_closed_by_any_word(word: str) -> None:
    [request] = read(Habit(rows(1, status=word)))[0].values()
    assert request.status is Status.CLOSED


@pytest.mark.parametrize(
    "word", ["Unresolved", "Not completed", "In Progress", "Reopened", "something new", ""]
)
def test_all_else_is_open(word: str) -> None:
    [request] = read(Habit(rows(1, status=word)))[0].values()
    assert request.status is Status.OPEN


def test_all_pictures_are_taken() -> None:
    """B12: from either field, and several in one text."""
    row = a_row(0) | {
        "media_url": "http://a.example/1.jpg,http://a.example/2.jpg; https://a.example/3,4.jpg",
        "extended_attributes": {"media_urls": ["http://a.example/2.jpg", "http://a.example/5.jpg"]},
    }
    [request] = read(Habit([row]))[0].values()
    assert [address[-5:] for address in request.media_urls] == ["1.jpg", "2.jpg", "4.jpg", "5.jpg"]


NOTHING_MOVES = [
    Reply('{"error": "database is down"}'),
    Reply("<html><body>We are back soon</body></html>"),
    Reply('{"status": "error", "data": []}'),
    Reply('[{"service_request_id": "1", "status": "op'),
    Reply("<service_requests><request>"),
    Reply('[{"code": 400, "description": "no"}]'),
    Reply("<html>no</html>", 404),
    Reply("null and void"),
]


@pytest.mark.parametrize("reply", NOTHING_MOVES, ids=lambda reply: str(reply.body)[:30])
def test_an_error_under_200_is_no_empty_list(reply: Reply) -> None:
    """B3: the history is not complete, and the next reading begins where this one did."""
    with pytest.raises(RemoteError):
        read(Habit(page=lambda habit, found, query: reply))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Mon, 02 Mar 2020 08:30:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_a_busy_server_says_when_to_come_back(headers: dict[str, str], seconds: int | None) -> None:
    with pytest.raises(RemoteError) as busy:
        read(Habit(page=lambda habit, found, query: Reply("", 503, headers)))
    assert (busy.value.passing, busy.value.retry_after) == (True, seconds)


def test_a_busy_server_may_say_so_by_a_date() -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    with pytest.raises(RemoteError) as busy:
        read(Habit(page=lambda habit, found, query: Reply("", 429, {"Retry-After": tomorrow})))
    assert timedelta(hours=23) < timedelta(seconds=busy.value.retry_after or 0) <= timedelta(days=1)
