"""Units for those who give out roles, and what is wrong at the desk."""

from dataclasses import replace

from sqlalchemy import Connection, text

from open311.core import Core
from open311.model.desk.desk_catalogue import Unit
from open311.model.staff.roles import Role
from tests.serving import Api, MakeCore, an_api, first_city
from tests.staff.desk import CITY, Desk, membership

CLEANING = "STADTREINIGUNG"


def test_a_unit_shows_its_people_its_mailbox_and_what_comes_there(desk: Desk, api: Api) -> None:
    api.report()
    rita = desk.account(
        membership(Role.WORKER, units=(CLEANING,)), email="rita@stadt.example", name="Rita Muster"
    )
    desk.account(membership(Role.WORKER, units=("TIEFBAU",)), email="tom@stadt.example", name="Tom Muster")
    ada = desk.employee(Role.ADMIN, email="ada@stadt.example")
    assert f'href="/staff/admin/units/{CLEANING}"' in ada.get("/staff/admin/units").text
    page = ada.get(f"/staff/admin/units/{CLEANING}").text
    assert f'href="/staff/admin/accounts/{rita}"' in page
    assert "Tom Muster" not in page
    assert "Wilde Müllablagerung" in ada.text
    assert "Offene Fälle1" in ada.text.replace(" 1", "1")
    # An administrator sees no case.
    assert "/staff/reports" not in page
    assert ada.get("/staff/admin/units/NIRGENDS").status_code == 404


def test_a_lead_sees_the_own_unit_alone(desk: Desk) -> None:
    lead = desk.employee(membership(Role.LEAD, units=(CLEANING,)))
    page = lead.get("/staff/admin/units").text
    assert CLEANING in page
    assert "TIEFBAU" not in page
    assert lead.get(f"/staff/admin/units/{CLEANING}").status_code == 200
    assert lead.get("/staff/admin/units/TIEFBAU").status_code == 404
    assert lead.get("/staff/admin/state").status_code == 403


def test_what_is_wrong_is_told_with_the_way_there(make_core: MakeCore, conn: Connection) -> None:
    city = first_city()
    units = {
        **city.desk.units,
        CLEANING: Unit(code=CLEANING),
        "FIRMA": Unit(code="FIRMA", email="f@firma.example"),
    }
    core: Core = make_core(replace(city, desk=replace(city.desk, units=units)))
    number = int(an_api(core).report())
    ada = Desk(core).employee(Role.ADMIN, email="ada@stadt.example")
    ada.get("/staff/admin/state")
    deaf = "hat weder Mitglieder noch ein Postfach; 1 offener Fall liegt dort"
    assert deaf in ada.text
    assert f"/staff/admin/units/{CLEANING}?city={CITY}" in ada.response.text
    assert "Hintergrunddienst" in ada.text
    assert "hat keine Liste von Adressen" in ada.text
    assert "sind keine Straßen" in ada.text
    Desk(core).account(membership(Role.WORKER, units=(CLEANING,)), email="rita@stadt.example")
    gone = text("update cases set unit = 'ABGESCHAFFT' where service_request_id = :n")
    conn.execute(gone, {"n": number})
    ada.get("/staff/admin/state")
    assert deaf not in ada.text
    assert "1 offener Fall liegt bei ABGESCHAFFT" in ada.text
