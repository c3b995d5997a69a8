"""Objections at the desk: decided on the page on which reports are checked."""

import pytest
from sqlalchemy import Connection, text

from open311.core import Core
from open311.model.casework.objections import Ground, Objection
from open311.model.staff.roles import Role
from open311.notifications import objections
from open311.notifications.model.mail_limits import MailAsker
from tests.serving import an_api, first_city
from tests.staff.desk import Desk


@pytest.mark.parametrize(("verdict", "status"), [("upheld", 404), ("rejected", 200)])
def test_a_checker_decides_and_the_report_goes_or_stays(
    desk: Desk, core: Core, conn: Connection, verdict: str, status: int
) -> None:
    api, checker = an_api(core), desk.employee(Role.CHECKER)
    number = api.report(description="Frau Muster war es")
    sent = Objection(
        service_request_id=int(number),
        sender_id="objection 1",
        ground=Ground.PERSONAL,
        text="Das ist mein Name.",
        language="de",
    )
    for _ in range(2):
        objections.post(core, first_city(), sent, MailAsker("network", "form", proven=True))
    event = conn.execute(text("select id from events where kind = 'objected'")).scalar_one()
    page = checker.get(f"/staff/check/{number}").text
    assert "Persönliche Daten" in page
    assert "Das ist mein Name." in page
    decided = {"verdict": verdict, f"words-{event}": "Gelesen."}
    assert checker.post(f"/staff/check/{number}/objections/{event}", **decided).status_code == 303
    assert api.client.get(f"/reports/{number}").status_code == status
    assert checker.post(f"/staff/check/{number}/objections/{event}", **decided).status_code == 400
