"""GET /tiles: vector tiles that show each public request once, and change with it."""

import itertools
import math
from collections import Counter
from typing import Any

import mapbox_vector_tile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.upkeep import map_counts
from open311.core import Core
from open311.model.maps.tiles import LEVELS, Tile
from open311.storage.maps import matches
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.serving import Api, Clock, MakeCore, an_api, first_city

LAT, LONG = 49.48, 8.44
ALL_LEVELS = (0, 5, 8, 10, 11, 13, 14, 15, 16, 19, 22)
COUNTED = tuple(level for level in ALL_LEVELS if level < 16)


def place(z: int, lat: float = LAT, long: float = LONG) -> tuple[int, int]:
    """The tile a point is in, as the OpenStreetMap wiki has the formula."""
    x = int((long + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return x, y


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_a_tile_holds_its_middle_and_what_is_at_it(z: int) -> None:
    for lat, long in ((LAT, LONG), (-33.9, -179.99), (0, 0), (85, 179.99)):
        found = Tile.at(lat, long, z)
        assert (found.x, found.y) == place(z, lat, long)
        assert Tile.at(found.middle.lat, found.middle.long, z) == found
    assert Tile.at(90, 180, z) == Tile(z, (1 << z) - 1, 0)


def tile(api: Api, z: int, x: int, y: int, **query: Any) -> list[dict[str, Any]]:
    """The properties of the features in a tile."""
    response = api.client.get(f"/tiles/{z}/{x}/{y}.mvt", query_string=query)
    assert response.status_code in (200, 204), response.text
    assert (response.status_code == 204) == (response.data == b"")
    if not response.data:
        return []
    assert response.content_type == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(response.data)
    assert list(layers) == ["requests" if z >= 16 else "clusters"]
    return [feature["properties"] for feature in next(iter(layers.values()))["features"]]


def total(api: Api, z: int, lat: float = LAT, long: float = LONG, **query: Any) -> Counter[str]:
    """How many requests a tile shows, by status."""
    found: Counter[str] = Counter()
    for feature in tile(api, z, *place(z, lat, long), **query):
        found += (
            Counter([feature["status"]])
            if "status" in feature
            else Counter(open=feature["open"], closed=feature["closed"])
        )
    return found


def close(core: Core, number: str) -> None:
    """Close a report."""
    casework.set_status(core, int(number), first_city().default_status("closed").code, CLARA)


@pytest.fixture(params=["as noted", "added up"])
def settle(request: pytest.FixtureRequest, core: Core) -> Any:
    """What the worker may or may not have done in between: the map must look the same."""
    return (lambda: map_counts.fold(core)) if request.param == "added up" else (lambda: None)


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_every_level_shows_each_request(api: Api, core: Core, settle: Any, z: int) -> None:
    numbers = [api.report(lat=LAT, long=LONG) for _ in range(3)]
    close(core, numbers[0])
    settle()
    assert total(api, z) == Counter(open=2, closed=1)


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_a_change_is_seen_at_once(api: Api, core: Core, settle: Any, z: int) -> None:
    numbers = [api.report(lat=LAT, long=LONG) for _ in range(2)]
    settle()
    close(core, numbers[0])
    assert total(api, z) == Counter(open=1, closed=1)
    settle()
    casework.hide(core, int(numbers[1]), CLARA)
    assert total(api, z) == Counter(closed=1)


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_a_request_that_moves_or_goes_leaves_its_tile(
    api: Api, conn: Connection, settle: Any, z: int
) -> None:
    api.report(lat=LAT, long=LONG)
    settle()
    conn.execute(text("update service_requests set geom = ST_SetSRID(ST_MakePoint(-70.6, -33.4), 4326)"))
    assert total(api, z, -33.4, -70.6) == Counter(open=1)
    if z > 0:
        assert total(api, z) == Counter()
    settle()
    conn.execute(text("delete from service_requests"))
    assert total(api, z, -33.4, -70.6) == Counter()


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_filters(api: Api, core: Core, clock: Clock, settle: Any, z: int) -> None:
    old = api.report(lat=LAT, long=LONG)
    close(core, old)
    clock.forward(days=10)
    casework.publish(core, int(api.report(lat=LAT, long=LONG, service_code="MARKIERUNG")), CLARA)
    settle()
    assert total(api, z, service_code="MARKIERUNG") == Counter(open=1)
    assert total(api, z, service_code="MARKIERUNG,MUELL_WILD") == Counter(open=1, closed=1)
    assert total(api, z, status="closed") == Counter(closed=1)
    assert total(api, z, status="open,closed") == Counter(open=1, closed=1)
    assert total(api, z, days="5") == Counter(open=1)
    assert total(api, z, days="366", service_code="MUELL_WILD") == Counter(closed=1)


def test_what_is_not_public_or_has_no_place_is_missing(api: Api) -> None:
    """R-174"""
    api.report(service_code="MARKIERUNG", lat=LAT, long=LONG)
    api.report(lat=None, long=None, address_string="Rathaus")
    assert [total(api, z) for z in ALL_LEVELS] == [Counter()] * len(ALL_LEVELS)


def test_a_point_says_what_a_style_needs(api: Api) -> None:
    number = api.report(lat=LAT, long=LONG)
    assert tile(api, 16, *place(16)) == [
        {
            "id": int(number),
            "service_code": "MUELL_WILD",
            "status": "open",
            "detailed_status": first_city().initial_status.code,
        }
    ]


def test_clusters_are_not_all_in_one_place(api: Api) -> None:
    for step in range(2):
        api.report(lat=LAT, long=LONG + step * 0.006)
    assert [feature["count"] for feature in tile(api, 11, *place(11))] == [1, 1]


@given(st.floats(-85, 85, allow_nan=False), st.floats(-180, 179.999, allow_nan=False), st.integers(0, 22))
def test_a_tile_is_where_its_points_are(lat: float, long: float, z: int) -> None:
    x, y = place(z, lat, long)
    found = Tile(z, x, y)
    assert found.exists
    slack = 1e-9
    assert found.box.min_long - slack <= long <= found.box.max_long + slack
    assert found.box.min_lat - slack <= lat <= found.box.max_lat + slack


@pytest.mark.parametrize("z", [12, 13, 14, 16, 18])
def test_neighbours_share_no_request_and_lose_none(api: Api, conn: Connection, z: int) -> None:
    """Also for points on the edge between tiles."""
    x, y = place(z)
    box = Tile(z, x, y).box
    edges = [
        (lat, long)
        for lat in (box.min_lat, box.max_lat, (box.min_lat + box.max_lat) / 2)
        for long in (box.min_long, box.max_long, (box.min_long + box.max_long) / 2)
    ]
    for lat, long in edges:
        conn.execute(
            text(
                "insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,"
                " requested_datetime, updated_datetime, geom) values ('ludwigshafen.de', 'X', 'open', 'x',"
                " 'published', now(), now(), ST_SetSRID(ST_MakePoint(:long, :lat), 4326))"
            ),
            {"lat": lat, "long": long},
        )
    around = [(x + step_x, y + step_y) for step_x in (-1, 0, 1) for step_y in (-1, 0, 1)]
    shown = [feature.get("count", 1) for column, row in around for feature in tile(api, z, column, row)]
    assert sum(shown) == len(edges)


def test_counts_stay_right_through_many_changes(api: Api, core: Core, conn: Connection) -> None:
    """Folded now and then, the table of counts equals a count of the requests."""
    numbers = [api.report(lat=LAT, long=LONG - step / 500) for step in range(12)]
    for step, number in enumerate(numbers):
        if step % 3 == 0:
            close(core, number)
        if step % 4 == 1:
            casework.hide(core, int(number), CLARA)
        if step % 5 == 0:
            map_counts.fold(core)
    map_counts.fold(core)
    counted = conn.execute(
        text("select level, status, sum(count)::int from map_cells group by 1, 2 order by 1, 2")
    ).all()
    real = Counter(
        conn.execute(text("select status from service_requests where visibility = 'published'")).scalars()
    )
    assert [tuple(row) for row in counted] == [
        (level, status, real[status]) for level in LEVELS for status in ("closed", "open")
    ]
    assert conn.execute(text("select count(*) from map_changes")).scalar_one() == 0
    assert conn.execute(text("select count(*) from map_cells where count <= 0")).scalar_one() == 0


@pytest.mark.parametrize(
    "path",
    [
        "23/0/0",
        "0/1/0",
        "0/0/1",
        "3/8/0",
        "3/0/8",
        "22/4194304/0",
        "99999999999999/0/0",
        "5/99999999999999999999/1",
    ],
)
def test_a_tile_that_does_not_exist_is_404(api: Api, path: str) -> None:
    response = api.client.get(f"/tiles/{path}.mvt")
    assert response.status_code == 404
    assert response.json[0]["code"] == 404


@pytest.mark.parametrize("path", ["a/b/c", "-1/0/0", "0/0/-1", "1.5/0/0", "0/0", "1/1/" + "9" * 5000])
def test_a_place_that_is_no_number_is_404(api: Api, path: str) -> None:
    response = api.client.get(f"/tiles/{path}.mvt")
    assert (response.status_code, response.json[0]["code"]) == (404, 404)


@pytest.mark.parametrize("query", [{"days": "0"}, {"days": "367"}, {"days": "x"}, {"status": "foo"}], ids=str)
def test_a_bad_filter_is_400(api: Api, query: dict[str, str]) -> None:
    assert api.client.get("/tiles/0/0/0.mvt", query_string=query).status_code == 400


def test_an_unchanged_tile_is_304(api: Api) -> None:
    """R-199"""
    api.report(lat=LAT, long=LONG)
    first = api.client.get("/tiles/0/0/0.mvt")
    assert first.headers["Cache-Control"] == "public, no-cache"
    mark = {"If-None-Match": first.headers["ETag"]}
    assert api.client.get("/tiles/0/0/0.mvt", headers=mark).status_code == 304
    api.report(lat=LAT, long=LONG)
    assert api.client.get("/tiles/0/0/0.mvt", headers=mark).status_code == 200


def test_any_page_may_show_it(api: Api) -> None:
    """R-198"""
    assert api.client.get("/tiles/0/0/0.mvt").headers["Access-Control-Allow-Origin"] == "*"


def test_each_jurisdiction_has_its_own(make_core: MakeCore) -> None:
    services = (a_service(moderated=False),)
    other = a_catalogue(*services, jurisdiction=a_jurisdiction(jurisdiction_id="mannheim.de", aliases=()))
    api = an_api(make_core(a_catalogue(*services), other, OPEN311_CHECK_BOUNDARY="off"))
    api.report(jurisdiction_id="mannheim.de", lat=LAT, long=LONG)
    assert api.client.get("/tiles/mannheim.de/0/0/0.mvt").status_code == 200
    assert api.client.get("/tiles/ludwigshafen.de/0/0/0.mvt").status_code == 204
    assert api.client.get("/tiles/0/0/0.mvt").status_code == 400
    assert api.client.get("/tiles/nowhere/0/0/0.mvt").status_code == 404


def test_reports_of_the_test_endpoint_have_tiles_of_their_own(api: Api) -> None:
    api.base = "/open311/test/v2"
    api.report(lat=LAT, long=LONG)
    assert api.client.get("/tiles/0/0/0.mvt").status_code == 204
    assert api.client.get("/tiles/test.ludwigshafen.de/0/0/0.mvt").status_code == 200


@pytest.mark.parametrize("path", ["/tiles/tiles.json", "/tiles/ludwigshafen.de.json"])
def test_tilejson_says_where_tiles_are_and_what_is_in_them(api: Api, path: str) -> None:
    described = api.client.get(path).json
    assert described["tilejson"] == "3.0.0"
    assert described["tiles"] == ["http://localhost/tiles/ludwigshafen.de/{z}/{x}/{y}.mvt"]
    assert {layer["id"] for layer in described["vector_layers"]} == {"requests", "clusters"}
    west, south, east, north = described["bounds"]
    assert west < LONG < east
    assert south < LAT < north


def layers(api: Api, z: int, **query: Any) -> tuple[int, list[dict[str, Any]]]:
    """How many requests the numbers of a tile stand for, and the properties of its points."""
    response = api.client.get("/tiles/{}/{}/{}.mvt".format(z, *place(z)), query_string={"cells": 8} | query)
    found = mapbox_vector_tile.decode(response.data) if response.data else {}
    clusters, points = (found.get(name, {"features": []})["features"] for name in ("clusters", "requests"))
    return sum(point["properties"]["count"] for point in clusters), [point["properties"] for point in points]


@pytest.mark.parametrize("z", [*COUNTED, 16, 17])
def test_few_requests_in_a_cell_are_points_and_many_a_number(api: Api, settle: Any, z: int) -> None:
    numbers = [int(api.report(lat=LAT, long=LONG)) for _ in range(3)]
    settle()
    number, points = layers(api, z)
    assert (number, sorted(point["id"] for point in points)) == (0, numbers)
    api.report(lat=LAT, long=LONG)
    assert layers(api, z) == (4, [])


def test_at_the_end_of_the_street_each_is_a_point(api: Api) -> None:
    for _ in range(5):
        api.report(lat=LAT, long=LONG)
    number, points = layers(api, 18)
    assert (number, len(points)) == (0, 5)


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_what_was_closed_long_ago_is_missing_where_that_is_asked(
    api: Api, core: Core, clock: Clock, settle: Any, z: int
) -> None:
    first, second, third = (api.report(lat=LAT, long=LONG) for _ in range(3))
    close(core, first)
    clock.forward(days=60)
    close(core, second)
    clock.forward(days=40)
    settle()
    _, points = layers(api, z, closed_days=90)
    assert {point["id"]: point.get("days_left") for point in points} == {int(second): 50, int(third): None}
    assert total(api, z, closed_days=90) == Counter(open=1, closed=1)
    assert total(api, z) == Counter(open=1, closed=2)


@pytest.mark.parametrize("z", ALL_LEVELS)
def test_words_and_steps_of_the_work_are_filters_too(api: Api, core: Core, settle: Any, z: int) -> None:
    sofa = api.report(lat=LAT, long=LONG, description="Ein rotes Sofa")
    api.report(lat=LAT, long=LONG, description="Reifen")
    close(core, sofa)
    settle()
    assert total(api, z, q="Sofa") == Counter(closed=1)
    assert total(api, z, q="Sofa", closed_days=90) == Counter(closed=1)
    assert total(api, z, q="Wilde Müllablagerung") == Counter(open=1, closed=1)
    assert total(api, z, q=sofa) == Counter(closed=1)
    assert total(api, z, detailed_status="PROCESSED") == Counter(closed=1)
    assert total(api, z, detailed_status="PENDING,IN_PROCESS") == Counter(open=1)
    assert total(api, z, detailed_status="REJECTED") == Counter()


def test_the_boundary_is_a_feature(api: Api) -> None:
    found = api.client.get("/tiles/ludwigshafen.de/boundary.geojson", query_string={"locale": "de"})
    assert found.content_type == "application/geo+json"
    assert found.json["properties"] == {"name": "Ludwigshafen am Rhein"}
    assert found.json["geometry"]["type"] == "Polygon"


def test_without_a_boundary_there_is_none(make_core: MakeCore) -> None:
    api = an_api(make_core(a_catalogue(jurisdiction=a_jurisdiction(boundary=None))))
    assert api.client.get("/tiles/boundary.geojson").status_code == 404


@pytest.mark.parametrize("z", [9, 12, 14, 15])
@pytest.mark.parametrize(
    "query", [{}, {"status": "open"}, {"cells": 8}, {"service_code": "MUELL_WILD"}], ids=str
)
def test_numbers_come_from_the_counts_and_not_from_the_requests(
    api: Api, core: Core, conn: Connection, z: int, query: dict[str, Any]
) -> None:
    for _ in range(5):
        api.report(lat=LAT, long=LONG)
    map_counts.fold(core)
    fetched = text("select pg_stat_get_xact_tuples_fetched('service_requests'::regclass)")
    before = conn.execute(fetched).scalar_one()
    assert total(api, z, **query) == Counter(open=5)
    assert conn.execute(fetched).scalar_one() == before


# Ten reports a day for 400 days, one of four about a sofa, one of ten open.
MANY = text(
    """
    insert into service_requests (jurisdiction_id, service_code, status, detailed_status, visibility,
        requested_datetime, updated_datetime, closed_datetime, description, geom)
    select 'ludwigshafen.de', 'X', case when n % 10 = 0 then 'open' else 'closed' end, 'x', 'published',
        moment, moment, case when n % 10 > 0 then moment end, case when n % 4 = 1 then 'Sofa' else 'Reifen' end,
        ST_SetSRID(ST_MakePoint(:long, :lat), 4326)
    from (select n, cast(:now as timestamptz) - n / 10 * interval '1 day' as moment
          from generate_series(0, 3999) as n) as moments
    """
)


def test_numbers_of_too_many_are_made_of_some_days_and_say_so(
    api: Api, core: Core, conn: Connection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No look at the map reads all reports of a large city; what lies in a few of the smallest cells is counted."""
    conn.execute(MANY, {"now": clock.now, "lat": LAT, "long": LONG})
    map_counts.fold(core)
    expected: list[tuple[dict[str, Any], int]] = [
        ({"q": "Sofa"}, 1000),
        ({"q": "Sofa", "closed_days": 1000}, 1000),
        ({"q": "Sofa", "days": 200}, 500),
        ({"days": 200}, 2000),
        ({"closed_days": 200}, 1800 + 400),
    ]
    for name in ("MOST_FETCHED", "MOST_INDEXED"):
        monkeypatch.setattr(matches, name, 40)
    for (query, number), z in itertools.product(expected, (0, 13, 14)):
        [cluster] = tile(api, z, *place(z), cells=8, **query)
        is_counted = z == 14 and query == {"days": 200}
        assert cluster.get("estimate", False) is not is_counted, (query, z)
        assert cluster["count"] == pytest.approx(number, rel=0.01 if is_counted else 0.3), (query, z)
        assert cluster["open"] + cluster["closed"] == cluster["count"]
    # The same, and few enough to be counted.
    for name in ("MOST_FETCHED", "MOST_INDEXED"):
        monkeypatch.setattr(matches, name, 4000)
    for (query, number), z in itertools.product(expected, (0, 13, 14)):
        [cluster] = tile(api, z, *place(z), cells=8, **query)
        assert "estimate" not in cluster
        assert cluster["count"] == pytest.approx(number, abs=10), (query, z)
