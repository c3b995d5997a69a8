"""The search, held against a plain reading of the same rows."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from open311.model.maps.geography import Box, Circle
from open311.model.search import PAGE_SIZE, RequestSearch, Sort, Span
from open311.model.service_request import Location, Status, Visibility
from open311.storage import catalogues, search
from tests.serving import START
from tests.stored import CITY, store

# The rows are the same for every example; each example only reads, or takes back what it wrote.
one_database = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SERVICES = ("AMPEL", "KANAL", "MUELL_WILD", "mUELL_WILD")
STATUSES = {"IN_BEARBEITUNG": Status.OPEN, "EINGEPLANT": Status.OPEN, "GELOEST": Status.CLOSED}
DAYS = 40
# More than any test here has; a mistake in what lies behind a cursor would go round for ever.
MOST_PAGES = 1000
ORDERS = [
    Sort(name, reverse)
    for name in ("requested_datetime", "updated_datetime", "service_request_id", "status", "service_code")
    for reverse in (False, True)
]


@dataclass(frozen=True)
class Stored:
    """What a test knows of a row."""

    number: int
    service_code: str
    detailed_status: str
    visibility: Visibility
    requested: datetime
    updated: datetime
    location: Location | None

    @property
    def status(self) -> Status:
        """The status that goes with the finer one."""
        return STATUSES[self.detailed_status]


def some(chance: random.Random) -> dict[str, Any]:
    """Values of a row: few different ones, so that there are many ties."""
    requested = START - timedelta(days=chance.randrange(DAYS), seconds=chance.choice((0, 0, 1)))
    code = chance.choice(list(STATUSES))
    place = Location(49.48 + chance.randrange(-9, 10) / 1000, 8.44 + chance.randrange(-9, 10) / 1000)
    return {
        "service_code": chance.choice(SERVICES),
        "status": STATUSES[code],
        "detailed_status": code,
        "visibility": chance.choices(list(Visibility), (2, 8, 1, 1))[0],
        "requested_datetime": requested,
        "updated_datetime": requested + timedelta(days=chance.choice((0, 0, 1, 30))),
        "location": place if chance.random() < 0.9 else None,
    }


def put(conn: Connection, values: dict[str, Any]) -> Stored:
    """Store a row and remember it."""
    names = (
        "service_code",
        "detailed_status",
        "visibility",
        "requested_datetime",
        "updated_datetime",
        "location",
    )
    return Stored(store(conn, **values), *(values[name] for name in names))


@pytest.fixture
def rows(conn: Connection) -> list[Stored]:
    """200 rows, and a few of another jurisdiction that nobody may ever find."""
    chance = random.Random(311)
    for _ in range(10):
        store(conn, **some(chance), jurisdiction_id="mannheim.de")
    found = [put(conn, some(chance)) for _ in range(200)]
    conn.execute(text("analyse service_requests"))
    return found


def found(conn: Connection, **asked: Any) -> list[int]:
    """The ids a search finds, in its order."""
    page = search.search(conn, RequestSearch(**{"jurisdiction_id": CITY, "text_search": "german"} | asked))
    return [request.service_request_id for request in page.items]


def walk(conn: Connection, asked: RequestSearch) -> Iterator[list[int]]:
    """Every page of a search, by cursors."""
    for _ in range(MOST_PAGES):
        page = search.search(conn, asked)
        yield [request.service_request_id for request in page.items]
        if page.next is None:
            return
        asked = replace(asked, after=page.next, skip=0)
    pytest.fail("the pages have no end")


def place_in_order(sort: Sort) -> Callable[[Stored], Any]:
    """The key by which Python puts rows into an order, before reversing."""
    newest = {
        "requested_datetime": lambda row: (row.requested, row.number),
        "updated_datetime": lambda row: (row.updated, row.number),
        "service_request_id": lambda row: row.number,
        "status": lambda row: (str(row.status), -row.requested.timestamp(), -row.number),
        "service_code": lambda row: (row.service_code, -row.requested.timestamp(), -row.number),
    }
    return newest[sort.name]


def in_order(rows: list[Stored], sort: Sort) -> list[int]:
    """The ids in an order."""
    return [row.number for row in sorted(rows, key=place_in_order(sort), reverse=sort.reverse)]


moments = st.integers(-2, DAYS + 2).map(lambda days: START - timedelta(days=days))
spans = st.builds(Span, st.none() | moments, st.none() | moments)
edges = st.integers(-10, 10).map(lambda number: number / 1000)
boxes = st.tuples(edges, edges, edges, edges).map(
    lambda edge: Box(
        8.44 + min(edge[0], edge[1]),
        49.48 + min(edge[2], edge[3]),
        8.44 + max(edge[0], edge[1]),
        49.48 + max(edge[2], edge[3]),
    )
)
asked_for = st.fixed_dictionaries(
    {},
    optional={
        "visibilities": st.sampled_from(
            [(Visibility.PUBLISHED,), (Visibility.HELD,), (Visibility.PUBLISHED, Visibility.HELD)]
        ),
        "service_codes": st.lists(st.sampled_from((*SERVICES, "GIBT_ES_NICHT")), max_size=3).map(tuple),
        "statuses": st.lists(st.sampled_from(list(Status)), max_size=3).map(tuple),
        "detailed_statuses": st.lists(st.sampled_from(list(STATUSES)), max_size=2).map(tuple),
        "requested": spans,
        "updated": spans,
        "box": boxes,
        "sort": st.sampled_from(ORDERS),
    },
)


def matches(row: Stored, asked: RequestSearch) -> bool:
    """Whether a row meets a search, read off the definition."""
    return (
        row.visibility in asked.visibilities
        and (not asked.service_codes or row.service_code in asked.service_codes)
        and (not asked.statuses or row.status in asked.statuses)
        and (asked.detailed_statuses is None or row.detailed_status in asked.detailed_statuses)
        and inside(row.requested, asked.requested)
        and inside(row.updated, asked.updated)
        and (asked.box is None or in_box(row.location, asked.box))
    )


def inside(moment: datetime, span: Span) -> bool:
    """Both ends count."""
    return (span.start is None or moment >= span.start) and (span.end is None or moment <= span.end)


def in_box(place: Location | None, box: Box) -> bool:
    """All edges count."""
    return (
        place is not None
        and box.min_lat <= place.lat <= box.max_lat
        and box.min_long <= place.long <= box.max_long
    )


@one_database
@given(filters=asked_for)
def test_finds_what_meets_every_filter_in_the_order_asked_for(
    conn: Connection, rows: list[Stored], filters: dict[str, Any]
) -> None:
    """R-153, R-163, R-165, R-168, R-173, R-174, R-191, R-192, R-197: exactly those rows, none lost, none more."""
    asked = RequestSearch(jurisdiction_id=CITY, **filters)
    wanted = [row for row in rows if matches(row, asked)]
    assert found(conn, **filters) == in_order(wanted, asked.sort)


@one_database
@given(cuts=st.lists(moments, min_size=1, max_size=6), field=st.sampled_from(["requested", "updated"]))
def test_adjoining_windows_add_up_to_the_whole(
    conn: Connection, rows: list[Stored], cuts: list[datetime], field: str
) -> None:
    """R-168, R-191"""
    cuts = sorted(set(cuts))
    starts = [None, *(cut + timedelta(seconds=1) for cut in cuts)]
    parts = [
        found(conn, **{field: Span(start, end)}) for start, end in zip(starts, [*cuts, None], strict=True)
    ]
    together = [number for part in parts for number in part]
    assert sorted(together) == sorted(found(conn))
    assert len(together) == len(set(together))


@one_database
@given(filters=asked_for, size=st.integers(1, 60))
def test_numbered_pages_are_the_pages_of_the_cursor_walk(
    conn: Connection, rows: list[Stored], filters: dict[str, Any], size: int
) -> None:
    """R-189: in every order, under every filter, with held requests too."""
    asked = RequestSearch(jurisdiction_id=CITY, **filters, page_size=size)
    whole = found(conn, **filters)
    pages = list(walk(conn, asked))
    assert pages == [whole[start : start + size] for start in range(0, max(1, len(whole)), size)]
    for number, page in enumerate(pages):
        assert found(conn, **filters, page_size=size, skip=number * size) == page
    assert found(conn, **filters, page_size=size, skip=len(pages) * size) == []


@one_database
@given(
    sort=st.sampled_from(ORDERS), size=st.integers(3, 50), seed=st.integers(0, 2**32), every=st.integers(1, 3)
)
def test_pages_neither_repeat_nor_lose_rows_while_others_insert(
    conn: Connection, rows: list[Stored], sort: Sort, size: int, seed: int, every: int
) -> None:
    """R-189"""
    chance = random.Random(seed)
    before = found(conn)
    with conn.begin_nested() as savepoint:
        asked = RequestSearch(jurisdiction_id=CITY, sort=sort, page_size=size)
        seen: list[int] = []
        for number, page in enumerate(walk(conn, asked)):
            seen += page
            if number % every == 0 and number < 20:
                put(conn, some(chance))
        savepoint.rollback()
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)
    assert [number for number in seen if number in set(before)] == in_order(
        [row for row in rows if row.number in before], sort
    )


@one_database
@given(filters=asked_for, size=st.integers(1, 60))
def test_total_is_the_number_of_matches(
    conn: Connection, rows: list[Stored], filters: dict[str, Any], size: int
) -> None:
    """R-189"""
    asked = RequestSearch(jurisdiction_id=CITY, **filters, page_size=size)
    count = len(found(conn, **filters))
    assert search.total(conn, asked) == count
    page = search.search(conn, asked)
    assert page.total in (None, count)
    while page.next:
        assert page.total in (None, count)
        page = search.search(conn, replace(asked, after=replace(page.next, total=count)))
        assert page.total == count


@pytest.mark.parametrize("visibilities", [(Visibility.PUBLISHED,), (Visibility.PUBLISHED, Visibility.HELD)])
def test_ids_find_only_what_may_be_seen(
    conn: Connection, rows: list[Stored], visibilities: tuple[Visibility, ...]
) -> None:
    """R-158 to R-161, R-174"""
    asked = (*(row.number for row in rows), 1, 10**15)
    seen = found(conn, ids=asked, visibilities=visibilities, service_codes=("AMPEL",), page_size=PAGE_SIZE)
    assert sorted(seen) == sorted(row.number for row in rows if row.visibility in visibilities)
    assert found(conn, ids=()) == []


def test_edges_of_a_box_belong_to_it_and_nothing_beyond(conn: Connection) -> None:
    """R-192: to the last digit, far finer than the boxes an index keeps."""
    box = Box(8.4400001, 49.4700003, 8.4600007, 49.4900009)
    long, lat = (box.min_long, box.max_long), (box.min_lat, box.max_lat)
    inside = [store(conn, location=Location(y, x)) for x in long for y in lat]
    middle = (8.45, 49.48)
    beyond = [(math.nextafter(x, math.copysign(999, x - middle[0])), middle[1]) for x in long]
    beyond += [(middle[0], math.nextafter(y, math.copysign(999, y - middle[1]))) for y in lat]
    beyond += [(x + step, middle[1]) for x, step in zip(long, (-1e-8, 1e-8), strict=True)]
    beyond += [(middle[0], y + step) for y, step in zip(lat, (-1e-7, 1e-7), strict=True)]
    for x, y in beyond:
        store(conn, location=Location(y, x))
    store(conn, location=None)
    assert sorted(found(conn, box=box)) == inside


@pytest.mark.parametrize("reverse", [False, True])
def test_a_page_of_one_place_begins_at_the_end_that_was_asked_for(conn: Connection, *, reverse: bool) -> None:
    """Whatever lies first in the table or in its index: of each cell only a page is looked at."""
    here = Location(49.4811, 8.4353)
    days = (3, 1, 5, 2, 4)
    numbers = {
        day: store(conn, location=here, requested_datetime=START - timedelta(days=day)) for day in days
    }
    box = Box(here.long - 0.0001, here.lat - 0.0001, here.long + 0.0001, here.lat + 0.0001)
    sort = Sort("requested_datetime", reverse)
    assert found(conn, box=box, sort=sort, page_size=1) == [numbers[1 if reverse else 5]]


def test_box_of_no_size_is_a_point(conn: Connection) -> None:
    """R-192"""
    number = store(conn, location=Location(49.48, 8.44))
    store(conn, location=Location(49.4800001, 8.44))
    assert found(conn, box=Box(8.44, 49.48, 8.44, 49.48)) == [number]
    assert found(conn, box=Box(-180, -90, 180, 90)) != []


CENTRES = [
    Location(49.4811, 8.4464),
    Location(0, 0),
    Location(-33.9, 151.2),
    Location(69.65, 18.96),
    Location(79.99, 15),
    Location(-80, -170),
    Location(80.01, -20),
    Location(89.9, 45),
    Location(90, 0),
    Location(-90, 120),
    Location(-16.8, 179.98),
    Location(65, -179.9),
    Location(0.1, 180),
]
SCATTER = text(
    "insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,"
    " requested_datetime, updated_datetime, geom)"
    " select :city, 'AMPEL', 'open', 'EINGEPLANT', 'published', now(), now(),"
    " cast(ST_Project(cast(ST_MakePoint(:long, :lat) as geography), :radius * part, radians(:turn + n * 137.508))"
    " as geometry) from generate_series(1, 40) n, unnest(cast(:parts as float[])) part"
)
EXACT = text(
    "select id from service_requests where ST_DistanceSpheroid(geom, ST_SetSRID(ST_MakePoint(:long, :lat), 4326),"
    """ 'SPHEROID["WGS 84",6378137,298.257223563]') <= :radius order by id"""
)
# Inside, outside, and closer and closer to the rim, down to a millionth of the radius.
PARTS = [
    0.0,
    0.1,
    0.5,
    0.9,
    0.98,
    0.99,
    0.999,
    0.9999,
    0.999999,
    1.000001,
    1.0001,
    1.001,
    1.01,
    1.02,
    1.1,
    1.5,
]


@pytest.mark.parametrize("radius", [1, 300, 2_000, 10_000, 50_000], ids=lambda radius: f"R-192 {radius} m")
@pytest.mark.parametrize("centre", CENTRES, ids=lambda centre: f"{centre.lat} {centre.long}")
def test_circle_is_exact_on_the_ellipsoid(conn: Connection, centre: Location, radius: float) -> None:
    """R-192: held against the geodesic distance of each of 640 points."""
    at = {"lat": centre.lat, "long": centre.long, "radius": radius}
    conn.execute(SCATTER, at | {"city": CITY, "parts": PARTS, "turn": radius % 97})
    exact = list(conn.execute(EXACT, at).scalars())
    assert sorted(found(conn, circle=Circle(centre, radius))) == exact
    assert abs(len(exact) - 9 * 40) <= 1


def test_circle_skips_requests_without_coordinates(conn: Connection) -> None:
    """R-192"""
    store(conn, location=None)
    assert found(conn, circle=Circle(Location(0, 0), 50_000)) == []


def test_a_request_is_found_by_each_of_its_words(conn: Connection) -> None:
    """R-193: whatever stands between them."""
    number = store(
        conn,
        description="<Müll> beim Haus/Garten, Bismarckstr.12 (Hinterhof) & Schrott+Reifen;Altöl_Kanister"
        " www.muster.de/pfad",
        address="Kaiser-Wilhelm-Straße 12/14a, B9/B44",
        status_notes="Fahrer_in: LU-AB-123 -> 3,5t",
    )
    words = [
        "Müll",
        "Haus",
        "Garten",
        "Bismarckstr",
        "12",
        "Hinterhof",
        "Schrott",
        "Reifen",
        "Altöl",
        "Kanister",
        "muster",
        "pfad",
        "Kaiser",
        "Wilhelm",
        "Straße",
        "14a",
        "B9",
        "B44",
        "Fahrer",
        "LU",
        "AB",
        "123",
        "5t",
    ]
    missed = [word for word in words if found(conn, words=(word,)) != [number]]
    assert missed == []
    assert found(conn, words=words[:8]) == [number]


@pytest.mark.parametrize(
    ("text_search", "asked", "stored", "hit"),
    [
        ("german", "matratz", "Alte Matratzen", True),
        ("german", "Matratzen", "eine Matratze", True),
        ("german", "matratzen", "Alte Matten", False),
        ("german", "STRASSE", "Straße", True),
        ("german", "strasse", "STRAẞE", True),
        ("german", "Oelspur", "Ölspur", True),
        ("german", "ölspur", "OELSPUR", True),
        ("german", "gruen", "Grünfläche", True),
        ("german", "grün", "Gruenflaeche", True),
        ("german", "schlaglöcher", "Schlagloch", True),
        ("english", "pothole", "Two potholes", True),
        ("english", "leaking", "It leaks", True),
        ("german", "leaking", "It leaks", False),
        ("finnish", "kuopissa", "Kuoppa tiessä", True),
        ("french", "réverbères", "Un réverbère éteint", True),
        ("simple", "ямa", "ямa", True),
        ("simple", "leaking", "It leaks", False),
    ],
)
def test_words_by_their_beginning_and_in_every_form(
    conn: Connection, text_search: str, asked: str, stored: str, hit: bool
) -> None:
    """R-193"""
    catalogues.record(conn, CITY, "", START)
    catalogues.keep_text_search(conn, CITY, text_search)
    number = store(conn, description=stored, address="")
    assert found(conn, words=(asked,), text_search=text_search) == ([number] if hit else [])


def test_all_words_must_be_there_wherever_they_stand(conn: Connection) -> None:
    """R-193"""
    number = store(
        conn, description="Sofa und Kühlschrank", address="Maudacher Straße 5", status_notes="Termin"
    )
    assert found(conn, words=("sofa", "Maudacher", "Termin")) == [number]
    assert found(conn, words=("sofa", "Klavier")) == []


def test_a_stop_word_counts_when_it_stands_alone(conn: Connection) -> None:
    """R-193: beside other words it is as good as missing; alone it is looked for as a part of words."""
    number = store(conn, description="Sofa und Kühlschrank", address="")
    assert found(conn, words=("sofa", "der")) == [number]
    assert found(conn, words=("der",)) == []
    assert found(conn, words=("und",)) == [number]


def test_names_and_numbers_widen_the_words(conn: Connection) -> None:
    """R-193"""
    by_word, by_name, other = (
        store(conn, service_code=code, description=said)
        for code, said in (("AMPEL", "Kanaldeckel"), ("KANAL", "klappert"), ("AMPEL", "dunkel"))
    )
    assert found(conn, words=("kanal",), words_in_service_names=("KANAL",)) == [by_name, by_word]
    both = found(conn, words=("kanaldeckel", "kanaldeckel"), words_in_service_names=("KANAL",))
    assert both == [by_name, by_word]
    assert found(conn, words=(str(other),)) == [other]
    assert found(conn, words=(str(other),), statuses=(Status.CLOSED,)) == []


def test_words_find_held_requests_for_those_who_may_see_them(conn: Connection) -> None:
    """R-193"""
    shown, held = store(conn), store(conn, visibility=Visibility.HELD)
    store(conn, visibility=Visibility.HIDDEN)
    both = (Visibility.PUBLISHED, Visibility.HELD)
    for words in (("Matratzen",), ("Alte", "Matratzen")):
        assert found(conn, words=words, visibilities=both) == [held, shown]
        assert found(conn, words=words) == [shown]
    asked = RequestSearch(jurisdiction_id=CITY, words=("Matratzen",), visibilities=both, page_size=1)
    assert list(walk(conn, asked)) == [[held], [shown]]
    assert search.total(conn, asked) == 2


def test_hidden_texts_are_never_searched(conn: Connection) -> None:
    """R-174, R-193"""
    number = store(
        conn, title="Geheimtitel", service_object_id="Geheimnummer", attributes={"A": ["Geheimwort"]}
    )
    for word in ("Geheimtitel", "Geheimnummer", "Geheimwort", "geheim"):
        assert found(conn, words=(word,)) == []
    assert found(conn, words=("Matratzen",)) == [number]


@pytest.mark.parametrize("words", [(), ("laterne",)])
def test_a_box_across_the_180th_meridian_has_two_sides(conn: Connection, words: tuple[str, ...]) -> None:
    """RFC 7946, 5.2: west is the larger one."""
    inside = [
        store(conn, location=Location(-16.8, long), description="Laterne") for long in (179.9, -179.9, 180.0)
    ]
    for long in (179.0, -179.0, 0.0):
        store(conn, location=Location(-16.8, long), description="Laterne")
    box = Box(179.5, -17, -179.5, -16)
    assert sorted(found(conn, box=box, words=words)) == inside
    asked = RequestSearch(jurisdiction_id=CITY, box=box, words=words)
    assert search.total(conn, asked) == len(inside)
