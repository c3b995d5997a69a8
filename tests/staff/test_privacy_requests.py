"""Somebody asks the city what it keeps about them, or to have it erased: the pages of who answers for that."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.serving import Api, Clock
from tests.staff.desk import Desk, Employee, membership

KIM = {"email": "kim@example.org", "phone": "0621 5043434", "last_name": "Kanarie"}


@pytest.fixture
def rolf(desk: Desk) -> Employee:
    """Whoever answers for the protection of data, who has just given their password."""
    return desk.employee(Role.AUDITOR, email="rolf@stadt.example", name="Rolf Muster")


def held(api: Api, **sent: str) -> int:
    fields = {"service_code": "MARKIERUNG", "description": "Zebrastreifen", **KIM, **sent}
    return int(api.post(fields)[0]["service_request_id"])


def log(conn: Connection) -> list[Any]:
    kinds = ("people_searched", "exported", "erased")
    return list(
        conn.execute(
            text("select kind, subject, data from audit where kind = any(:kinds) order by id"),
            {"kinds": list(kinds)},
        )
    )


def stored(conn: Connection) -> int:
    return int(conn.execute(text("select count(*) from reporters where last_name = 'Kanarie'")).scalar_one())


def test_what_is_kept_is_counted_and_handed_out(rolf: Employee, api: Api, conn: Connection) -> None:
    number = held(api)
    rolf.post("/staff/admin/privacy", 200, contact="Kim@Example.org")
    assert f"Nr. {number}" in rolf.text
    # What it says stands in the file alone.
    assert "Kanarie" not in rolf.text
    file = rolf.post("/staff/admin/privacy", 200, contact="kim@example.org", act="export")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "private, no-store"
    [report] = file.json["reported"]
    assert (report["service_request_id"], report["last_name"]) == (number, "Kanarie")
    lines = log(conn)
    assert [line.kind for line in lines] == ["people_searched", "exported"]
    assert not any("kim" in str(line).lower() for line in lines)


def test_a_person_is_erased_once_that_is_confirmed(
    rolf: Employee, api: Api, core: Core, conn: Connection
) -> None:
    number = held(api)
    casework.publish(core, number, CLARA)
    rolf.post("/staff/admin/privacy", 400, contact="kim@example.org", act="erase")
    assert stored(conn) == 1
    rolf.post("/staff/admin/privacy", 303, contact="kim@example.org", act="erase", sure="1")
    assert stored(conn) == 0
    assert api.get(f"/requests/{number}")[0]["description"] == "Zebrastreifen"
    last = casework.show(core, number, CLARA).history[-1]
    assert (last.kind, last.actor) == ("person_forgotten", f"staff:{rolf.account_id}")
    assert log(conn)[-1].kind == "erased"
    rolf.post("/staff/admin/privacy", 200, contact="kim@example.org")
    assert "nichts gespeichert" in rolf.text


def test_who_left_a_number_alone_is_forgotten_by_report(
    rolf: Employee, api: Api, core: Core, conn: Connection
) -> None:
    number = held(api, email="")
    rolf.post("/staff/admin/privacy", 200, contact="0621/504 34 34")
    page = f"/staff/admin/privacy/{number}"
    assert f'href="{page}"' in rolf.response.text
    rolf.post(page, 400, act="people")
    rolf.post(page, 303, act="people", sure="1")
    assert stored(conn) == 0
    assert casework.show(core, number, CLARA).history[-1].kind == "person_forgotten"


def test_a_report_is_erased_unread_with_a_reason(rolf: Employee, api: Api, conn: Connection) -> None:
    number = held(api, description="Geheim")
    page = rolf.get(f"/staff/admin/privacy?number={number}").headers["Location"]
    assert rolf.get(page).status_code == 200
    assert "Geheim" not in rolf.text
    assert rolf.get(f"/staff/reports/{number}").status_code == 404 or "Geheim" not in rolf.text
    rolf.post(page, 400, act="report", sure="1")
    rolf.post(page, 400, act="report", reason="Antrag")
    rolf.post(page, 303, act="report", reason="Antrag", sure="1")
    count = conn.execute(text("select count(*) from service_requests where id = :n"), {"n": number})
    assert count.scalar_one() == 0
    [line] = log(conn)
    assert (line.kind, line.subject, line.data) == ("erased", f"request:{number}", {"what": "report"})
    assert rolf.get(page).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_nobody_else_gets_there(desk: Desk, api: Api, role: Role) -> None:
    number = held(api)
    somebody = desk.employee(membership(role))
    assert somebody.get("/staff/admin/privacy").status_code == 403
    assert somebody.post("/staff/admin/privacy", contact="kim@example.org", act="export").status_code == 403
    assert somebody.post(f"/staff/admin/privacy/{number}", act="people", sure="1").status_code == 403


def test_the_password_is_asked_for_again(rolf: Employee, clock: Clock) -> None:
    assert rolf.get("/staff/admin/privacy").status_code == 200
    clock.forward(minutes=11)
    assert rolf.get("/staff/admin/privacy").headers["Location"].startswith("/staff/confirm")


@pytest.mark.parametrize("contact", ["", "@", "kim@", "123", "kein Kontakt"])
def test_what_is_no_contact_is_told(rolf: Employee, contact: str) -> None:
    rolf.post("/staff/admin/privacy", 400, contact=contact)
    assert 'aria-invalid="true"' in rolf.response.text
