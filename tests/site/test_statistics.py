"""How the city is doing: what is counted, what is kept back, and that pages and open data say the same."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from open311.actions import casework
from open311.actions.upkeep import statistics
from open311.core import Core
from open311.model.statistics import Figures, MonthOfService, last_months, publishable
from open311.storage import statistics as figures_of_city
from tests.actors import CLARA
from tests.serving import Api, Clock, MakeCore, an_api
from tests.site.visitor import Visitor


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core."""
    return make_core()


@pytest.fixture
def api(core: Core) -> Api:
    """Its API."""
    return an_api(core)


def closed(core: Core, api: Api, clock: Clock, days: int, number: int = 1, **fields: str) -> None:
    """Reports that are closed after so many days."""
    reports = [api.report(**fields) for _ in range(number)]
    clock.forward(days=days)
    for report in reports:
        casework.set_status(core, int(report), "GELOEST", CLARA)
    clock.forward(days=-days)


def figures(api: Api, **query: str) -> dict[str, object]:
    """The figures as programs read them."""
    found: Any = api.client.get("/open311/v2/statistics.json", query_string=query).json
    return found


def test_until_the_worker_has_added_up_there_are_none(api: Api) -> None:
    api.report()
    assert figures(api)["updated_datetime"] is None
    assert "Noch sind keine Zahlen" in Visitor(api.client).open("/statistics").text


def test_received_closed_open_and_how_long_it_took(core: Core, api: Api, clock: Clock) -> None:
    for days in (1, 2, 3, 4, 10, 20):
        closed(core, api, clock, days)
    for _ in range(7):
        api.report()
    clock.forward(days=21)
    assert statistics.add_up(core) == 1
    total = figures(api)["total"]
    assert total == {
        "received": 13,
        "closed": 6,
        "open": 7,
        "median_days": 3,
        "ninety_percent_days": 20,
        "on_time_percent": total["on_time_percent"],
    }
    page = Visitor(api.client).open("/statistics").text
    for words in ("13", "3 Tage", "20 Tage", "Wilde Müllablagerung"):
        assert words in page


def test_small_numbers_and_their_times_are_not_told(core: Core, api: Api, clock: Clock) -> None:
    closed(core, api, clock, 2, number=4)
    clock.forward(days=3)
    statistics.add_up(core)
    total = figures(api)["total"]
    assert total["received"] == total["closed"] == "<5"
    assert total["median_days"] is None
    assert "<5" in api.client.get("/open311/v2/statistics.csv").text
    assert "zu wenige" in Visitor(api.client).open("/statistics").text


def test_what_is_not_public_or_a_duplicate_does_not_count(core: Core, api: Api) -> None:
    api.report(service_code="MARKIERUNG")
    hidden, twin, original = (api.report() for _ in range(3))
    casework.hide(core, int(hidden), CLARA)
    casework.merge(core, int(twin), int(original), CLARA)
    statistics.add_up(core)
    with core.database.read() as conn:
        assert (
            conn.execute(
                text("select sum(received) from statistics_months where part = 'service'")
            ).scalar_one()
            == 1
        )


def test_of_one_service_alone(core: Core, api: Api, conn: Connection) -> None:
    for _ in range(5):
        api.report()
        other = api.report()
        conn.execute(text("update service_requests set service_code = 'X' where id = :id"), {"id": other})
    statistics.add_up(core)
    one = figures(api, service_code="MUELL_WILD")
    assert one["total"]["received"] == 5
    assert [line["service_code"] for line in one["services"]] == ["MUELL_WILD"]
    assert set(one["definitions"]) == set(one["total"])  # type: ignore[call-overload]


def test_nothing_is_added_up_while_nothing_changes(core: Core, api: Api, clock: Clock) -> None:
    api.report()
    assert [statistics.add_up(core) for _ in range(2)] == [1, 0]
    api.report()
    assert statistics.add_up(core) == 1
    clock.forward(days=1)
    assert statistics.add_up(core) == 1


def test_figures_of_what_is_gone_are_gone(core: Core, api: Api, conn: Connection) -> None:
    months = text("select service_code, received from statistics_months where part = 'service'")
    shown = int(api.report())
    statistics.add_up(core)
    assert conn.execute(months).all() == [("MUELL_WILD", 1)]
    other = api.report()
    conn.execute(text("update service_requests set service_code = 'X' where id = :id"), {"id": other})
    casework.hide(core, shown, CLARA)
    statistics.add_up(core)
    assert conn.execute(months).all() == [("X", 1)]


def test_an_archive_of_any_size_is_added_up_and_holds_up_no_feed(core: Core, api: Api) -> None:
    """Nothing is written before all is read: whatever may still write is what readers of the feed wait for."""
    api.report()
    city, begun = "ludwigshafen.de", list[str]()
    with core.database.begin() as conn:
        event.listen(
            conn, "before_cursor_execute", lambda _, __, sql, *___: begun.append(sql.split()[0].lower())
        )
        figures_of_city.add_up(conn, city, "Europe/Berlin", (0, core.now()))
        assert conn.execute(text("show statement_timeout")).scalar_one() == "0"
    assert begun[:3] == ["set", "select", "with"]


def test_months_are_those_of_the_city(core: Core, api: Api, clock: Clock, conn: Connection) -> None:
    api.report()
    conn.execute(text("update service_requests set requested_datetime = '2026-01-31T23:30Z'"))
    statistics.add_up(core)
    assert (
        str(conn.execute(text("select distinct month from statistics_months")).scalar_one()) == "2026-02-01"
    )


def test_csv_and_json_say_the_same(core: Core, api: Api) -> None:
    for _ in range(6):
        api.report()
    statistics.add_up(core)
    rows = [line.split(",") for line in api.client.get("/open311/v2/statistics.csv").text.splitlines()]
    assert rows[0][:4] == ["of", "code", "name", "received"]
    assert rows[1][:4] == ["total", "", "", "6"]
    assert sum(row[0] == "month" for row in rows) == len(figures(api)["months"]) == 12


def test_percentiles_are_of_whole_days_and_need_five() -> None:
    one = Figures()
    month = last_months(date(2026, 1, 15), 1)[0]
    one.add(MonthOfService(month, "A", "", 4, 0, 4, 0, 0, {1: 2, 9: 2}))
    assert one.median_days is None
    one.add(MonthOfService(month, "A", "", 1, 0, 1, 0, 0, {3: 1}))
    assert (one.median_days, one.ninety_percent_days) == (3, 9)


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, "<5"), (4, "<5"), (5, 5)])
def test_numbers_from_one_to_four_are_kept_back(number: int, shown: object) -> None:
    assert publishable(number) == shown


def test_what_is_open_of_earlier_months_counts_everywhere(
    core: Core, api: Api, clock: Clock, conn: Connection
) -> None:
    for _ in range(6):
        api.report()
    conn.execute(text("update service_requests set requested_datetime = now() - interval '3 years'"))
    for _ in range(5):
        api.report()
    statistics.add_up(core)
    told_now = figures(api)
    lines = {
        (of, line[name]): (line["received"], line["open"])
        for of, name in (("services", "service_code"), ("areas", "area_code"))
        for line in told_now[of]
    }
    assert lines == {
        ("services", "MUELL_WILD"): (5, 11),
        ("areas", "MITTE"): (5, 11),
    }
    assert told_now["total"]["open"] == 11
    one = figures(api, service_code="MUELL_WILD")
    assert one["areas"] == told_now["areas"]
