"""What the planner makes of the search, and of locks, on enough rows that a wrong plan would show.

The statements are the ones that run: PostgreSQL hands out the plan of each (`auto_explain`).
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.model.casework.cases import Flag, Priority, Stage
from open311.model.casework.desk_search import OPEN_STAGES, CaseSearch, Order
from open311.model.maps.geography import Box, Circle
from open311.model.maps.tiles import Tile, TileSearch
from open311.model.search import Cursor, RequestSearch, Sort, Span
from open311.model.service_request import Location, Status, Visibility
from open311.storage import search
from open311.storage.database import Database
from open311.storage.desk.lists import case_list, counts
from open311.storage.desk.scope import Scope
from open311.storage.maps import matches, tiles
from open311.storage.requests import service_requests
from tests.databases import Databases
from tests.serving import START
from tests.stored import CITY, days_ago

COUNT = 60_000
# Five years, one report every 44 minutes; a third of the reports is of one kind; one in twelve is open, the newest
# most often. Words follow the kinds, and a few are rare.
FILL = text(
    """
    insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,
        requested_datetime, updated_datetime, description, address, status_notes, agency_responsible, geom)
    select :city, case when n % 3 = 0 then 'MUELL_WILD' when n % 997 = 0 then 'SELTEN' else 'ART_' || n % 14 end,
        case when n % 12 = 0 or n < 500 then 'open' else 'closed' end,
        case when n % 12 = 0 or n < 500 then 'IN_BEARBEITUNG' else 'GELOEST' end,
        case when n % 33 = 0 then 'held' when n % 49 = 0 then 'hidden' else 'published' end,
        moment, moment + (n % 40) * interval '1 day',
        (array['Alte Matratzen und Müll', 'Ampel dunkel', 'Auto ohne Kennzeichen', 'Schlagloch auf dem Gehweg'])
            [1 + n % 4] || case when n % 499 = 0 then ' Klavier' else '' end
            || case when n % 1009 = 0 then ' Kanarienvogel' else '' end,
        'Straße ' || n % 300 || ' Ludwigshafen', case when n % 2 = 0 then 'Wurde erledigt' end,
        'AMT_' || n % 20,
        ST_SetSRID(ST_MakePoint(
            round(cast(8.43 + 0.03 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) as numeric), 6),
            round(cast(49.48 + 0.02 * sqrt(-2 * ln(1 - random())) * sin(2 * pi() * random()) as numeric), 6)
        ), 4326)
    from (select n, date_trunc('second', cast(:now as timestamptz) - n * interval '44 minutes') as moment
          from generate_series(1, :count) n) moments
    """
)

# What is closed is done; one case in seven hundred has a person, a flag or is urgent.
CASES = text(
    """
    insert into cases (service_request_id, jurisdiction_id, service_code, stage, unit, received_datetime,
        touched_datetime, due_datetime, assignee_id, flags, priority)
    select id, jurisdiction_id, service_code,
        case when status = 'closed' or visibility = 'hidden' then 'done' when visibility = 'held' then 'check'
             else 'work' end,
        agency_responsible, requested_datetime, updated_datetime, requested_datetime + interval '10 days',
        case when id % 700 = 0 then 17 end, case when id % 700 = 0 then array['returned'] else '{}' end,
        (id % 700 = 0)::int
    from service_requests
    """
)


@pytest.fixture(scope="module")
def full(databases: Databases) -> Iterator[Database]:
    """A database of its own with 60,000 requests, analysed, reached as the server reaches it."""
    with databases.lent() as url:
        database = Database(url)
        with database.begin() as conn:
            conn.exec_driver_sql("set local statement_timeout = 0")
            conn.execute(text("select setseed(0.311)"))
            # Sorted in once, at the end, words take a fraction of the time.
            words = conn.execute(text(f"select pg_get_indexdef('{WORDS}'::regclass)")).scalar_one()
            conn.execute(text(f"drop index {WORDS}"))
            conn.execute(FILL, {"city": CITY, "count": COUNT, "now": START})
            conn.exec_driver_sql(words)
            conn.execute(CASES)
        with database.read() as conn:
            conn.execute(text("vacuum analyse"))
        yield database
        database.close()


@pytest.fixture
def reader(full: Database) -> Iterator[Connection]:
    """A connection on which each statement stands alone."""
    with full.read() as conn:
        yield conn


@contextmanager
def plans(conn: Connection) -> Iterator[list[dict[str, Any]]]:
    """The plans of the statements that run inside, as PostgreSQL has carried them out."""
    found: list[dict[str, Any]] = []
    driver: Any = conn.connection.driver_connection

    def keep(notice: Any) -> None:
        explained = re.search(r"plan:\s*(\{.*\})", notice.message_primary or "", re.DOTALL)
        if explained:
            found.append(json.loads(explained[1])["Plan"])

    driver.execute("load 'auto_explain'")
    for name, value in {
        "auto_explain.log_analyze": "on",
        "auto_explain.log_timing": "off",
        "auto_explain.log_format": "json",
        "auto_explain.log_min_duration": "0",
        "client_min_messages": "log",
    }.items():
        driver.execute(f"set {name} = {value}")
    driver.add_notice_handler(keep)
    try:
        yield found
    finally:
        driver.remove_notice_handler(keep)
        for name in ("auto_explain.log_min_duration", "client_min_messages"):
            driver.execute(f"reset {name}")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read(plan: dict[str, Any], *tables: str) -> float:
    """How many rows of the table a plan has looked at, those it threw away included."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        (node["Actual Rows"] + sum(node.get(name, 0) for name in removed)) * node["Actual Loops"]
        for node in nodes(plan)
        if node.get("Relation Name") in (tables or ("service_requests",))
    )


def looked_up(conn: Connection, asked: RequestSearch) -> tuple[set[str], float, int]:
    """Which indexes one page took, or `TABLE`; how many rows were looked at, and how many were found."""
    with plans(conn) as found:
        page = search.search(conn, asked)
    assert found, "the search ran without a statement"
    indexes = {node["Index Name"] for plan in found for node in nodes(plan) if "Index Name" in node}
    if any(map(sequential, found)):
        indexes.add(TABLE)
    return indexes, sum(map(read, found)), len(page.items)


def sequential(plan: dict[str, Any]) -> bool:
    """Whether a plan reads the table itself from its beginning."""
    scans = (node for node in nodes(plan) if node["Node Type"] == "Seq Scan")
    return any(node["Relation Name"] == "service_requests" for node in scans)


CENTRE = Location(49.48, 8.43)
HERE = {"min_long": 8.425, "min_lat": 49.477, "max_long": 8.439, "max_lat": 49.486}
NEWEST, BY_SERVICE, BY_STATUS = (f"service_requests_{name}" for name in ("newest", "by_service", "by_status"))
UPDATED, PLACE, OPEN_PLACE, WORDS = (
    f"service_requests_{name}" for name in ("updated", "place", "open_place", "words")
)
BY_DETAILED_STATUS, BY_AGENCY = "service_requests_by_detailed_status", "service_requests_by_agency"
CELL, ROWS = "service_requests_by_cell", "service_requests_pkey"
TABLE = "no index"

# What is asked, which of the indexes may answer, and how many rows at most it should take to find a page of 100.
QUESTIONS: dict[str, tuple[dict[str, Any], set[str], int]] = {
    "newest": ({}, {NEWEST}, 300),
    "90 days": ({"requested": Span(days_ago(90), START)}, {NEWEST}, 300),
    "30 days somewhere": ({"requested": Span(days_ago(800), days_ago(770))}, {NEWEST}, 300),
    "common service": ({"service_codes": ("MUELL_WILD",)}, {BY_SERVICE}, 300),
    "common service, by service": (
        {"service_codes": ("MUELL_WILD",), "sort": Sort("service_code", reverse=True)},
        {BY_SERVICE},
        300,
    ),
    "rare service": ({"service_codes": ("SELTEN",)}, {BY_SERVICE}, 300),
    "three services": ({"service_codes": ("MUELL_WILD", "ART_1", "SELTEN")}, {BY_SERVICE, NEWEST}, 1000),
    "unknown service": ({"service_codes": ("GIBT_ES_NICHT",)}, {BY_SERVICE}, 10),
    "open": ({"statuses": (Status.OPEN,)}, {BY_STATUS, NEWEST}, 1000),
    "closed": ({"statuses": (Status.CLOSED,)}, {BY_STATUS, NEWEST}, 1000),
    "common detailed status": (
        {"detailed_statuses": ("GELOEST",)},
        {BY_DETAILED_STATUS, NEWEST},
        300,
    ),
    "unknown detailed status": ({"detailed_statuses": ("GIBT_ES_NICHT",)}, {BY_DETAILED_STATUS}, 10),
    "two unknown detailed statuses": ({"detailed_statuses": ("NICHT", "NIE")}, {BY_DETAILED_STATUS}, 10),
    "no detailed status": ({"detailed_statuses": ()}, {BY_DETAILED_STATUS}, 10),
    "one agency": ({"agencies": ("amt_7",)}, {BY_AGENCY}, 300),
    "open and rare service": (
        {"statuses": (Status.OPEN,), "service_codes": ("SELTEN",)},
        {BY_SERVICE, BY_STATUS},
        7000,
    ),
    "90 days, open, common service": (
        {
            "statuses": (Status.OPEN,),
            "service_codes": ("MUELL_WILD",),
            "requested": Span(days_ago(90), START),
        },
        {BY_SERVICE, BY_STATUS, NEWEST},
        3000,
    ),
    "updated in the last day": ({"updated": Span(days_ago(1))}, {UPDATED, NEWEST}, 4000),
    "updated one day long ago": ({"updated": Span(days_ago(701), days_ago(700))}, {UPDATED}, 4000),
    "updated 30 days long ago": ({"updated": Span(days_ago(730), days_ago(700))}, {UPDATED, NEWEST}, 4000),
    "updated before": ({"updated": Span(None, days_ago(700))}, {UPDATED, NEWEST}, 4000),
    "box of 1 km": ({"box": Box(**HERE)}, {PLACE, NEWEST}, 9000),
    "box of 300 m": ({"box": Box(8.4295, 49.479, 8.4335, 49.4817)}, {CELL}, 3000),
    "box of the whole city": ({"box": Box(8, 49, 9, 50)}, {PLACE, NEWEST}, 1000),
    "empty box": ({"box": Box(1, 1, 1.1, 1.1)}, {PLACE}, 10),
    "empty small box": ({"box": Box(1, 1, 1.001, 1.001)}, {CELL}, 10),
    "box of 1 km and open": (
        {"box": Box(**HERE), "statuses": (Status.OPEN,)},
        {PLACE, OPEN_PLACE, NEWEST, BY_STATUS},
        9000,
    ),
    "circle of 100 m": ({"circle": Circle(CENTRE, 100)}, {CELL}, 2000),
    "circle of 500 m": ({"circle": Circle(CENTRE, 500)}, {PLACE, NEWEST}, 9000),
    "circle of 2 km": ({"circle": Circle(CENTRE, 2000)}, {PLACE, NEWEST}, 9000),
    "circle of 50 km": ({"circle": Circle(CENTRE, 50_000)}, {PLACE, NEWEST}, 1000),
    "50 ids": ({"ids": tuple(range(100_500, 100_550))}, {ROWS}, 200),
    "1000 ids": ({"ids": tuple(range(100_500, 101_500)), "page_size": 1000}, {ROWS}, 3000),
    "rare word": ({"words": ("Kanarienvogel",)}, {WORDS}, 1000),
    # Every fourth report holds it: no more is read than the blocks of time that fill the page.
    "common word": ({"words": ("Matratzen",)}, {WORDS}, 1000),
    "two rare words": ({"words": ("Klavier", "Matratzen")}, {WORDS}, 2000),
    "unknown word": ({"words": ("Nirgendwo",)}, {WORDS}, 100),
    "word and rare name": (
        {"words": ("Kanarienvogel",), "words_in_service_names": ("SELTEN",)},
        {WORDS, BY_SERVICE},
        2000,
    ),
    "words and rare name": (
        {"words": ("Klavier", "Kanarienvogel"), "words_in_service_names": ("SELTEN",)},
        {WORDS, BY_SERVICE},
        3000,
    ),
    "number": ({"words": ("100700",)}, {WORDS, ROWS}, 1000),
    "held too": ({"visibilities": (Visibility.PUBLISHED, Visibility.HELD)}, {NEWEST}, 1000),
    "page 20": ({"skip": 2000}, {NEWEST}, 2500),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_filter_has_its_index(reader: Connection, question: str) -> None:
    """One page takes an index of its filter or of its order, and does not read the table to find it."""
    filters, allowed, most = QUESTIONS[question]
    indexes, rows, _ = looked_up(
        reader, RequestSearch(**{"jurisdiction_id": CITY, "page_size": 100} | filters)
    )
    assert indexes & allowed, indexes
    assert TABLE not in indexes - allowed
    assert rows <= most


@pytest.mark.parametrize("question", [name for name in QUESTIONS if "id" not in name])
def test_totals_are_counted_by_index_unless_matches_are_dense(reader: Connection, question: str) -> None:
    """Counting ends at a limit, so where most rows match the table itself is as short a way as any."""
    filters, _, _ = QUESTIONS[question]
    with plans(reader) as found:
        total = search.total(reader, RequestSearch(**{"jurisdiction_id": CITY} | filters))
    assert found
    if any(map(sequential, found)):
        assert sum(map(read, found)) <= 10 * total


@pytest.mark.parametrize("reverse", [True, False], ids=["newest first", "oldest first"])
@pytest.mark.parametrize(
    "place",
    [{"box": Box(8.4291, 49.4787, 8.4339, 49.4819)}, {"circle": Circle(CENTRE, 200)}],
    ids=["box", "circle"],
)
def test_cells_at_the_rim_are_read_no_further_than_the_page(
    reader: Connection, place: dict[str, Any], reverse: bool
) -> None:
    """Of a cell of which a corner lies inside nearly all would be read past, thousands in the middle of a city."""
    sort = Sort("requested_datetime", reverse)
    asked = RequestSearch(jurisdiction_id=CITY, page_size=4, sort=sort, **place)
    with plans(reader) as found:
        search.hits(reader, search.question_of(asked))
    assert sum(map(read, found)) <= 130


@pytest.mark.parametrize(
    ("place", "beside"),
    [
        ({"box": Box(**HERE)}, 1.5),
        ({"circle": Circle(CENTRE, 500)}, 2),
        ({"circle": Circle(CENTRE, 1500)}, 2),
        ({"circle": Circle(Location(49.48, 8.47), 3000)}, 1.25),
    ],
    ids=["box", "circle", "wide circle", "more than are counted"],
)
def test_a_place_is_counted_in_the_columns_of_its_cells(
    reader: Connection, place: dict[str, Any], beside: float
) -> None:
    """Neither the index of places nor a walk along the list knows a box without reading much beside it."""
    with plans(reader) as found:
        total = search.total(reader, RequestSearch(jurisdiction_id=CITY, **place))
    assert {node["Index Name"] for plan in found for node in nodes(plan) if "Index Name" in node} == {CELL}
    assert 100 < total <= sum(map(read, found)) <= beside * total


ORDERS = {
    "requested_datetime": NEWEST,
    "updated_datetime": UPDATED,
    "service_request_id": ROWS,
    "status": BY_STATUS,
    "service_code": BY_SERVICE,
}


@pytest.mark.parametrize("reverse", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("name", ORDERS)
def test_every_order_walks_its_index_at_any_depth(reader: Connection, name: str, reverse: bool) -> None:
    """The first page and one behind the middle cost the same: nothing is sorted, nothing skipped."""
    asked = RequestSearch(jurisdiction_id=CITY, page_size=100, sort=Sort(name, reverse))
    middle = replace(asked, page_size=1, skip=COUNT // 2)
    deep = search.search(reader, middle).next
    assert isinstance(deep, Cursor)
    for page in (asked, replace(asked, after=deep)):
        indexes, rows, count = looked_up(reader, page)
        assert ORDERS[name] in indexes
        assert TABLE not in indexes
        assert rows <= 500
        assert count == 100


@pytest.mark.parametrize("beside", ["box", "circle", "updated", "service_codes"])
@pytest.mark.parametrize("first", [{"service_codes": ("ART_5",)}, {"detailed_statuses": ("IN_BEARBEITUNG",)}])
def test_what_is_asked_beside_a_service_or_a_status_is_in_its_index(
    reader: Connection, first: dict[str, Any], beside: str
) -> None:
    """A hundredth of ten million reports is read in thousands of blocks then, not in a hundred thousand."""
    more = {
        "box": Box(8.37, 49.44, 8.49, 49.52),
        "circle": Circle(CENTRE, 4000),
        "updated": Span(days_ago(1400), days_ago(400)),
        "service_codes": ("ART_5",),
    }
    asked = RequestSearch(**{"jurisdiction_id": CITY, "page_size": 100, beside: more[beside]} | first)
    with plans(reader) as found:
        search.hits(reader, search.question_of(asked))
        search.total(reader, asked)
    kinds = {
        (node["Node Type"], node.get("Index Name"))
        for plan in found
        for node in nodes(plan)
        if node.get("Relation Name") == "service_requests"
    }
    assert {kind for kind, _ in kinds} == {"Index Only Scan"}, kinds


def test_deep_cursor_inside_a_filter(reader: Connection) -> None:
    asked = RequestSearch(jurisdiction_id=CITY, page_size=100, service_codes=("MUELL_WILD",))
    deep = search.search(reader, replace(asked, page_size=1, skip=10_000)).next
    indexes, rows, count = looked_up(reader, replace(asked, after=deep))
    assert indexes & {BY_SERVICE, NEWEST}
    assert rows <= 1000
    assert count == 100


def test_window_far_back_is_walked_from_its_end(reader: Connection) -> None:
    """With a cursor inside the window too."""
    span = Span(days_ago(1500), days_ago(1400))
    asked = RequestSearch(jurisdiction_id=CITY, page_size=100, requested=span)
    behind = search.search(reader, asked).next
    for page in (asked, replace(asked, after=behind)):
        _, rows, count = looked_up(reader, page)
        assert (count, rows <= 300) == (100, True)
    assert span.end is not None
    assert span.end - timedelta(days=100) == span.start


@pytest.mark.parametrize("sort", [Sort("requested_datetime", True), Sort("status"), Sort("updated_datetime")])
def test_a_deep_page_is_the_right_one_and_counts_off_few_rows(reader: Connection, sort: Sort) -> None:
    """Beyond 20,000 rows a page is counted from a place near it, which the first to come by has remembered."""
    asked = RequestSearch(jurisdiction_id=CITY, sort=sort, page_size=100)
    everything, landmarks = [row[0] for row in _in_order(reader, sort)], search.Landmarks()
    for skip in (25_000, 49_950, len(everything) - 50, len(everything) + 5):
        page = search.hits(reader, search.question_of(replace(asked, skip=skip)), landmarks)
        assert [id for id, _ in page.items] == everything[skip : skip + 100]
    with plans(reader) as found:
        search.hits(reader, search.question_of(replace(asked, skip=49_950)), landmarks)
    [plan] = found
    assert max(node["Actual Rows"] for node in nodes(plan)) <= 2 * search.STRIDE + 101


def _in_order(conn: Connection, sort: Sort) -> list[Any]:
    order = {
        "requested_datetime": "requested_datetime desc, id desc",
        "updated_datetime": "updated_datetime, id",
    }
    by = order.get(sort.name, "status, requested_datetime desc, id desc")
    seen = text(f"select id from service_requests where visibility = 'published' order by {by}")
    return list(conn.execute(seen))


@pytest.mark.parametrize("reverse", [True, False], ids=["newest first", "oldest first"])
@pytest.mark.parametrize(
    "filters",
    [
        {"box": Box(8.4295, 49.479, 8.4335, 49.4817)},
        {"circle": Circle(CENTRE, 200), "statuses": (Status.OPEN,)},
        {"updated": Span(days_ago(760), days_ago(700))},
        {"updated": Span(days_ago(30)), "service_codes": ("SELTEN", "ART_1")},
        {"words": ("Klavier",)},
        {"words": ("Matratze", "Müll"), "service_codes": ("ART_2",), "box": Box(8.42, 49.475, 8.44, 49.485)},
        {"words": ("Matratze",), "statuses": (Status.OPEN,), "requested": Span(days_ago(900), days_ago(300))},
    ],
    ids=[
        "box",
        "open in a circle",
        "updated",
        "updated lately",
        "word",
        "words in a box",
        "open, a word, a span",
    ],
)
def test_what_is_found_in_steps_is_all_there_is(
    reader: Connection, filters: dict[str, Any], reverse: bool
) -> None:
    """Page by page the same as in an order that is not found in steps, and in the right order."""
    asked = RequestSearch(**{"jurisdiction_id": CITY, "page_size": 1000} | filters)
    by_id = replace(asked, sort=Sort("service_request_id"))
    expected = {
        request.service_request_id: request.requested_datetime for request in _every_page(reader, by_id)
    }
    found = _every_page(reader, replace(asked, page_size=150, sort=Sort("requested_datetime", reverse)))
    keys = [(request.requested_datetime, request.service_request_id) for request in found]
    assert {id: moment for moment, id in keys} == expected
    assert keys == sorted(set(keys), reverse=reverse)
    assert len(keys) >= 5


def _every_page(conn: Connection, asked: RequestSearch) -> list[Any]:
    found: list[Any] = []
    while True:
        page = search.search(conn, asked)
        found += page.items
        if page.next is None:
            return found
        asked = replace(asked, after=page.next)


def test_reports_are_locked_by_their_keys(full: Database) -> None:
    """Every act of staff begins so, whatever the number of reports."""
    with full.begin() as conn:
        numbers = conn.execute(text("select id from service_requests order by id offset 30000 limit 2"))
        one, other = numbers.scalars()
        with plans(conn) as found:
            locked = service_requests.locked(conn, [one, other])
            # Within a transaction, a plan is handed out when the next statement begins.
            conn.exec_driver_sql("select 1")
        assert {*locked} == {one, other}
        assert 2 <= sum(map(read, found)) <= 10


LISTS: dict[str, CaseSearch] = {
    "by deadline": CaseSearch(),
    "by urgency": CaseSearch(order=Order.PRIORITY),
    "overdue, by urgency": CaseSearch(order=Order.PRIORITY, overdue=True),
    "urgent": CaseSearch(priorities=(Priority.HIGH,)),
    "newest open": CaseSearch(order=Order.NEWEST),
    "oldest open": CaseSearch(order=Order.OLDEST),
    "to check, newest": CaseSearch(order=Order.NEWEST, stages=(Stage.CHECK,)),
    "newest of all": CaseSearch(order=Order.NEWEST, stages=tuple(Stage)),
    "a month long ago": CaseSearch(
        order=Order.NEWEST,
        stages=tuple(Stage),
        received_from=days_ago(900),
        received_to=days_ago(870),
    ),
    "a flag": CaseSearch(order=Order.NEWEST, stages=tuple(Stage), flags=(Flag.RETURNED,)),
    "no such flag": CaseSearch(flags=(Flag.FORWARDED,)),
    "of a person": CaseSearch(order=Order.NEWEST, stages=tuple(Stage), assignee=17),
    "of nobody that there is": CaseSearch(order=Order.NEWEST, stages=tuple(Stage), assignee=18),
    "withheld": CaseSearch(order=Order.NEWEST, stages=tuple(Stage), visibilities=("withheld",)),
    "no such visibility": CaseSearch(order=Order.NEWEST, stages=tuple(Stage), visibilities=("x",)),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_the_desk_looks_through_no_archive(reader: Connection, name: str) -> None:
    """A page of 50 reads some rows for each index in order; five stages have one each."""
    with plans(reader) as found:
        case_list.page(reader, Scope((CITY,)), LISTS[name], START)
    assert found
    assert sum(read(plan, "cases", "service_requests") for plan in found) <= 800


@pytest.mark.parametrize(
    ("filters", "most"),
    [
        ({"words": ("Matratzen",)}, 8000),
        ({"words": ("Kanarienvogel",)}, 200),
        ({"since": days_ago(366)}, 8000),
    ],
    ids=["common word", "rare word", "a year"],
)
def test_a_look_at_the_map_does_not_read_all_that_matches(
    reader: Connection, monkeypatch: pytest.MonkeyPatch, filters: dict[str, Any], most: int
) -> None:
    """Of 15,000 reports with a word, 12,000 of a year: a stranger asks for them, and for hundreds of tiles a minute."""
    for name in ("MOST_FETCHED", "MOST_INDEXED"):
        monkeypatch.setattr(matches, name, 500)
    asked = TileSearch(jurisdiction_id=CITY, tile=Tile(0, 0, 0), **filters)
    with plans(reader) as found:
        assert tiles.tile(reader, asked)
    assert not any(map(sequential, found))
    assert sum(map(read, found)) <= most


def test_the_desk_is_counted_from_an_index_alone(reader: Connection) -> None:
    """With a million open cases, to look at each of them took seconds."""
    with plans(reader) as found:
        counts.count(reader, Scope((CITY,)), START)
    kinds = {
        (node["Node Type"], node["Index Name"])
        for plan in found
        for node in nodes(plan)
        if node.get("Relation Name") == "cases"
    }
    assert ("Index Only Scan", "cases_counts") in kinds
    assert {name for _, name in kinds} <= {"cases_counts", "cases_awaits"}


EVERY_STAGE = CaseSearch(stages=tuple(Stage))
TO_CHECK = replace(EVERY_STAGE, stages=(Stage.CHECK,))
# Most rows that a page of 50 may look at. Cases to check are few, and looked through.
WORDS_OF_THE_DESK: dict[str, tuple[CaseSearch, int]] = {
    "rare word": (replace(EVERY_STAGE, words="Kanarienvogel"), 500),
    "common word": (replace(EVERY_STAGE, words="Matratzen"), 3000),
    "unknown word": (replace(EVERY_STAGE, words="Nirgendwo"), 50),
    "without a word": (replace(EVERY_STAGE, words="-Matratzen"), 6000),
    "rare word, open": (replace(EVERY_STAGE, words="Klavier", stages=OPEN_STAGES), 12_000),
    "common word, to check": (replace(TO_CHECK, words="Matratzen"), 6000),
    "common word, hidden": (
        replace(EVERY_STAGE, words="Matratzen", visibilities=("hidden",)),
        3000,
    ),
}


@pytest.mark.parametrize("name", WORDS_OF_THE_DESK)
def test_words_at_the_desk_are_looked_up_or_few_cases_looked_through(reader: Connection, name: str) -> None:
    asked, most = WORDS_OF_THE_DESK[name]
    with plans(reader) as found:
        case_list.page(reader, Scope((CITY,)), asked, START)
    tables = ("cases", "service_requests")
    scans = [node for plan in found for node in nodes(plan) if node.get("Relation Name") in tables]
    assert not [node for node in scans if node["Node Type"] == "Seq Scan" and node["Actual Loops"]]
    assert sum(read(plan, *tables) for plan in found) <= most


@pytest.mark.parametrize(
    "asked",
    [
        replace(EVERY_STAGE, words="Klavier"),
        replace(EVERY_STAGE, words="Klavier or Kanarienvogel", services=("ART_1", "ART_2")),
        replace(EVERY_STAGE, words="Klavier", stages=OPEN_STAGES),
        replace(TO_CHECK, words="Schlagloch"),
        replace(EVERY_STAGE, words="-Gehweg", assignee=17),
    ],
    ids=["all", "of two services", "open", "to check", "without a word, of a person"],
)
def test_what_the_desk_finds_by_words_is_all_there_is(reader: Connection, asked: CaseSearch) -> None:
    """Page by page the same as a look at every case, the newest first."""
    query = text(
        """
        select id from service_requests join cases on service_request_id = id
        where words @@ websearch_to_tsquery('simple', :words) and stage = any(:stages)
            and (:any_service or cases.service_code = any(:services))
            and (:any_person or assignee_id = :assignee)
        order by requested_datetime desc, id desc
        """
    )
    values = {
        "words": asked.words,
        "stages": [str(stage) for stage in asked.stages],
        "any_service": not asked.services,
        "services": list(asked.services),
        "any_person": asked.assignee is None,
        "assignee": asked.assignee or 0,
    }
    expected = list(reader.execute(query, values).scalars())
    found: list[int] = []
    position = None
    while True:
        page = case_list.page(reader, Scope((CITY,)), replace(asked, limit=11), START, position)
        found += [row.number for row in page.rows]
        if page.next is None:
            break
        position = page.next
    assert found == expected
    assert len(found) >= 2
