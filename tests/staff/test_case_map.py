"""The map of the staff: the list's cases as points, no more of them than somebody may see, kept by nobody."""

import json
from typing import Any

from open311.actions import casework
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.serving import Clock, an_api
from tests.staff.desk import Desk, Employee, membership

LAMP = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "gehweg"}


def points(employee: Employee, query: str = "") -> dict[str, Any]:
    """The features of the map by number."""
    answer = employee.get(f"/staff/reports/map.geojson{query}")
    assert answer.content_type == "application/geo+json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return {str(feature["id"]): feature for feature in json.loads(answer.text)["features"]}


def test_the_points_are_the_cases_of_the_filters(desk: Desk, clock: Clock) -> None:
    api, bea = an_api(desk.core), desk.employee(Role.CHECKER)
    swing = api.report(service_code="MARKIERUNG", lat="49.49", long="8.42")
    lamp = api.report(**LAMP)
    without_place = api.report(**LAMP, lat=None, long=None, address_string="Am Rathaus")
    found = points(bea)
    assert {*found} == {swing, lamp}
    assert found[swing]["geometry"]["coordinates"] == [8.42, 49.49]
    assert found[swing]["properties"]["href"] == f"/staff/reports/{swing}?back=/staff/reports/map"
    assert {*points(bea, "?service=MARKIERUNG")} == {swing}
    assert {*points(bea, "?bbox=8.41,49.48,8.43,49.50")} == {swing}
    assert {*points(bea, "?bbox=odd")} == {swing, lamp}
    page = bea.get("/staff/reports/map?service=MARKIERUNG&bbox=8.41,49.48,8.43,49.50").text
    assert swing in page
    assert lamp not in page
    assert without_place not in bea.get("/staff/reports/map").text
    clock.forward(days=40)
    desk.sign_in(bea)
    late = points(bea)[lamp]["properties"]
    assert late["late"] is True
    assert late["text"].startswith("überfällig, ")


def test_nobody_sees_a_point_of_what_is_not_theirs(desk: Desk) -> None:
    api = an_api(desk.core)
    held, shown = api.report(**LAMP), api.report(**LAMP)
    casework.publish(desk.core, int(shown), CLARA)
    stranger = desk.employee(membership(Role.WORKER, units=("NAHVERKEHR",)))
    assert {*points(stranger)} == {shown}
    assert held not in stranger.get("/staff/reports/map").text
    unit = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)), email="t@stadt.example", name="Tom")
    assert {*points(unit)} == {held, shown}
    admin = desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada")
    assert admin.get("/staff/reports/map.geojson").status_code == 403
    assert desk.visitor().get("/staff/reports/map.geojson").status_code == 303


def test_the_map_keeps_the_filters_of_the_list_and_gives_them_back(desk: Desk) -> None:
    an_api(desk.core).report(**LAMP)
    bea = desk.employee(Role.CHECKER)
    assert 'href="/staff/reports/map?stage=check"' in bea.get("/staff/reports?stage=check").text
    page = bea.get("/staff/reports/map?stage=check&overdue=1").text
    assert 'href="/staff/reports?stage=check&amp;overdue=1"' in page
    assert 'href="/staff/reports/map?overdue=1"' in page
