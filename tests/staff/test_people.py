"""Reports by who sent them: found by whoever may see reporters, of their own cases, and written to the log."""

from sqlalchemy import Connection, text

from open311.actions import casework
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.serving import Api
from tests.staff.desk import Desk, membership

POTHOLE = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn"}


def test_a_caller_is_found_by_address_or_number_however_it_is_written(
    desk: Desk, api: Api, conn: Connection
) -> None:
    number = api.report(email="kim@example.org", phone="+49 621 5041234", description="Kanarienvogel")
    bea = desk.employee(Role.CHECKER)
    for contact in ("Kim@Example.org", "0621/504-1234"):
        bea.get("/staff/people")
        bea.post("/staff/people", 200, contact=contact)
        assert f"/staff/reports/{number}" in bea.response.text
        assert "hat gemeldet" in bea.text
    bea.post("/staff/people", 200, contact="niemand@example.org")
    assert "Dazu ist keine Meldung bekannt" in bea.text
    log = conn.execute(text("select data from audit where kind = 'people_searched' order by id")).scalars()
    assert [(line["by"], line["found"]) for line in log] == [("mail", 1), ("phone", 1), ("mail", 0)]
    assert "kim" not in str(conn.execute(text("select data, subject from audit")).all()).lower()


def test_what_is_neither_an_address_nor_a_number_is_asked_for_again(desk: Desk) -> None:
    bea = desk.employee(Role.CHECKER)
    for contact in ("", "kim", "kim@", "0621", "x" * 5000):
        bea.post("/staff/people", 400, contact=contact)
        assert "mindestens 8 Ziffern" in bea.text


def test_nobody_finds_what_is_not_theirs_to_see(desk: Desk, api: Api) -> None:
    sent = {"email": "kim@example.org"}
    held, own, other = (int(api.report(**POTHOLE, **sent)) for _ in range(3))
    for number, unit in ((own, "TIEFBAU"), (other, "GRUENFLAECHEN")):
        casework.publish(desk.core, number, CLARA)
        casework.assign(desk.core, number, unit, CLARA)
    casework.assign(desk.core, held, "GRUENFLAECHEN", CLARA)
    rita = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)), email="rita@stadt.example")
    rita.post("/staff/people", 200, contact="kim@example.org")
    assert [number for number in (held, own, other) if str(number) in rita.response.text] == [own]
    for role in (Role.READER, Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR):
        somebody = desk.employee(role, email=f"{role}@stadt.example")
        assert somebody.get("/staff/people").status_code == 403
        assert "/staff/people" not in somebody.get("/staff").text
