"""My day: what waits for somebody, and nothing of what is not theirs."""

from sqlalchemy import Connection, text

from open311.model.staff.roles import Role
from tests.serving import Clock, an_api
from tests.staff.desk import Desk, membership

HELD = {"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "rot"}


def test_counts_what_waits_for_a_checker(desk: Desk, clock: Clock) -> None:
    api = an_api(desk.core)
    bea = desk.employee(Role.CHECKER)
    assert "Gerade wartet nichts auf Sie." in bea.get("/staff").text
    api.post(HELD)
    clock.forward(seconds=10)
    assert "Eine Meldung wartet auf die Prüfung" in bea.get("/staff").text
    api.post(HELD)
    assert "Eine Meldung wartet" in bea.get("/staff").text
    page = bea.get("/staff?done=saved").text
    assert "2 Meldungen warten auf die Prüfung" in page
    assert 'href="/staff/check"' in page


def test_counts_the_cases_of_a_person_and_of_their_unit(desk: Desk, conn: Connection, clock: Clock) -> None:
    api = an_api(desk.core)
    number = int(api.report())
    [unit] = conn.execute(
        text("select unit from cases where service_request_id = :n"), {"n": number}
    ).scalars()
    rita = desk.employee(membership(Role.WORKER, units=(unit,)), email="rita@stadt.example", name="Rita")
    page = rita.get("/staff").text
    assert "Stadtreinigung: Ein Fall ist" in page
    # One is all there is; of more than stand here the list has the rest.
    assert "Alle in der Liste" not in page
    assert f"unit={unit}" in page
    assert "Meldungen warten auf die Prüfung" not in page
    late = "check_by = '2026-01-01', accept_by = '2026-01-01', due_datetime = '2026-01-01'"
    taken = text(f"update cases set assignee_id = :a, resume_date = '2026-03-02', {late}")
    conn.execute(taken, {"a": rita.account_id})
    clock.forward(minutes=1)
    page = rita.get("/staff").text
    for words in ("Sie haben einen offenen Fall", "Ein Fall von Ihnen ist überfällig", "Wiedervorlage"):
        assert words in page
    for _ in range(7):
        api.report()
    assert (
        f'href="/staff/reports?stage=accept&amp;unit={unit}">Alle in der Liste</a>' in rita.get("/staff").text
    )


def test_who_oversees_all_units_sees_what_is_late_anywhere(
    desk: Desk, conn: Connection, clock: Clock
) -> None:
    an_api(desk.core).report()
    vera = desk.employee(Role.SUPERVISOR, email="vera@stadt.example", name="Vera")
    page = vera.get("/staff").text
    assert 'href="/staff/reports">Ein Fall ist offen</a>' in page
    assert "Ein Fall ist noch von niemandem angenommen" in page
    assert "Ein Fall ist überfällig" not in page
    conn.execute(text("update cases set accept_by = '2026-01-01', due_datetime = '2026-01-01'"))
    clock.forward(minutes=1)
    assert "Ein Fall ist überfällig" in vera.get("/staff").text


def test_counts_nothing_of_other_units_and_nothing_for_administrators(desk: Desk) -> None:
    api = an_api(desk.core)
    api.report()
    api.post(HELD)
    stranger = desk.employee(
        membership(Role.WORKER, units=("NOBODY",)), email="rita@stadt.example", name="Rita"
    )
    assert "Gerade wartet nichts auf Sie." in stranger.get("/staff").text
    ada = desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada")
    assert "Was wartet" not in ada.get("/staff").text
